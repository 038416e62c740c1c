"""Each kind of syntax that binds a name, once for each function that is asked about it."""

from __future__ import annotations

import ast
import sys

import pytest

from flake8_naq.syntax import bindings
from flake8_naq.syntax.walk import walk

# A statement, and the names that its nodes bind or delete.
BOUND = {
    "a = 1": ["a"],
    "a = b = 1": ["a", "b"],
    "a, (b, [c, *d]) = x": ["a", "b", "c", "d"],
    "a.b = c[d] = 1": [],
    "a: int = 1": ["a"],
    "a: int": ["a"],
    "a += b": ["a"],
    "del a, b": ["a", "b"],
    "print(a := b)": ["a"],
    "for a, b in c: pass": ["a", "b"],
    "async def f():\n async for a in b: pass": ["a", "f"],
    "with a as b, c as (d, e), f: pass": ["b", "d", "e"],
    "async def f():\n async with a as b: pass": ["b", "f"],
    "try: pass\nexcept E as a: pass\nexcept F: pass": ["a"],
    "import a, b.c, d as e, f.g as h": ["a", "b", "e", "h"],
    "from a import b, c as d": ["b", "d"],
    "from a import *": ["*"],
    "def f(a, /, b, *c, d=e, **g): pass": ["a", "b", "c", "d", "f", "g"],
    "lambda a: b": ["a"],
    "class A(B, metaclass=C): pass": ["A"],
    "[a for a in b]": ["a"],
    "match a:\n case b: pass": ["b"],
    "match a:\n case B(c, d=e) | [c, *e]: pass": ["c", "c", "e", "e"],
    "match a:\n case {1: b, **c} if d: pass": ["b", "c"],
    "match a:\n case B() as c: pass\n case _: pass": ["c"],
    "global a": [],
    "a.b(c, d=e)": [],
}
if sys.version_info >= (3, 12):
    BOUND["type A = b"] = ["A"]


@pytest.mark.parametrize("code", BOUND)
def test_bound_names(code: str) -> None:
    for nodes in (ast.walk(ast.parse(code)), walk(ast.parse(code))):  # each binding is one node's, in either walk
        assert sorted(name for node in nodes for name in bindings.bound_names(node)) == BOUND[code]


@pytest.mark.parametrize(
    ("code", "names"), [("global a, b", ["a", "b"]), ("def f():\n nonlocal a", ["a"]), ("a = 1", [])]
)
def test_declared_names(code: str, names: list[str]) -> None:
    assert [name for node in ast.walk(ast.parse(code)) for name in bindings.declared_names(node)] == names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a = b.c(d, e=f)", ["a", "b", "d", "f"]),
        ("import a.b", ["a"]),
        ("def f(a: b): global c", ["a", "b", "c", "f"]),
        ("del a", ["a"]),
        ("match a:\n case B(c): pass", ["B", "a", "c"]),
    ],
)
def test_spelled_names(code: str, names: list[str]) -> None:
    assert sorted(name for node in ast.walk(ast.parse(code)) for name in bindings.spelled_names(node)) == names


# A statement, and each assignment in it as text.
ASSIGNED = {
    "a = b": ["a <- b"],
    "a = b.c, d = e": ["a | (b.c, d) <- e"],
    "a: int = b": ["a <- b"],
    "a: int": [],
    "a += b": ["a <- b"],
    "(a := b)": ["a <- b"],
    "with a as b, c, d as (e, f): pass": ["b <- a", "(e, f) <- d"],
    "for a, b in c: pass": ["(a, b) <- c"],
    "match a:\n case b: pass\n case C() as d: pass\n case [e]: pass": ["b <- a", "d <- a"],
    "del a": [],
    "import a": [],
}


@pytest.mark.parametrize("code", ASSIGNED)
def test_assignments(code: str) -> None:
    found = [one for node in ast.walk(ast.parse(code)) for one in bindings.assignments(node)]
    assert [f"{' | '.join(map(ast.unparse, one.targets))} <- {ast.unparse(one.value)}" for one in found] == ASSIGNED[
        code
    ]


@pytest.mark.parametrize(
    ("code", "leaves", "names"),
    [
        ("a = x", ["a"], ["a"]),
        ("a, (b.c, [d[e], *f]) = x", ["a", "b.c", "d[e]", "f"], ["a", "f"]),
        ("self.a = b = x", ["self.a", "b"], ["b"]),
        ("() = x", [], []),
    ],
)
def test_targets(code: str, leaves: list[str], names: list[str]) -> None:
    statement = ast.parse(code).body[0]
    assert isinstance(statement, ast.Assign)
    assert [*map(ast.unparse, bindings.leaf_targets(statement.targets))] == leaves
    assert [name.id for name in bindings.target_names(statement.targets)] == names


@pytest.mark.parametrize(
    ("target", "left"),
    [("a", ["b", "b.a", "ab"]), ("(a, *b)", ["ab"]), ("a.b", ["a", "a.c", "b", "b.a", "ab"]), ("c", ["a", "a.c", "b", "b.a", "ab"])],
)
def test_values_that_a_target_hides(target: str, left: list[str]) -> None:
    values = dict.fromkeys(["a", "a.c", "b", "b.a", "ab"], 1)
    assert [*bindings.not_bound_by(ast.parse(target, mode="eval").body, values)] == left


