"""The functions that code calls, at any distance."""

from __future__ import annotations

import ast

from flake8_naq.syntax.reached import called_methods, called_names, reached
from flake8_naq.syntax.walk import walk

SOURCE = """
async def first():
    await second()
    self.third()

async def second():
    first()
    x.third()

def third():
    one
"""
FUNCTIONS = {one.name: one for one in ast.parse(SOURCE).body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_called() -> None:
    nodes = list(ast.walk(FUNCTIONS["first"]))
    assert (called_names(nodes), called_methods(nodes)) == (["second"], ["third"])


def test_reached() -> None:
    first, second = (list(walk(FUNCTIONS[name])) for name in ("first", "second"))
    assert reached(first, FUNCTIONS, called_names, walk) == [*second, *first]
    assert reached(first, FUNCTIONS, called_methods, walk) == list(walk(FUNCTIONS["third"]))
    assert reached(first, {}, called_names, walk) == []
