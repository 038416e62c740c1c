"""Which nodes each walk yields."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from flake8_naq.syntax import walk

CODE = """
@decorated
def f(a: int = b) -> c:
    if d: e = 1
    else: g()
    for h in i:
        try: j
        except K as k: l
        finally: m
    class N(o):
        p = 1
    match q:
        case r if s: t
    return lambda u=v: w
"""


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _function() -> ast.stmt:
    return ast.parse(CODE).body[0]


def test_walk_yields_all_that_holds_code() -> None:
    every = _names(ast.walk(_function()))
    assert every - _names(walk.walk(_function())) == {"int", "c"}  # annotations


def test_walk_scope_leaves_nested_scopes_out() -> None:
    left_out = {"o", "p", "v", "w"}
    assert _names(walk.walk(_function())) - _names(walk.walk_scope(_function())) == left_out
    kinds = {type(node) for node in walk.walk_scope(_function())}
    assert {ast.ClassDef, ast.Lambda} <= kinds
    assert ast.FunctionDef not in kinds  # the node itself


def test_scope_nodes_keeps_the_order_of_the_walk() -> None:
    function = _function()
    wanted = [node for node in walk.walk_scope(function) if isinstance(node, (ast.Call, ast.Lambda))]
    assert [type(node) for node in wanted] == [ast.Lambda, ast.Call]
    assert walk.scope_nodes(function, ast.Call, ast.Lambda) == wanted
    assert walk.scope_nodes(function, ast.Call) == wanted[1:]
    assert walk.scope_nodes(function, ast.Yield) == []


def test_walk_statements_yields_blocks_only() -> None:
    kinds = sorted(type(node).__name__ for node in walk.walk_statements(_function()))
    assert kinds == [
        "Assign", "ClassDef", "ExceptHandler", "Expr", "Expr", "Expr", "Expr", "Expr", "For", "If", "Match", "Return", "Try", "match_case",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "children"),
    [
        ("a.b", ["Name"]),
        ("a(b, *c, d=e, **f)", ["Name", "Name", "Starred", "keyword", "keyword"]),
        ("{a: b, **c}", ["Name", "Name", "Name"]),  # the key that is missing is left out
        ("a < b", ["Name", "Name"]),
        ("f'{a!r:>{b}}'", ["FormattedValue"]),
        ("1", []),
    ],
)
def test_inner_nodes(code: str, children: list[str]) -> None:
    found = walk.inner_nodes(ast.parse(code, mode="eval").body)
    assert [type(node).__name__ for node in found] == children


@pytest.mark.parametrize(
    ("body", "generator"),
    [
        ("yield", True),
        ("x = yield from y", True),
        ("return 1", False),
        ("def g(): yield", False),
        ("return (x for x in y)", False),
        ("return lambda: (yield)", False),
    ],
)
def test_is_generator(body: str, generator: bool) -> None:
    assert walk.is_generator(ast.parse(f"def f():\n {body}").body[0]) is generator
