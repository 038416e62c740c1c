"""Parents and blocks of a tree, and questions about single statements."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_naq.syntax import tree as module_of_trees
from flake8_naq.syntax.tree import Tree, first_line, is_log_call, is_path, is_simple, only_target, rebinds, sets_none


def statement(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


def expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


def test_places() -> None:
    tree = Tree(ast.parse("try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d\n    e\n"))
    places = {}
    for node in ast.walk(tree.module):
        if isinstance(node, ast.Expr):
            place = tree.place(node)
            places[ast.unparse(node)] = (type(place.owner).__name__, place.field, place.index)
    assert places == {
        "a": ("Try", "body", 0), "b": ("ExceptHandler", "body", 0), "c": ("Try", "orelse", 0),
        "d": ("Try", "finalbody", 0), "e": ("Try", "finalbody", 1),
    }  # fmt: skip


@pytest.mark.parametrize("source", ["f(x)", "f(1, key=x)", "f(*y, key=x)"])
def test_what_uses_an_argument_is_the_call(source: str) -> None:
    tree = Tree(ast.parse(source))
    name = next(node for node in ast.walk(tree.module) if isinstance(node, ast.Name) and node.id == "x")
    assert isinstance(tree.user(name), ast.Call)
    assert isinstance(tree.user(tree.user(name)), ast.Expr)


def test_functions_around_a_node() -> None:
    tree = Tree(ast.parse("a\ndef f():\n    b\n    lambda: c\n"))
    names = (node for node in ast.walk(tree.module) if isinstance(node, ast.Name))
    around = {node.id: type(tree.function(node)).__name__ for node in names}
    assert around == {"a": "Module", "b": "FunctionDef", "c": "Lambda"}


@pytest.mark.parametrize(
    ("source", "name"),
    [("a = 1", "a"), ("a: int = 1", "a"), ("a: int", None), ("a = b = 1", None), ("a, b = 1", None), ("a.b = 1", None), ("a += 1", None)],
)  # fmt: skip
def test_only_target(source: str, name: str | None) -> None:
    assert only_target(statement(source)) == name


@pytest.mark.parametrize(
    ("source", "expected"),
    [("a = None", True), ("a: int = None", True), ("del a", True), ("del a, b", False), ("a = 1", False), ("b = None", False)],
)  # fmt: skip
def test_sets_none(source: str, expected: bool) -> None:
    assert sets_none(statement(source), "a") is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [("print(1)", True), ("log.info(1)", True), ("'text'", True), ("a.b(1)", False), ("a", False), ("x = 1", False)],
)
def test_is_log_call(source: str, expected: bool) -> None:
    assert is_log_call(statement(source)) is expected


@pytest.mark.parametrize(
    ("source", "simple", "path"),
    [("a", True, True), ("1", True, False), ("(a, 1)", True, False), ("a.b.c", False, True), ("a()", False, False), ("a().b", False, False)],
)  # fmt: skip
def test_expressions(source: str, simple: bool, path: bool) -> None:
    assert is_simple(expression(source)) is simple
    assert is_path(expression(source)) is path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("nc = connect()", True),
        ("nc: Client = connect()", True),
        ("nc: Client", False),
        ("reader, nc = connect()", True),
        ("nc = None", False),
        ("nc = nc or connect()", False),
        ("other = nc", False),
        ("nc += 1", False),
        ("if ready:\n    nc = connect()", False),
        ("with lock:\n    nc = connect()", True),
        ("with lock:\n    print(1)\n    nc = connect()", True),
        ("with lock:\n    print(nc)\n    nc = connect()", False),
        ("with lock:\n    nc = connect()\n    print(1)", False),
        ("with nc.lock:\n    nc = connect()", False),
        ("with connect() as nc:\n    print(nc)", True),
        ("with lock, connect() as nc:\n    print(nc)", True),
        ("with nc as nc:\n    print(nc)", False),
        ("with lock as other:\n    print(other)", False),
    ],
)
def test_rebinds(source: str, expected: bool) -> None:
    assert rebinds(statement(source), "nc") is expected


def test_the_first_line_is_that_of_a_decorator() -> None:
    assert first_line(statement("@a\n@b\ndef f(): pass")) == 1


def test_each_node_has_its_parent_but_those_that_are_the_same_everywhere() -> None:
    shared = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
    for path in (Path(module_of_trees.__file__), Path(__file__)):
        module = ast.parse(path.read_text())
        inner = ((one, node) for node in ast.walk(module) for one in ast.iter_child_nodes(node))
        assert Tree(module).parents == {one: node for one, node in inner if not isinstance(one, shared)}
