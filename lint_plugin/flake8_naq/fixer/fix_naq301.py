"""NAQ301: imports of the by-hand functions go when nothing uses them any more; a view by hand becomes a method call."""

from __future__ import annotations

import ast

from flake8_naq.fixer.imports import Imports, imports_of
from flake8_naq.fixer.model import CannotFix, Edit, Plan, moved_comment_caveat
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.fixer.used_names import used_names
from flake8_naq.rules.naq301 import LegacyImport
from flake8_naq.syntax.names import Names, bound_name


def import_removed(snapshot: Snapshot, legacy: LegacyImport) -> Plan:
    """Take the name away, or rewrite what only makes a view; what still connects or closes by hand stays."""
    node, alias = legacy
    name = bound_name(alias)
    if any(snapshot.text.silenced(number) for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)):
        raise CannotFix(f"line {node.lineno} is under noqa")
    if sum(bound_name(one) == name for other in imports_of(snapshot.module) for one in other.names) > 1:
        raise CannotFix(f"'{name}' is imported twice")
    if name in used_names(snapshot.module):
        return _views_rewritten(snapshot, name)
    if snapshot.path.endswith("__init__.py") or alias.asname == alias.name:
        raise CannotFix(f"'{name}' may be imported from here by others")
    imports = Imports(snapshot)
    edits = imports.edits((), {name})
    return Plan(tuple(edits), caveats=tuple(map(moved_comment_caveat, imports.moved_comments)))


def is_left_unused(snapshot: Snapshot, legacy: LegacyImport, after: ast.Module) -> bool:
    """Return whether nothing in `after` uses the imported name: the session then removes the import."""
    node, alias = legacy
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return bound_name(alias) not in used_names(after) and not any(map(snapshot.text.silenced, lines))


def _views_rewritten(snapshot: Snapshot, name: str) -> Plan:
    """`await get_jetstream_context(nc)` is `nc.jetstream()`, wherever it is all that the name is used for."""
    named = [node for node in ast.walk(snapshot.module) if isinstance(node, ast.Name) and node.id == name]
    edits = [_view(snapshot, node) for node in named]
    if not edits:
        raise CannotFix(f"'{name}' is still named in the file")
    return Plan(tuple(edits))


def _view(snapshot: Snapshot, node: ast.Name) -> Edit:
    still = CannotFix(f"'{node.id}' is still used on line {node.lineno}")
    call = snapshot.tree.parents[node]
    awaited = snapshot.tree.parents[call]
    if not isinstance(call, ast.Call) or call.func is not node or not isinstance(awaited, ast.Await):
        raise still
    scope = snapshot.scope_of(node)
    meant = Names(scope, snapshot.facts.catalogue.known).of(node)
    if meant not in snapshot.facts.catalogue.views or call.keywords or len(call.args) != 1:
        raise still
    given = call.args[0]
    if not isinstance(given, (ast.Name, ast.Attribute)) or snapshot.text.silenced(node.lineno):
        raise still
    if any(isinstance(one, ast.JoinedStr) for one in snapshot.tree.ancestors(node)):
        raise still
    span = snapshot.text.span(awaited)
    return Edit(span.start, span.end, f"{snapshot.text.of(given)}.jetstream()")
