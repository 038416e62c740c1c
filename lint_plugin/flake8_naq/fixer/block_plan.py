"""Which statements the manager's block will hold, which releases go, and what that changes in the order of things.

Works on the abstract syntax tree alone; makes no edits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flake8_naq.fixer.model import CannotFix
from flake8_naq.fixer.name_flow import NameFlow
from flake8_naq.fixer.releases import Release
from flake8_naq.fixer.tree import Place, Tree, is_log_call, is_simple, names_in, rebinding, sets_none

_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(slots=True)
class BlockPlan:
    """The block from the acquisition at *place* up to index *last*, and what disappears."""

    place: Place
    last: int
    name: str
    removed: set[ast.stmt] = field(default_factory=set)
    removed_handlers: set[ast.ExceptHandler] = field(default_factory=set)
    dropped_try: ast.Try | None = None  # a try that has nothing left but its body
    enclosing_try: ast.Try | None = None  # the try in whose body the acquisition stands, if its finally releases
    caveats: list[str] = field(default_factory=list)
    use_after_block: ast.Name | None = None  # the first use of the name after the block

    @property
    def statement(self) -> ast.stmt:
        return self.place.block[self.place.index]

    @property
    def body(self) -> list[ast.stmt]:
        """The statements of the block, those that disappear included."""
        return self.place.block[self.place.index + 1 : self.last + 1]

    @property
    def block_end(self) -> ast.stmt:
        """The last statement of the block, or the acquisition where nothing follows."""
        return self.place.block[self.last]

    def kept(self, block: list[ast.stmt]) -> list[ast.stmt]:
        return [statement for statement in block if statement not in self.removed]

    def is_removed(self, tree: Tree, node: ast.AST) -> bool:
        """Whether a node disappears with its statement."""
        return tree.is_inside(node, [*self.removed, *self.removed_handlers])


class BlockPlanner:
    """Makes the layout for one acquisition."""

    def __init__(self, tree: Tree, function: ast.AST, place: Place, name: str, others: Mapping[ast.stmt, int]) -> None:
        """*others*: the statements that release other resources, and the lines on which those are acquired."""
        self._tree = tree
        self._others = others
        self._function = function
        self._layout = BlockPlan(place, len(place.block) - 1, name)

    def build(self, removed: list[Release], kept: list[Release]) -> BlockPlan:
        """*removed* are the releases that the manager replaces, *kept* those that stay in the block (a drain)."""
        layout = self._layout
        inside = [one for one in (*removed, *kept) if self._is_below(one.unit)]
        outside = [one for one in (*removed, *kept) if one not in inside]
        layout.removed.update(one.unit for one in removed)
        if outside:
            self._take_around(outside, kept)
        self._find_last(inside, bool(outside))
        self._drop_resets()
        for one in removed:
            layout.caveats.extend(one.caveats)
            if one in inside:
                self._check_order(one)
                self._check_shared(one)
        self._find_empty()
        self._find_later()
        return layout

    # The extent

    def _is_below(self, unit: ast.stmt) -> bool:
        place = self._layout.place
        return self._tree.is_inside(unit, place.block[place.index + 1 :])

    def _take_around(self, outside: list[Release], kept: list[Release]) -> None:
        """Releases in the finally (or a handler) of the try in which the acquisition stands."""
        layout = self._layout
        owner = layout.place.owner
        line = outside[0].call.lineno
        if not isinstance(owner, ast.Try) or layout.place.field != "body":
            if isinstance(owner, ast.If):
                raise CannotFix(
                    f"it is acquired under the condition on line {owner.lineno} and released on line {line}"
                )
            raise CannotFix(f"it is released on line {line}, outside of the block in which it is acquired")
        for one in outside:
            self._take_from(owner, one, one in kept)
        layout.enclosing_try = owner
        if owner.handlers or owner.orelse:
            layout.caveats.append(f"the connection is closed before the handlers of line {owner.lineno} run")
        units = [one.unit for one in outside if one.unit in owner.finalbody]
        for statement in layout.kept(owner.finalbody):
            before = any(statement.lineno < unit.lineno for unit in units)
            how = "would come after the close" if before else "would run even if the close fails"
            layout.caveats.append(f"line {statement.lineno} of the finally {how}")

    def _take_from(self, owner: ast.Try, one: Release, kept: bool) -> None:
        if kept:
            raise CannotFix(f"it is drained on line {one.call.lineno}, outside of the block in which it is acquired")
        if one.unit in owner.finalbody:
            return
        handler = next((h for h in owner.handlers if one.unit in h.body), None)
        if handler is None or self._follows(one.unit, handler.body) is not None:
            raise CannotFix(f"it is released on line {one.call.lineno}, outside of the block in which it is acquired")
        self._layout.caveats.append(f"line {handler.lineno} handles its failures before the connection is closed")

    def _find_last(self, inside: list[Release], around: bool) -> None:
        layout = self._layout
        place = layout.place
        if around or not inside:
            return
        indices = {self._index(one.unit) for one in inside}
        always = {self._index(one.unit) for one in inside if self._is_always(one.unit)}
        used = [
            index
            for index in range(place.index + 1, len(place.block))
            if any(names_in(place.block[index], layout.name)) and not sets_none(place.block[index], layout.name)
        ]
        last = max(always) if always else max([*indices, *used])
        layout.last = max(last, *indices)

    def _index(self, unit: ast.stmt) -> int:
        """The index in the acquisition's block of the statement in which a release stands."""
        block = self._layout.place.block
        around = {unit, *self._tree.ancestors(unit)}
        return next(index for index, statement in enumerate(block) if statement in around)

    def _is_always(self, unit: ast.stmt) -> bool:
        """Whether the release stands in the block itself, or in the finally of a try that does."""
        statement = self._layout.place.block[self._index(unit)]
        return unit is statement or (isinstance(statement, ast.Try) and unit in statement.finalbody)

    def _drop_resets(self) -> None:
        """`nc = None` before the try, or after the release, where nothing asks any more."""
        layout = self._layout
        candidates = set(self._resets())
        inside = [*layout.body, *layout.removed, *candidates]
        if not hasattr(layout.statement, "body"):  # a handler of a larger one may ask for it
            inside.append(layout.statement)
        flow = NameFlow(self._tree, self._function, layout.name)
        self._check_rebound(candidates)
        if all(flow.reader(one, inside) is None for one in candidates):
            layout.removed |= candidates

    def _check_rebound(self, resets: set[ast.stmt]) -> None:
        """The name must hold the same from the acquisition to the release, and for whoever captured it."""
        layout = self._layout
        for node in rebinding([*layout.body, *layout.removed], layout.name):
            statement = self._tree.statement(node)
            if statement not in resets or not self._follows_release(statement):
                raise CannotFix(f"'{layout.name}' is bound anew on line {node.lineno}")
        late = [one for one in resets if one.lineno > layout.statement.lineno]
        captured = [n for n in names_in(self._function, layout.name) if self._tree.function(n) is not self._function]
        if late and captured:
            raise CannotFix(f"a nested function may read '{layout.name}' after line {late[0].lineno}")

    def _follows_release(self, statement: ast.stmt) -> bool:
        """Whether nothing stands between a release and the statement."""
        place = self._tree.place(statement)
        return place.index > 0 and (
            place.block[place.index - 1] in self._layout.removed
            or sets_none(place.block[place.index - 1], self._layout.name)
        )

    def _resets(self) -> Iterator[ast.stmt]:
        layout = self._layout
        for block in self._near_blocks():
            yield from (one for one in block if sets_none(one, layout.name))

    def _near_blocks(self) -> Iterator[list[ast.stmt]]:
        """Blocks in which a reset goes with the acquisition or the release."""
        layout = self._layout
        if layout.enclosing_try is not None:
            place = self._tree.place(layout.enclosing_try)
            yield place.block
        yield layout.place.block
        for unit in layout.removed:
            yield self._tree.place(unit).block

    # The order of things

    def _check_order(self, one: Release) -> None:
        """Refuse where something would come before the close that came after it."""
        unit: ast.stmt = one.unit
        leaves: ast.stmt | None = None
        while True:
            place = self._tree.place(unit)
            if leaves is None:
                if place.block is self._layout.place.block:
                    self._check_end(unit, place)
                    return
                leaves = self._follows(unit, place.block)
            if place.block is self._layout.place.block:
                return
            leaves = self._through(place, leaves, one)
            owner = place.owner
            unit = owner if isinstance(owner, ast.stmt) else self._tree.statement(owner)

    def _check_end(self, unit: ast.stmt, place: Place) -> None:
        """A release in the block itself: nothing that is kept may follow it inside."""
        rest = self._layout.kept(place.block[place.index + 1 : self._layout.last + 1])
        if rest:
            raise CannotFix(f"line {rest[0].lineno} comes after the release on line {unit.lineno}")

    def _check_shared(self, one: Release) -> None:
        """A finally that closes what was acquired before this, and then this, would end up between the two."""
        place = self._tree.place(one.unit)
        if place.field == "finalbody":
            for statement in place.block[: place.index]:
                name = self._others.get(statement)
                if name is not None and name < self._layout.statement.lineno:
                    raise CannotFix(f"two connections share the finally of line {statement.lineno}")

    def _follows(self, unit: ast.stmt, block: list[ast.stmt]) -> ast.stmt | None:
        """What leaves the block right after *unit*, None where it is the end of it."""
        index = next(i for i, one in enumerate(block) if one is unit)
        for statement in self._layout.kept(block[index + 1 :]):
            if isinstance(statement, ast.Pass):
                continue
            value = getattr(statement, "value", None) or getattr(statement, "exc", None)
            if isinstance(statement, _LEAVES) and is_simple(value):
                if isinstance(statement, ast.Raise) and value is not None:
                    self._layout.caveats.append(f"an error of the close would follow that of line {statement.lineno}")
                return statement
            if self._is_light(statement):
                self._layout.caveats.append(f"line {statement.lineno} would come before the close")
                if isinstance(statement, _LEAVES):
                    return statement
                continue
            if statement in self._others:
                self._layout.caveats.append(
                    f"the connection of line {statement.lineno} would be closed before this one"
                )
                continue
            raise CannotFix(f"line {statement.lineno} comes after the release on line {unit.lineno}")
        return None

    def _is_light(self, statement: ast.stmt) -> bool:
        """A word to a log, a value that is bound, returned or raised, and nothing that waits or uses the resource.

        What waits may wait for the close.
        """
        if any(isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) for node in ast.walk(statement)):
            return False
        if any(names_in(statement, self._layout.name)):
            return False
        return isinstance(statement, (*_LEAVES, ast.Assign, ast.AnnAssign, ast.AugAssign)) or is_log_call(statement)

    def _through(self, place: Place, leaves: ast.stmt | None, one: Release) -> ast.stmt | None:
        """Leave the block at *place*: what still runs before the manager's block is left, or None for nothing."""
        owner = place.owner
        line = one.call.lineno
        if isinstance(owner, (ast.With, ast.AsyncWith)):
            raise CannotFix(f"the block of line {owner.lineno} ends after the release on line {line}")
        if isinstance(owner, _LOOPS) and place.field == "body":
            if isinstance(leaves, ast.Break):
                return None
            if leaves is None or isinstance(leaves, ast.Continue):
                raise CannotFix(f"the loop of line {owner.lineno} goes on after the release on line {line}")
        if isinstance(owner, ast.ExceptHandler):
            outer = self._tree.parents[owner]
            if isinstance(outer, ast.Try) and self._layout.kept(outer.finalbody):
                raise CannotFix(f"the finally of line {outer.lineno} runs after the release on line {line}")
            if not isinstance(leaves, ast.Raise):
                self._layout.caveats.append(f"an error of the close would not tell what line {owner.lineno} handled")
        if isinstance(owner, ast.Try) and place.field != "finalbody":
            self._through_try(owner, place.field, leaves, line)
        elif isinstance(owner, ast.Try) and leaves is not None:
            self._layout.caveats.append(f"an error of the close would not tell of what line {leaves.lineno} drops")
        return leaves

    def _through_try(self, owner: ast.Try, field: str, leaves: ast.stmt | None, line: int) -> None:
        if self._layout.kept(owner.finalbody):
            raise CannotFix(f"the finally of line {owner.lineno} runs after the release on line {line}")
        if field == "body":
            if leaves is None and owner.orelse:
                raise CannotFix(f"the else of line {owner.lineno} runs after the release on line {line}")
            for handler in owner.handlers:
                used = next((one for one in names_in(handler, self._layout.name) if not self._goes(one)), None)
                if used is not None:
                    raise CannotFix(f"line {used.lineno} may use it after the release on line {line}")
            if owner.handlers:
                self._layout.caveats.append(f"line {owner.handlers[0].lineno} would not see an error of the close")

    def _goes(self, node: ast.AST) -> bool:
        return self._layout.is_removed(self._tree, node)

    # What is left

    def _find_empty(self) -> None:
        """Handlers that only raise again what they were told to close for, and the try that nothing holds any more."""
        layout = self._layout
        candidates = (
            [layout.enclosing_try] if layout.enclosing_try else [one for one in layout.body if isinstance(one, ast.Try)]
        )
        for statement in candidates:
            if not any(self._tree.is_inside(unit, [statement]) for unit in layout.removed):
                continue
            handlers = list(statement.handlers)
            while handlers and self._only_raises(handlers[-1]) and not layout.kept(statement.orelse):
                layout.removed_handlers.add(handlers.pop())
            if not handlers and not layout.kept(statement.finalbody):
                if layout.dropped_try is not None:
                    raise CannotFix(
                        f"two of its try blocks, on lines {layout.dropped_try.lineno} and {statement.lineno}"
                    )
                layout.dropped_try = statement
        self._check_nested()

    def _only_raises(self, handler: ast.ExceptHandler) -> bool:
        kept = self._layout.kept(handler.body)
        plain = len(kept) == 1 and isinstance(kept[0], ast.Raise) and kept[0].exc is None
        return plain and len(kept) < len(handler.body) and is_simple(handler.type)

    def _check_nested(self) -> None:
        layout = self._layout
        for statement in [*layout.body, *(layout.enclosing_try.finalbody if layout.enclosing_try else ())]:
            for node in ast.walk(statement):
                if not isinstance(node, ast.Try) or node in (layout.dropped_try, layout.enclosing_try):
                    continue
                if node.handlers and not layout.kept(node.body) and not layout.is_removed(self._tree, node):
                    raise CannotFix(f"line {node.handlers[0].lineno} handles an error of the close")
                if not node.handlers and not layout.kept(node.finalbody) and node not in layout.removed:
                    raise CannotFix(f"the try of line {node.lineno} holds nothing but its release")

    def _find_later(self) -> None:
        """The first use of the name outside of the block."""
        layout = self._layout
        inside = [layout.statement, *layout.body, *layout.removed, *layout.removed_handlers]
        layout.use_after_block = NameFlow(self._tree, self._function, layout.name).reader(layout.statement, inside)
