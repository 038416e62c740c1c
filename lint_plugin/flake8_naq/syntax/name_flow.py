"""Whether the value that a statement binds to a name can be read outside of a block, and whether a name is free there.

Coarse: where it is not clear, a read counts.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from flake8_naq.syntax.bindings import spelled_names
from flake8_naq.syntax.names import Scope, complete_scope, target_names
from flake8_naq.syntax.nodes import LOOPS, WITHS
from flake8_naq.syntax.tree import Tree, names_in, only_target, sets_none


class NameFlow:
    """Follows one name through one function."""

    def __init__(self, tree: Tree, function: ast.AST, name: str) -> None:
        self._tree = tree
        self._function = function
        self._name = name

    def reader(self, start: ast.stmt, inside: Iterable[ast.AST]) -> ast.Name | None:
        """Return the first occurrence outside of `inside` that may see the value that `start` binds, or None."""
        around = list(inside)
        found = [
            node
            for node in names_in(self._function, self._name)
            if not isinstance(node.ctx, ast.Store)
            and not self._tree.is_inside(node, around)
            and self._sees(node, start)
        ]
        return min(found, key=lambda node: node.lineno, default=None)

    def _sees(self, node: ast.Name, start: ast.stmt) -> bool:
        if self._tree.function(node) is not self._function:
            return True
        if node.lineno < start.lineno:
            return self._loops_around(node, start)
        return not self._is_rebound(node, start)

    def _loops_around(self, node: ast.AST, start: ast.stmt) -> bool:
        loops = {one for one in self._tree.ancestors(start) if isinstance(one, LOOPS)}
        return any(one in loops for one in self._tree.ancestors(node))

    def _is_rebound(self, node: ast.Name, start: ast.stmt) -> bool:
        """Whether the name is surely bound again before the occurrence is reached."""
        around_start = {start, *self._tree.ancestors(start)}
        statement: ast.AST = self._tree.statement(node)
        while isinstance(statement, ast.stmt) and statement not in around_start:
            if self.binds_by_entering(statement) and not self._is_header(node, statement):
                return True
            place = self._tree.place(statement)
            for earlier in place.block[: place.index]:
                if earlier.lineno > start.lineno and only_target(earlier) == self._name:
                    return True
            owner = place.owner
            statement = owner if isinstance(owner, ast.stmt) else self._tree.parents.get(owner, owner)
        return False

    def binds_by_entering(self, statement: ast.stmt) -> bool:
        """Whether the statement is a block that gives the name to what it enters."""
        if not isinstance(statement, WITHS):
            return False
        targets = [item.optional_vars for item in statement.items if item.optional_vars is not None]
        return any(one.id == self._name for one in target_names(targets))

    def _is_header(self, node: ast.AST, statement: ast.stmt) -> bool:
        """Whether the occurrence is in the expressions that the block is entered with."""
        assert isinstance(statement, WITHS), "asked of with statements only"
        return self._tree.is_inside(node, [item.context_expr for item in statement.items])

    def overwritten(self, start: ast.stmt, gone: Collection[ast.stmt]) -> ast.stmt | None:
        """Return the assignment before `start` that stays and whose value nothing can read, or None.

        Linters report that where a block binds the name again (ruff's F811), but not between two assignments.
        """
        statement = start
        while not self._is_read(start):
            place = self._tree.place(statement)
            for earlier in reversed(place.block[: place.index]):
                if earlier not in gone and not _only_annotates(earlier) and any(names_in(earlier, self._name)):
                    if sets_none(earlier, self._name) and self._is_asked_after(statement, gone):
                        return None
                    return self._binding_for_nothing(earlier)
            owner = place.owner
            if not isinstance(owner, (*LOOPS, *WITHS, ast.Try)) or place.field != "body":
                break
            if any(node.lineno < start.lineno for node in names_in(owner, self._name)):
                break
            statement = owner
        return None

    def _is_asked_after(self, statement: ast.stmt, gone: Collection[ast.stmt]) -> bool:
        """Whether it is a try, of which a clause behind the body reads the name: that may not have bound it."""
        if not isinstance(statement, ast.Try):
            return False
        clauses = (*statement.handlers, *statement.orelse, *statement.finalbody)
        named = (node for one in clauses for node in names_in(one, self._name))
        return any(not isinstance(node.ctx, ast.Store) and not self._tree.is_inside(node, gone) for node in named)

    def _binding_for_nothing(self, statement: ast.stmt) -> ast.stmt | None:
        """Return the last binding in a statement that binds the name and does not read it."""
        is_straight = isinstance(statement, (ast.Assign, ast.AnnAssign, *LOOPS, *WITHS))
        if not is_straight or self._is_read(statement):
            return None
        return self._tree.statement(max(names_in(statement, self._name), key=lambda node: node.lineno))

    def _is_read(self, statement: ast.stmt) -> bool:
        return any(not isinstance(node.ctx, ast.Store) for node in names_in(statement, self._name))

    def is_free(self, scope: Scope, block: Iterable[ast.AST]) -> bool:
        """Whether a block may bind the name: only other blocks that bind it themselves use it here."""
        outer = scope.parent
        while outer is not None:
            complete_scope(outer)
            if not isinstance(outer.node, ast.ClassDef) and (self._name in outer.bound or self._name in outer.imports):
                return False
            outer = outer.parent
        body = list(block)
        for node in ast.walk(self._function):
            if self._name in spelled_names(node) and not self._in_other_block(node, body):
                return False
        return True

    def _in_other_block(self, node: ast.AST, body: list[ast.AST]) -> bool:
        """Whether an occurrence belongs to a `with` that binds the name and is neither in `body` nor around it."""
        for one in self._tree.ancestors(node):
            if isinstance(one, WITHS) and self.binds_by_entering(one):
                apart = not any(self._tree.is_inside(part, [one]) or self._tree.is_inside(one, [part]) for part in body)
                return apart and self._tree.function(node) is self._function
        return False


def _only_annotates(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign) and statement.value is None
