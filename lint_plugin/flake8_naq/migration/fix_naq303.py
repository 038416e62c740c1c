"""NAQ303: an exception that does not exist is replaced by the exception that was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.edits.checks import check_not_silenced
from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan
from flake8_naq.rules.naq303 import Misnamed
from flake8_naq.syntax.names import Names, Scope


def exception_named(snapshot: Snapshot, misnamed: Misnamed) -> Plan:
    """Return the plan that names the exception that was meant; CannotFix where this file cannot name it."""
    node, written, real = misnamed
    check_not_silenced(snapshot.text, node)
    if real is None:
        raise CannotFix("the intended exception is not known")
    names = Names(snapshot.scope_of(node), snapshot.facts.catalogue.known)
    text, needs = _reached(node, written, real, names)
    if _caught_twice(snapshot, node, real, names):
        raise CannotFix(f"'{real}' is already handled by the same try")
    return Plan((Edit(*snapshot.text.span(node), text),), frozenset(needs))


def _reached(node: ast.Name | ast.Attribute, written: str, real: str, names: Names) -> tuple[str, set[Need]]:
    """Return the real name as this file can write it, and the import that it needs."""
    module, _, attribute = real.rpartition(".")
    if isinstance(node, ast.Attribute) and written.rpartition(".")[0] == module:
        return f"{ast.unparse(node.value)}.{attribute}", set()
    for alias, target in _imports(names.scope):
        if target == real:
            return alias, set()
        if target == module:
            return f"{alias}.{attribute}", set()
    root = real.partition(".")[0]
    if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(f"{root}.") and names.of_name(root) == root:
        return real, set()
    if names.of_name(attribute) != attribute:
        raise CannotFix(f"the name '{attribute}' means something else here")
    return attribute, {Need(module, attribute)}


def _imports(scope: Scope | None) -> Iterator[tuple[str, str]]:
    """Yield the imports that a scope sees, as their names here and what these stand for."""
    while scope is not None:
        yield from scope.imports.items()
        scope = scope.parent


def _caught_twice(snapshot: Snapshot, node: ast.expr, real: str, names: Names) -> bool:
    """Whether a clause of the same try names the exception already; then two clauses would be one."""
    handler = next((one for one in snapshot.tree.ancestors(node) if isinstance(one, ast.ExceptHandler)), None)
    owner = snapshot.tree.parents[handler] if handler is not None else None
    if not isinstance(owner, (ast.Try, ast.TryStar)):
        return False
    others = [one.type for one in owner.handlers if one.type is not None]
    return any(
        names.of(part) == real
        for one in others
        for part in ast.walk(one)
        if isinstance(part, (ast.Name, ast.Attribute)) and part is not node
    )
