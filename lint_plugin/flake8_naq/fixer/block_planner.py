"""Which statements the manager's block will hold, and which releases disappear."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from flake8_naq.fixer.block_plan import BlockPlan
from flake8_naq.fixer.close_order import CloseOrder
from flake8_naq.fixer.model import CannotFix
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.name_flow import NameFlow
from flake8_naq.syntax.tree import Place, Tree, is_simple, names_in, rebindings, sets_none


class BlockPlanner:
    """Plans the block of one acquisition."""

    def __init__(self, tree: Tree, function: ast.AST, place: Place, name: str, others: Mapping[ast.stmt, int]) -> None:
        """`others`: the statements that release other resources, and the lines on which those are acquired."""
        self._tree = tree
        self._function = function
        self._plan = BlockPlan(place, len(place.block) - 1, name)
        self._order = CloseOrder(tree, self._plan, others)
        self._flow = NameFlow(tree, function, name)

    def build(self, removed: list[Release], kept: list[Release]) -> BlockPlan:
        """Return the plan; the manager replaces the releases in `removed`, those in `kept` stay in the block (a drain).

        Raises CannotFix where no block does what the code does today.
        """
        plan = self._plan
        below = plan.place.block[plan.place.index + 1 :]
        inside = [one for one in (*removed, *kept) if self._tree.is_inside(one.unit, below)]
        outside = [one for one in (*removed, *kept) if one not in inside]
        plan.removed.update(gone for one in removed for gone in (one.unit, *one.waits))
        if outside:
            self._take_outside(outside, kept)
        elif inside:
            self._end_after(inside)
            plan.caveats.extend(self._order.encloses())
        self._drop_resets()
        for one in removed:
            plan.caveats.extend(one.caveats)
            if one in inside:
                plan.caveats.extend(self._order.check(one))
        self._find_empty()
        around = [plan.statement, *plan.body, *plan.removed, *plan.removed_handlers]
        plan.use_after_block = self._flow.reader(plan.statement, around)
        return plan

    # The extent

    def _take_outside(self, outside: list[Release], kept: list[Release]) -> None:
        """Take the releases in the finally, or in a handler, of the try in which the acquisition is."""
        plan = self._plan
        owner, line = plan.place.owner, outside[0].call.lineno
        if isinstance(owner, ast.If):
            under = f"it is acquired under the condition on line {owner.lineno}"
            raise CannotFix(f"{under} and released on line {line}")
        if not isinstance(owner, ast.Try) or plan.place.field != "body":
            raise CannotFix(f"it is released on line {line}, outside of the block in which it is acquired")
        for one in outside:
            self._take_from(owner, one, one in kept)
        plan.enclosing_try = owner
        if owner.handlers or owner.orelse:
            plan.caveats.append(f"the connection is closed before the handlers of line {owner.lineno} run")
        released = [one.unit.lineno for one in outside if one.unit in owner.finalbody]
        for statement in plan.kept(owner.finalbody):
            before = any(statement.lineno < number for number in released)
            how = "would come after the close" if before else "would run even if the close fails"
            plan.caveats.append(f"line {statement.lineno} of the finally {how}")

    def _take_from(self, owner: ast.Try, release: Release, kept: bool) -> None:
        where = f"on line {release.call.lineno}, outside of the block in which it is acquired"
        if kept:
            raise CannotFix(f"it is drained {where}")
        if release.unit in owner.finalbody:
            return
        handler = next((one for one in owner.handlers if release.unit in one.body), None)
        after = self._order.after(release.unit, handler.body) if handler is not None else None
        if handler is None or after is None or after.statement is not None:
            raise CannotFix(f"it is released {where}")
        line = handler.lineno
        self._plan.caveats += [*after.caveats, f"line {line} handles its failures before the connection is closed"]

    def _end_after(self, inside: list[Release]) -> None:
        """End the block after the releases in it, and after the uses where none of these is always reached."""
        block, first = self._plan.place.block, self._plan.place.index + 1
        indices = {self._index(gone) for one in inside for gone in (one.unit, *one.waits)}
        always = {self._index(one.unit) for one in inside if self._is_always(one.unit)}
        used = {
            index
            for index, statement in enumerate(block[first:], first)
            if any(names_in(statement, self._plan.name)) and not sets_none(statement, self._plan.name)
        }
        self._plan.last = self._order.end_of_releases(max(indices | (always or used)))

    def _index(self, unit: ast.stmt) -> int:
        """Return the index in the acquisition's block of the statement that holds a release."""
        around = {unit, *self._tree.ancestors(unit)}
        return next(index for index, statement in enumerate(self._plan.place.block) if statement in around)

    def _is_always(self, unit: ast.stmt) -> bool:
        """Whether the release is a statement of the block, or of the finally of a try that is one."""
        statement = self._plan.place.block[self._index(unit)]
        return unit is statement or (isinstance(statement, ast.Try) and unit in statement.finalbody)

    # `nc = None` before the try, or after the release

    def _drop_resets(self) -> None:
        """Drop the resets that nothing reads once the block is there."""
        plan = self._plan
        resets = {one for block in self._near_blocks() for one in block if sets_none(one, plan.name)}
        inside = [*plan.body, *plan.removed, *resets]
        if not hasattr(plan.statement, "body"):  # a handler of a compound statement may read it
            inside.append(plan.statement)
        self._check_rebound(resets)
        if all(self._flow.reader(one, inside) is None for one in resets):
            plan.removed |= resets

    def _near_blocks(self) -> Iterator[list[ast.stmt]]:
        """Yield the blocks in which a reset belongs to the acquisition or to a release."""
        if self._plan.enclosing_try is not None:
            yield self._tree.place(self._plan.enclosing_try).block
        yield self._plan.place.block
        for unit in self._plan.removed:
            yield self._tree.place(unit).block

    def _check_rebound(self, resets: set[ast.stmt]) -> None:
        """The name must hold the same from the acquisition to the release, also for nested functions that read it."""
        plan = self._plan
        for node in rebindings([*plan.body, *plan.removed], plan.name):
            statement = self._tree.statement(node)
            if statement not in resets or not self._follows_release(statement):
                raise CannotFix(f"'{plan.name}' is bound again on line {node.lineno}")
        late = [one for one in resets if one.lineno > plan.statement.lineno]
        if late and any(self._tree.function(one) is not self._function for one in names_in(self._function, plan.name)):
            raise CannotFix(f"a nested function may read '{plan.name}' after line {late[0].lineno}")

    def _follows_release(self, statement: ast.stmt) -> bool:
        """Whether the statement before is a release or another reset."""
        place = self._tree.place(statement)
        before = place.block[place.index - 1] if place.index else None
        return before is not None and (before in self._plan.removed or sets_none(before, self._plan.name))

    # What is left

    def _find_empty(self) -> None:
        """Find the handlers that only raise again after a release, and the try that has nothing left but its body."""
        plan = self._plan
        inner = [one for one in plan.body if isinstance(one, ast.Try)]
        for statement in [plan.enclosing_try] if plan.enclosing_try else inner:
            if not any(self._tree.is_inside(unit, [statement]) for unit in plan.removed):
                continue
            handlers = list(statement.handlers)
            while handlers and self._only_raises(handlers[-1]) and not plan.kept(statement.orelse):
                plan.removed_handlers.add(handlers.pop())
            if not handlers and not plan.kept(statement.finalbody):
                if plan.dropped_try is not None:
                    lines = f"lines {plan.dropped_try.lineno} and {statement.lineno}"
                    raise CannotFix(f"two try blocks would be left empty, on {lines}")
                plan.dropped_try = statement
        self._check_nested()

    def _only_raises(self, handler: ast.ExceptHandler) -> bool:
        kept = self._plan.kept(handler.body)
        plain = len(kept) == 1 and isinstance(kept[0], ast.Raise) and kept[0].exc is None
        return plain and len(kept) < len(handler.body) and is_simple(handler.type)

    def _check_nested(self) -> None:
        """Refuse a try further inside of which only releases would be left."""
        plan = self._plan
        roots = [*plan.body, *(plan.enclosing_try.finalbody if plan.enclosing_try else ())]
        tries = (node for root in roots for node in ast.walk(root) if isinstance(node, ast.Try))
        for node in tries:
            if node not in (plan.dropped_try, plan.enclosing_try):
                self._check_not_empty(node)

    def _check_not_empty(self, node: ast.Try) -> None:
        plan = self._plan
        if node.handlers and not plan.kept(node.body) and not plan.is_removed(self._tree, node):
            raise CannotFix(f"line {node.handlers[0].lineno} handles an exception from the close")
        if not node.handlers and not plan.kept(node.finalbody) and node not in plan.removed:
            raise CannotFix(f"the try of line {node.lineno} contains only its release")
