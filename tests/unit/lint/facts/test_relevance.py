"""The text search for calls of the catalogue."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.facts.relevance import has_line, has_own_line, is_called, lines_with, spelling_of
from flake8_naq.syntax.names import ModuleScopes


def scopes(source: str) -> ModuleScopes:
    return ModuleScopes(ast.parse(source), lambda: "", walrus=False)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import nats\nnats.connect()\n", [2]),
        ("import nats as n\nn.connect()\nx.connect()\n", [2, 3]),
        ("from nats import connect\nconnect ()\n", [2]),
        ("from nats import connect as c\nc()\nconnect()\n", [2]),
        ("from nats import *\nconnect()\n", [2]),
        ("import nats\nnats.connect\n", []),
        ("import nats\nnats.reconnect()\nmynats.connects()\n", []),
        ("import nats\nnats \\\n  .connect()\n", [3]),
        ("import other\nother.connect()\n", []),
        ("import nats\nx = 1\n\nnats.connect(); nats.connect()\n", [4, 4]),
    ],
)
def test_lines_on_which_something_is_called(source: str, lines: list[int]) -> None:
    spelling = spelling_of(scopes(source).by_node.values(), load_catalogue(), {})
    assert lines_with(spelling, source, source.splitlines(keepends=True)) == lines


@pytest.mark.parametrize(
    ("text", "called"),
    [("def made(): pass\nmade()", True), ("def made(): pass\nremade()", False), ("def made(): pass", False)],
)
def test_a_function_is_called_besides_its_definition(text: str, called: bool) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert is_called(function, text) is called


def test_the_documentation_of_a_function_calls_nothing() -> None:
    (function,) = ast.parse('def f():\n    """Example:\n    connect()\n    """\n    pass\n').body
    assert isinstance(function, ast.FunctionDef)
    assert not has_line(function, [3])
    assert has_line(function, [3, 5])
    assert not has_line(function, [6])
    (shared,) = ast.parse('def f():\n    """Text"""; connect()\n').body
    assert isinstance(shared, ast.FunctionDef)
    assert has_line(shared, [2])


def test_the_statements_of_the_module_are_those_outside_of_functions() -> None:
    found = scopes("x()\ndef f():\n    y()\nz()\n")
    for lines, own in (([1], True), ([3], False), ([4], True), ([2, 3], False)):
        assert has_own_line(found.root, found.by_node.values(), lines) is own