# A statement, and each leaf target with the expression whose value it holds afterwards.
STORED = {
    "a = b": ["a=b"],
    "a = c.d = b": ["a=b", "c.d=b"],
    "a, b = x, y": ["a=x", "b=y"],
    "a, (b, c) = x, (y, z)": ["a=x", "b=y", "c=z"],
    "a, (b, c) = x, y": ["a=x", "b=?", "c=?"],
    "a, b = x": ["a=?", "b=?"],
    "a, b = x, y, z": ["a=?", "b=?"],
    "a, *b = x, y": ["a=?", "b=?"],
    "a, b = *x, y": ["a=?", "b=?"],
    "a: int = b": ["a=b"],
    "(a := b)": ["a=b"],
    "a += b": ["a=?"],
    "for a, b in (x, y): pass": ["a=?", "b=?"],
    "with a as b: pass": ["b=?"],
    "a: int": [],
}


@pytest.mark.parametrize("code", STORED)
def test_stored_values(code: str) -> None:
    found = [pair for node in ast.walk(ast.parse(code)) for pair in bindings.stored_values(node)]
    assert [f"{ast.unparse(one)}={ast.unparse(value) if value else '?'}" for one, value in found] == STORED[code]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("self.a = x", ["x"]),
        ("self.a, self.b = x, y", ["x"]),
        ("self.a, self.b = x", ["?"]),
        ("other.a = x\nself.a: int = y", ["x", "y"]),
        ("def f():\n for self.a in x: pass", ["?"]),
        ("self.a += x", ["?"]),
        ("a = self.b = x", []),
        ("x = self.a", []),
    ],
)
def test_attribute_values(code: str, values: list[str]) -> None:
    found = bindings.attribute_values(ast.parse(code), "a")
    assert [ast.unparse(value) if value else "?" for value in found] == values


@pytest.mark.parametrize(
    ("pattern", "captured", "whole"),
    [
        ("a", ["a"], ["a"]),
        ("_", [], []),
        ("A()", [], []),
        ("A() as a", ["a"], ["a"]),
        ("A(a, b=B() as c)", ["a", "c"], []),
        ("[a, *b]", ["a", "b"], []),
        ("[a, *_]", ["a"], []),
        ("{'k': a, **b}", ["a", "b"], []),
        ("(A(a) | B(a)) as b", ["a", "a", "b"], ["b"]),
    ],
)
def test_pattern_names(pattern: str, captured: list[str], whole: list[str]) -> None:
    statement = ast.parse(f"match x:\n case {pattern}: pass").body[0]
    assert isinstance(statement, ast.Match)
    assert sorted(bindings.captured_names(statement.cases[0].pattern)) == captured
    assert [*bindings.whole_names(statement.cases[0].pattern)] == whole


@pytest.mark.parametrize(
    ("code", "names"),
    [("import a.b, c as d", ["a", "d"]), ("from a.b import c, d as e", ["c", "e"]), ("from a import *", ["*"])],
)
def test_imported_names(code: str, names: list[str]) -> None:
    statement = ast.parse(code).body[0]
    assert isinstance(statement, (ast.Import, ast.ImportFrom))
    assert [*bindings.imported_names(statement)] == names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("for a in b:\n c = 1", {"a", "c"}),
        ("for a in b:\n c = [d for d in e]", {"a", "c"}),
        ("for a in b:\n c = [(d := e) for f, g in h]", {"a", "c", "d"}),
        ("for a in b:\n def f(c): d = 1", {"a", "f"}),
        ("for a in b:\n class C: d = 1", {"a", "C"}),
        ("for a in b:\n try: import c.d\n except E as e: pass", {"a", "c", "e"}),
        ("for a in b:\n match c:\n  case D(e): pass", {"a", "e"}),
    ],
)
def test_local_names(code: str, names: set[str]) -> None:
    assert {*bindings.local_names(ast.parse(code).body[0])} == names


CODE = """
import nc
def f(nc):
    with a as nc: pass
    nc.close()
    del nc
    def g():
        nonlocal nc
    return [nc for nc in b]
"""


def test_bindings() -> None:
    lines = sorted(getattr(node, "lineno", 0) for node in bindings.bindings(ast.parse(CODE).body, "nc"))
    assert lines == [2, 3, 4, 6, 9]
    assert [*bindings.bindings(ast.parse(CODE).body, "a")] == []


@pytest.mark.parametrize(
    ("code", "mentioned"),
    [
        ("a = nc", True),
        ("def f(nc): pass", True),
        ("global nc", True),
        ("import nc.x", True),
        ("except_ = 'nc'", False),
        ("a.nc = f(nc=1)", False),
        ("try: pass\nexcept E as nc: pass", True),
    ],
)
def test_is_mentioned(code: str, mentioned: bool) -> None:
    assert bindings.is_mentioned(ast.parse(code), "nc") is mentioned


@pytest.mark.parametrize(
    ("inner", "shadowed"),
    [
        ("x = nc", False),
        ("nc = 1", False),
        ("def g(): return nc", False),
        ("def g(nc): pass", True),
        ("def g(): nc = 1", True),
        ("def g():\n  nonlocal nc", True),
        ("def nc(): pass", True),
        ("def g(x=(nc := 1)): pass", False),
        ("class A:\n  nc = 1", True),
        ("class nc: pass", True),
        ("x = lambda nc: 1", True),
        ("x = lambda: nc", False),
        ("x = [nc for nc in y]", True),
        ("x = {y: nc for y in z}", False),
        ("def g():\n  try: pass\n  except E as nc: pass", True),
    ],
)
def test_is_shadowed(inner: str, shadowed: bool) -> None:
    function = ast.parse(f"def f(nc):\n {inner}").body[0]
    assert bindings.is_shadowed(function, "nc") is shadowed


@pytest.mark.parametrize(
    ("code", "once"), [("x = 1", True), ("y = 1", False), ("x = 1\nx = 2", False), ("x = 1\ndel x", False)]
)
def test_a_name_is_bound_once(code: str, once: bool) -> None:
    assert bindings.binds_once("x", ast.walk(ast.parse(code))) is once
