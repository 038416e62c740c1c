"""Which statements the manager's block will hold, and which releases disappear."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from itertools import takewhile

from flake8_naq.edits.model import CannotFix
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.close_order import CloseOrder, Other
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.nodes import DEFINITIONS
from flake8_naq.syntax.tree import names_in, rebindings, sets_none


class BlockPlanner:
    """Plans the block of one acquisition."""

    def __init__(self, block: Block, others: Mapping[ast.stmt, Other], held: Set[str]) -> None:
        """`others`: the statements that release other resources; `held`: the names of the resource and its views."""
        self._tree = block.snapshot.tree
        self._block = block
        self._held = held
        self._order = CloseOrder(block, others)

    def build(self, removed: list[Release], kept: list[Release]) -> None:
        """Complete the block, whose end replaces the releases in `removed`; those in `kept` stay in it (a drain).

        Raises CannotFix where no block does what the code does today.
        """
        block = self._block
        inside = [one for one in (*removed, *kept) if self._tree.is_inside(one.unit, block.body)]
        outside = [one for one in (*removed, *kept) if one not in inside]
        block.removed.update(gone for one in removed for gone in (one.unit, *one.waits))
        if outside:
            self._take_outside(outside, kept, inside)
        elif inside:
            self._end_after(inside)
            block.caveats.extend(self._order.encloses())
        self._drop_resets()
        for one in removed:
            block.caveats.extend(one.caveats)
            if one in inside:
                self._check_order(one)
        self._find_empty()

    def _check_order(self, release: Release) -> None:
        """Check what comes after a release, or let the release stay where a finally closes once more anyway."""
        try:
            self._block.caveats.extend(self._order.check(release))
        except CannotFix:
            if not self._is_closed_again(release.unit):
                raise
            self._block.removed.discard(release.unit)

    def _is_closed_again(self, unit: ast.stmt) -> bool:
        """Whether the finally of a try around the release is another release, which disappears."""
        owners = (one for one in self._tree.ancestors(unit) if isinstance(one, ast.Try))
        return any(
            one in self._block.removed
            for owner in owners
            if not self._tree.is_inside(unit, owner.finalbody) and self._tree.is_inside(owner, self._block.body)
            for one in owner.finalbody
        )

    # The extent

    def _take_outside(self, outside: list[Release], kept: list[Release], inside: list[Release]) -> None:
        """Take the releases in the finally, or in a handler, of the try in which the acquisition is."""
        block = self._block
        owner, line = block.place.owner, outside[0].call.lineno
        if isinstance(owner, ast.If):
            under = f"it is acquired under the condition on line {owner.lineno}"
            raise CannotFix(f"{under} and released on line {line}")
        if not isinstance(owner, ast.Try) or block.place.field != "body":
            raise CannotFix(f"it is released on line {line}, outside of the block in which it is acquired")
        first = {handler.body[0]: handler for handler in owner.handlers}
        guards = {one: guard for one in outside if (guard := self._guard(one.unit, owner)) is not None}
        block.asked.extend(guard.test for guard in guards.values())
        for one in outside:
            if (one not in guards and one.unit not in owner.finalbody and one.unit not in first) or one in kept:
                how = "drained" if one in kept else "released"
                raise CannotFix(f"it is {how} on line {one.call.lineno}, outside of the block in which it is acquired")
        block.enclosing_try = owner
        if all(one.unit in first for one in outside):
            self._take_handlers([first[one.unit] for one in outside], inside)
            return
        is_seen = block.close_fails or not all(map(self._order.may_follow, owner.handlers))
        if owner.orelse or (owner.handlers and is_seen):
            block.caveats.append(f"the connection is closed before the handlers of line {owner.lineno} run")
        released = [one.unit.lineno for one in outside]
        for statement in block.kept(owner.finalbody):
            before = statement not in guards.values() and any(statement.lineno < number for number in released)
            how = "would come after the close" if before else "would run even if the close fails"
            if before or block.close_fails:
                block.caveats.append(f"line {statement.lineno} of the finally {how}")

    def _guard(self, unit: ast.stmt, owner: ast.Try) -> ast.If | None:
        """Return the `if` of the finally that begins with a release and does more: it stays, for what follows.

        It must ask the same behind the close. An object that is closed may be false, or may not say its length.
        """
        guard, name = self._tree.parents[unit], self._block.name
        if not isinstance(guard, ast.If) or guard not in owner.finalbody or guard.orelse or guard.body[0] is not unit:
            return None
        same = {f"{name} is not None", *(() if self._block.close_fails else (name,))}
        return guard if ast.unparse(guard.test) in same else None

    def _take_handlers(self, handlers: list[ast.ExceptHandler], inside: list[Release]) -> None:
        """End the block in the try, whose `handlers` begin with a release; it is closed before they run."""
        block, tree = self._block, self._tree
        for node in bindings([block.function], block.name):
            if not tree.is_inside(node, [block.statement]) and not sets_none(tree.statement(node), block.name):
                raise CannotFix(f"'{block.name}' may hold something else on line {handlers[0].lineno}")
        if inside:
            self._end_after(inside)
        for handler in handlers:
            if block.close_fails and not isinstance(handler.body[-1], ast.Raise):
                block.caveats.append(f"line {handler.lineno} would handle an exception from the close")

    def _end_after(self, inside: list[Release]) -> None:
        """End the block after the releases in it, and after the uses where none of these is always reached."""
        indices = {self._index(gone) for one in inside for gone in (one.unit, *one.waits)}
        block, always = self._block, {self._index(one.unit) for one in inside if self._is_always(one.unit)}
        used = {
            index
            for index, statement in enumerate(block.body, block.place.index + 1)
            if not sets_none(statement, block.name) and any(any(names_in(statement, one)) for one in self._held)
        }
        block.last = self._order.end_of_releases(max(indices | (always or used)))

    def _index(self, unit: ast.stmt) -> int:
        """Return the index in the acquisition's block of the statement that holds a release."""
        around = {unit, *self._tree.ancestors(unit)}
        return next(index for index, statement in enumerate(self._block.place.block) if statement in around)

    def _is_always(self, unit: ast.stmt) -> bool:
        """Whether the release is a statement of the block, or of the finally of a try that is one."""
        statement = self._block.place.block[self._index(unit)]
        return unit is statement or (isinstance(statement, ast.Try) and unit in statement.finalbody)

    # `nc = None` before the try, or after the release

    def _drop_resets(self) -> None:
        """Drop the resets that nothing reads once the block is there."""
        block = self._block
        resets = {one for near in self._near_blocks() for one in near if sets_none(one, block.name)}
        around = [block.statement] if block.flow.binds_by_entering(block.statement) else []
        inside = [*around, *block.body, *block.removed, *resets]
        self._check_rebound(resets)
        if not block.is_global and all(block.flow.reader(one, inside) is None for one in resets):
            block.removed |= {one for one in resets if not isinstance(one, ast.Delete)}  # `del` may free what is closed

    def _near_blocks(self) -> Iterator[list[ast.stmt]]:
        """Yield the blocks in which a reset belongs to the acquisition, as it is around that, or to a release."""
        statement = self._block.statement
        around = takewhile(lambda one: not isinstance(one, DEFINITIONS), (statement, *self._tree.ancestors(statement)))
        for one in (*around, *self._block.removed):
            if isinstance(one, ast.stmt):
                yield self._tree.place(one).block

    def _check_rebound(self, resets: set[ast.stmt]) -> None:
        """The name must hold the same from the acquisition to the release, also for nested functions that read it."""
        block = self._block
        for node in rebindings([*block.body, *block.removed], block.name):
            statement = self._tree.statement(node)
            if statement not in resets or not self._follows_release(statement):
                raise CannotFix(f"'{block.name}' is bound again on line {node.lineno}")
        function = block.function
        late = [one for one in resets if one.lineno > block.statement.lineno]
        if late and any(self._tree.function(one) is not function for one in names_in(function, block.name)):
            raise CannotFix(f"a nested function may read '{block.name}' after line {late[0].lineno}")

    def _follows_release(self, statement: ast.stmt) -> bool:
        """Whether the statement before is a release or another reset."""
        place = self._tree.place(statement)
        before = place.block[place.index - 1] if place.index else None
        return before is not None and (before in self._block.removed or sets_none(before, self._block.name))

    # What is left

    def _find_empty(self) -> None:
        """Find the handlers that only raise again after a release, and the try that has nothing left but its body."""
        block = self._block
        inner = [one for one in block.body if isinstance(one, ast.Try)]
        for statement in [block.enclosing_try] if block.enclosing_try else inner:
            if not any(self._tree.is_inside(unit, [statement]) for unit in block.removed):
                continue
            handlers = list(statement.handlers)
            while handlers and self._only_raises(handlers[-1]) and not block.kept(statement.orelse):
                block.removed_handlers.add(handlers.pop())
            if not handlers and not block.kept(statement.finalbody):
                if block.unwrapped is not None:
                    lines = f"lines {block.unwrapped.lineno} and {statement.lineno}"
                    raise CannotFix(f"two try blocks would be left empty, on {lines}")
                block.unwrapped = statement
        self._check_not_empty()

    def _only_raises(self, handler: ast.ExceptHandler) -> bool:
        kept = self._block.kept(handler.body)
        plain = len(kept) == 1 and isinstance(kept[0], ast.Raise) and kept[0].exc is None
        computed = handler.type is not None and any(isinstance(one, ast.Call) for one in ast.walk(handler.type))
        return plain and len(kept) < len(handler.body) and not computed

    def _check_not_empty(self) -> None:
        """Refuse a try further inside of which only releases would be left."""
        block, around = self._block, self._block.enclosing_try
        roots = [*block.body, *(around.finalbody if around is not None else ())]
        for node in (node for root in roots for node in ast.walk(root)):
            if isinstance(node, ast.Try) and node not in (block.unwrapped, around) and not block.is_removed(node):
                if node.handlers and not block.kept(node.body):
                    raise CannotFix(f"line {node.handlers[0].lineno} handles an exception from the close")
                if not node.handlers and not block.kept(node.finalbody):
                    raise CannotFix(f"the try of line {node.lineno} contains only its release")
