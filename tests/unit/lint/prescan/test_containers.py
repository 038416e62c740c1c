"""Which containers of a function are only read in it."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.prescan.containers import ContainerUse, ReturnedContainers, read_only_displays


@pytest.mark.parametrize(
    ("body", "read_only"),
    [
        ("return len(xs)", True),
        ("return [x.read() for x in xs]", True),
        ("for x in xs:\n    print(x.name)", True),
        ("return xs[0].read()", True),
        ("return p", False),
        ("return xs", False),
        ("keep(xs)", False),
        ("xs.append(p)", False),
        ("xs = xs", False),
        ("for x in xs:\n    x.close()", False),
        ("for x in xs:\n    keep(x)", False),
        ("for x, y in xs:\n    x.read()", False),
        ("xs[0].close()", False),
        ("y = xs[0]", False),
        ("global xs\nlen(xs)", False),
        ("def inner():\n    return xs", False),
        ("return lambda: xs[0].read()", False),
    ],
)
def test_a_list_is_only_read(body: str, read_only: bool) -> None:
    tree = ast.parse(f"def f(p):\n    xs = [open(one) for one in p]\n{indent(body, '    ')}\n")
    assert bool(read_only_displays(tree.body[0], {"close"})) is read_only


@pytest.mark.parametrize("made", ["{one: open(one) for one in p}", "{'a': open(p), 'b': open(p)}"])
@pytest.mark.parametrize(
    ("body", "read_only"),
    [
        ("for x in xs.values():\n    x.read()", True),
        ("for k, x in xs.items():\n    x.read()", True),
        ("for x in xs.values():\n    x.close()", False),
        ("xs['a'].read()", True),
        ("xs.get('a').read()", False),
    ],
)
def test_a_dictionary_is_only_read(made: str, body: str, read_only: bool) -> None:
    tree = ast.parse(f"def f(p):\n    xs = {made}\n{indent(body, '    ')}\n")
    assert bool(read_only_displays(tree.body[0], {"close"})) is read_only


def test_a_module_is_not_looked_at() -> None:
    assert not read_only_displays(ast.parse("xs = [open(p)]\nlen(xs)\n"), {"close"})


def use(body: str, *fields: str) -> ContainerUse | None:
    tree = ast.parse(f"async def f(p):\n    xs = await made(p)\n{indent(body, '    ')}\n")
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node) == "made(p)")
    return ReturnedContainers(tree.body[0], {"close"}).use_of(call, fields)


@pytest.mark.parametrize(
    ("body", "closed_by"),
    [
        ("xs[0].read()", []),
        ("for x in xs.values():\n    x.read()", []),
        ("for x in xs:\n    await x.close()", ["For"]),
        ("for k, x in xs.items():\n    x.close()", ["For"]),
        ("await gather(*(x.close() for x in xs))", ["GeneratorExp"]),
        ("[x.close() for x in xs.values()]", ["ListComp"]),
        ("for x in xs:\n    x.read()\nfor x in xs:\n    x.close()", ["For"]),
        ("xs[0].close()", None),
        ("for x in xs:\n    x.inner.close()", None),
        ("for x in xs:\n    stack.callback(x.close)", None),
        ("for x in xs:\n    with x:\n        x.read()", None),
        ("for k, x in xs:\n    x.close()", None),
        ("for k, x, z in xs.items():\n    x.close()", None),
        ("for x in xs.pop():\n    x.read()", None),
        ("if xs:\n    pass", None),
        ("del xs", None),
        ("def inner():\n    for x in xs:\n        x.close()", None),
        ("pass", None),
    ],
)
def test_a_container_that_a_call_returns(body: str, closed_by: list[str] | None) -> None:
    found = use(body)
    assert (None if found is None else [type(node).__name__ for node in found.closings]) == closed_by


@pytest.mark.parametrize(
    ("body", "closed_by"),
    [
        ("xs.nc.read()", []),
        ("print(xs.name)", []),
        ("xs.nc.close()", ["xs.nc.close()"]),
        ("await xs.nc.close()\nawait xs.sink.close()", ["xs.nc.close()", "xs.sink.close()"]),
        ("print(xs.nc)", None),
        ("stack.callback(xs.nc.close)", None),
        ("xs.other.close()", None),
        ("xs.nc.inner.close()", None),
        ("xs.nc = p", None),
        ("keep(xs._asdict())", None),
        ("xs.close()", None),
        ("xs[0].close()", None),
    ],
)
def test_an_object_that_a_call_returns(body: str, closed_by: list[str] | None) -> None:
    found = use(body, "nc", "sink")
    assert (None if found is None else [ast.unparse(node) for node in found.closings]) == closed_by


def test_what_is_returned_and_not_used_is_dropped() -> None:
    tree = ast.parse("async def f(p):\n    await made(p)\n    return await kept(p)\n")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    uses = {ast.unparse(call): ReturnedContainers(tree.body[0], {"close"}).use_of(call, ()) for call in calls}
    assert uses == {"made(p)": ContainerUse(""), "kept(p)": None}


@pytest.mark.parametrize(
    ("lines", "is_read_only"),
    [
        ("xs = [open(p)]\nlend(xs)\n", True),
        ("xs = [open(p)]\nlend(xs)\nlen(xs)\n", False),
        ("xs = [open(p)]\nlend(xs)\ndef later():\n    lend(xs)\n", False),
        ("def f():\n    xs = [open(p)]\n    lend(xs)\n    len(xs)\n", True),
        ("def f():\n    xs = [open(p)]\n    lend(xs)\n    later(xs)\n", False),
        ("def f():\n    xs = [open(p)]\n    lend(xs)\n    xs[0].close()\n", False),
    ],
)
def test_a_display_that_is_lent(lines: str, is_read_only: bool) -> None:
    tree = ast.parse(lines)
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    lent = {one.args[0] for one in calls if isinstance(one.func, ast.Name) and one.func.id == "lend"}
    owner = tree.body[0] if isinstance(tree.body[0], ast.FunctionDef) else tree
    assert bool(read_only_displays(owner, {"close"}, lent)) is is_read_only
