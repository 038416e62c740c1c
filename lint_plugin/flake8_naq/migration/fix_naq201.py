"""NAQ201: from `nats_jetstream` to the manager of what is really used, the connection or one bucket."""

from __future__ import annotations

import ast

from flake8_naq.edits.checks import check_lines_not_silenced, check_local, check_unused_after
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan
from flake8_naq.migration.package_manager import spelled_manager
from flake8_naq.migration.views import bucket_name
from flake8_naq.rules.naq201 import Wider
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.tree import names_in, only_target

Block = ast.With | ast.AsyncWith


def narrowed(snapshot: Snapshot, wider: Wider) -> Plan:
    """Return the plan that names the narrower manager in the same `async with`; CannotFix where more is used."""
    call, suits = wider
    item = snapshot.tree.parents[call]
    block = snapshot.tree.parents.get(item)
    if not isinstance(item, ast.withitem) or not isinstance(block, Block):
        raise CannotFix("the manager is not entered where it is called")
    match item.optional_vars:
        case ast.Tuple(elts=[ast.Name(id=connection), ast.Name(id=view)]) as target:
            pass
        case _:
            raise CannotFix("the two objects of the manager are not assigned to one name each")
    check_local(snapshot.tree.function(block), [])
    for name in (connection, view):
        check_unused_after(snapshot.tree, block, [block], name)
    check_lines_not_silenced(snapshot.text, range(block.lineno, block.body[0].lineno))
    names = Names(snapshot.scope_of(call), snapshot.facts.catalogue.known)
    if suits == "connection":
        if any(any(names_in(part, view)) for part in block.body):
            raise CannotFix(f"'{view}' is named in the block")
        _, function, needs = spelled_manager(snapshot, names, call.func, suits)
        plain = Edit(*snapshot.text.span(call.func), function)
        return Plan((plain, Edit(*snapshot.text.span(target), connection)), frozenset(needs))
    if item is not block.items[-1]:
        raise CannotFix("the bucket is not the first thing in the block")
    named, name = _bucket(snapshot, block, connection, view)
    _, function, needs = spelled_manager(snapshot, names, call.func, suits)
    values = [*call.args, *(one.value for one in call.keywords)]
    arguments = ", ".join(snapshot.text.of(one) for one in (named, *values[:1]))
    first = block.body[0].lineno
    edits = (
        Edit(*snapshot.text.span(call), f"{function}({arguments})"),
        Edit(*snapshot.text.span(target), name),
        Edit(*snapshot.text.whole_lines(first, first), ""),
    )
    return Plan(edits, frozenset(needs))


def _bucket(snapshot: Snapshot, block: Block, connection: str, view: str) -> tuple[ast.expr, str]:
    """Return what names the bucket that the block binds first of all, and the name that this gets."""
    first, text = block.body[0], snapshot.text
    name, value = only_target(first), getattr(first, "value", None)
    call = value.value if isinstance(value, ast.Await) else None
    if name is None or not isinstance(call, ast.Call) or text.of(call.func) != f"{view}.key_value":
        raise CannotFix("the bucket is not the first thing in the block")
    named = bucket_name(call)
    if named is None:
        raise CannotFix("the name of the bucket is computed in the block")
    uses = [node for part in block.body for one in (connection, view) for node in names_in(part, one)]
    if len(uses) != 1:
        raise CannotFix(f"'{connection}' or '{view}' is used for more than the bucket")
    if len(block.body) == 1:
        raise CannotFix("the block does nothing but bind the bucket")
    if text.line(first.lineno).strip() != text.of(first):
        raise CannotFix(f"line {first.lineno} does more than bind the bucket")
    check_unused_after(snapshot.tree, block, [block], name)
    return named, name
