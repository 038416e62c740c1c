"""NAQ201: from `nats_jetstream` to the manager of what is really used, the connection or one bucket."""

from __future__ import annotations

import ast

from flake8_naq.catalogue.model import Manager
from flake8_naq.fixer.model import CannotFix, Edit, Need, Plan
from flake8_naq.fixer.name_flow import NameFlow
from flake8_naq.fixer.reflection import check_no_reflection
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.fixer.tree import is_path, last_line, names_in, only_target
from flake8_naq.rules.naq201 import Wider

Block = ast.With | ast.AsyncWith


def narrowed(snapshot: Snapshot, wider: Wider) -> Plan:
    """Name the narrower manager in the same `async with`."""
    call, suits = wider
    item = snapshot.tree.parents[call]
    block = snapshot.tree.parents.get(item)
    if not isinstance(item, ast.withitem) or not isinstance(block, (ast.With, ast.AsyncWith)):
        raise CannotFix("the manager is not entered where it is called")
    names = _names(item)
    _check_names(snapshot, block, names)
    for number in range(block.lineno, block.body[0].lineno):
        if snapshot.text.silenced(number):
            raise CannotFix(f"line {number} is under noqa")
    if suits == "connection":
        return _connection(snapshot, call, item, block, names)
    return _bucket(snapshot, call, item, block, names)


def _names(item: ast.withitem) -> tuple[str, str]:
    target = item.optional_vars
    if isinstance(target, ast.Tuple) and len(target.elts) == 2:
        first, second = target.elts
        if isinstance(first, ast.Name) and isinstance(second, ast.Name):
            return first.id, second.id
    raise CannotFix("the manager does not give its two objects a name each")


def _check_names(snapshot: Snapshot, block: Block, names: tuple[str, str]) -> None:
    function = snapshot.tree.function(block)
    check_no_reflection(function)
    for name in names:
        reader = NameFlow(snapshot.tree, function, name).reader(block, [block])
        if reader is not None:
            raise CannotFix(f"the name '{name}' is used after the block, on line {reader.lineno}")


def _connection(snapshot: Snapshot, call: ast.Call, item: ast.withitem, block: Block, names: tuple[str, str]) -> Plan:
    if any(names_in(part, names[1]) for part in block.body if list(names_in(part, names[1]))):
        raise CannotFix(f"'{names[1]}' is named in the block")
    target = item.optional_vars
    assert target is not None, "it has names"
    function, need = _manager(snapshot, call, "connection")
    span = snapshot.text.span(call.func)
    edits = (Edit(span.start, span.end, function), _retargeted(snapshot, target, names[0]))
    return Plan(edits, need)


def _retargeted(snapshot: Snapshot, target: ast.expr, name: str) -> Edit:
    """The tuple of names, with the parentheses that stand around it, as one name."""
    span = snapshot.text.span(target)
    return Edit(span.start, span.end, name)


def _bucket(snapshot: Snapshot, call: ast.Call, item: ast.withitem, block: Block, names: tuple[str, str]) -> Plan:
    first = block.body[0]
    name = only_target(first)
    value = getattr(first, "value", None)
    made = value.value if isinstance(value, ast.Await) else None
    if name is None or not isinstance(made, ast.Call) or item is not block.items[-1]:
        raise CannotFix("the bucket is not the first thing in the block")
    bucket = _bucket_name(made, names[1])
    uses = [node for part in block.body for one in names for node in names_in(part, one)]
    if len(uses) != 1:
        raise CannotFix(f"'{names[0]}' or '{names[1]}' is used for more than the bucket")
    if len(block.body) == 1 or snapshot.text.silenced(first.lineno) or first.lineno != last_line(first):
        raise CannotFix("nothing but the bucket is in the block")
    if first.lineno in snapshot.concrete.comments or snapshot.text.line(first.lineno).strip() != snapshot.text.of(
        first
    ):
        raise CannotFix(f"line {first.lineno} holds more than the bucket")
    function, need = _manager(snapshot, call, "bucket")
    target = item.optional_vars
    assert target is not None, "it has names"
    values = [*call.args, *(one.value for one in call.keywords)]
    config = f", {snapshot.text.of(values[0])}" if values else ""
    span, gone = snapshot.text.span(call), snapshot.text.whole_lines(first.lineno, first.lineno)
    kept = _kept_name(snapshot, block, name)
    edits = [
        Edit(span.start, span.end, f"{function}({snapshot.text.of(bucket)}{config})"),
        _retargeted(snapshot, target, kept),
        Edit(gone.start, gone.end, ""),
    ]
    return Plan(tuple(edits), need)


def _kept_name(snapshot: Snapshot, block: Block, name: str) -> str:
    function = snapshot.tree.function(block)
    if NameFlow(snapshot.tree, function, name).reader(block, [block]) is not None:
        raise CannotFix(f"the name '{name}' is used after the block")
    return name


def _bucket_name(made: ast.Call, view: str) -> ast.expr:
    function = made.func
    values = [*made.args, *(one.value for one in made.keywords if one.arg == "bucket")]
    right = (
        isinstance(function, ast.Attribute)
        and function.attr == "key_value"
        and isinstance(function.value, ast.Name)
        and function.value.id == view
    )
    if not right or len(values) != 1 or len(made.args) + len(made.keywords) != 1:
        raise CannotFix("the bucket is not the first thing in the block")
    if not isinstance(values[0], (ast.Constant, ast.JoinedStr)) and not is_path(values[0]):
        raise CannotFix("the name of the bucket is computed in the block")
    return values[0]


def _manager(snapshot: Snapshot, call: ast.Call, suits: str) -> tuple[str, frozenset[Need]]:
    """The narrower manager as this file can write it."""
    managers = {one.suits: one for one in snapshot.facts.catalogue.managers.values() if not one.borrows}
    manager: Manager = managers[suits]
    name = manager.name.rpartition(".")[2]
    if isinstance(call.func, ast.Attribute):
        return f"{snapshot.text.of(call.func.value)}.{name}", frozenset()
    if name in snapshot.facts.root.bound:
        raise CannotFix(f"the name '{name}' means something else here")
    beside = call.func.id if isinstance(call.func, ast.Name) else ""
    module = manager.name.rpartition(".")[0]
    return name, frozenset() if name in snapshot.facts.root.imports else frozenset({Need(module, name, beside)})
