"""NAQ301: imports of the by-hand functions disappear when nothing uses them; a view by hand becomes a method call."""

from __future__ import annotations

import ast

from flake8_naq.edits.checks import check_not_silenced
from flake8_naq.edits.imports import Imports, imports_of
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan, moved_comment_caveat
from flake8_naq.rules.naq301 import LegacyImport
from flake8_naq.syntax.bindings import bound_name
from flake8_naq.syntax.concrete import span_of
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.used_names import used_names


def import_removed(snapshot: Snapshot, legacy: LegacyImport) -> Plan:
    """Remove the names, or rewrite what only makes a view; CannotFix where one still connects or closes by hand.

    A name that only makes views goes from the import with its last use.
    """
    check_not_silenced(snapshot.text, legacy.statement)
    used, edits, unused = used_names(snapshot.module), list[Edit](), set[str]()
    for alias in legacy.aliases:
        name = bound_name(alias)
        if sum(bound_name(one) == name for other in imports_of(snapshot.module) for one in other.names) > 1:
            raise CannotFix(f"'{name}' is imported twice")
        if name in used:
            edits += _views_rewritten(snapshot, name)
        elif snapshot.path.endswith("__init__.py") or alias.asname == alias.name:
            raise CannotFix(f"'{name}' may be imported from here by others")
        else:
            unused.add(name)
    imports = Imports(snapshot)
    edits += imports.edits((), unused) if unused else ()
    return Plan(tuple(edits), caveats=tuple(map(moved_comment_caveat, imports.moved_comments)))


def is_left_unused(snapshot: Snapshot, legacy: LegacyImport, after: ast.Module) -> bool:
    """Return whether nothing in `after` uses the imported names: the session then removes the import."""
    node = legacy.statement
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    left = used_names(after).intersection(map(bound_name, legacy.aliases))
    return not left and not any(map(snapshot.text.silenced, lines))


def _views_rewritten(snapshot: Snapshot, name: str) -> list[Edit]:
    """Return the edits that rewrite every use of the name as a view; CannotFix where it has another use."""
    named = [node for node in ast.walk(snapshot.module) if isinstance(node, ast.Name) and node.id == name]
    if not named:
        raise CannotFix(f"'{name}' is still named in the file")
    return [_view(snapshot, node) for node in named]


def _view(snapshot: Snapshot, node: ast.Name) -> Edit:
    """Rewrite `await get_jetstream_context(nc)` as `nc.jetstream()`."""
    meant = Names(snapshot.scope_of(node), snapshot.facts.catalogue.known).of(node)
    call = snapshot.concrete.node(node).parent()
    awaited = call.parent() if call is not None else None
    match = awaited.find(pattern=f"await {node.id}($CONNECTION)") if awaited is not None else None
    connection = match.get_match("CONNECTION") if match is not None and match == awaited else None
    is_view = meant in snapshot.facts.catalogue.views and not snapshot.text.silenced(node.lineno)
    if match is None or connection is None or not is_view or match.inside(kind="interpolation"):
        raise CannotFix(f"'{node.id}' is still used on line {node.lineno}")
    if connection.kind() not in ("identifier", "attribute"):
        raise CannotFix(f"'{node.id}' is still used on line {node.lineno}")
    return Edit(*span_of(match), f"{connection.text()}.jetstream()")
