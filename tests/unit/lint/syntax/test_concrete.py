"""The bridge from nodes of `ast` to ast-grep's concrete syntax tree."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.concrete import Concrete, span_of
from flake8_naq.syntax.text import Text

SOURCE = """async def f(é):
    try:
        nc = await g("😀é", name=é,  # one
            other="x" "y")
        # two
    except ValueError:
        pass
    # three

    finally:
        nc.close()
        # four
    # five
    if é:
        a()
    elif nc:
        b()
    else:  # six
        c()
"""
MODULE = ast.parse(SOURCE)
CONCRETE = Concrete(Text(SOURCE))
FUNCTION = MODULE.body[0]
assert isinstance(FUNCTION, ast.AsyncFunctionDef)
TRY, IF = FUNCTION.body
assert isinstance(TRY, ast.Try)
assert isinstance(IF, ast.If)


def test_nodes_have_the_same_text() -> None:
    for node in ast.walk(MODULE):
        if isinstance(node, (ast.expr, ast.keyword, ast.Expr, ast.Assign, ast.Pass)):
            assert CONCRETE.node(node).text() == CONCRETE.text.of(node), ast.dump(node)


def test_a_statement_has_the_comments_of_its_block() -> None:
    assert CONCRETE.statement(TRY).text().endswith("# four")
    assert CONCRETE.statement(TRY.body[0]).text().endswith('"y")')
    assert CONCRETE.statement(IF).text().endswith("c()")


def test_clauses() -> None:
    final = CONCRETE.clause(TRY.finalbody)
    assert final is not None
    assert final.text().startswith("finally:\n")
    assert final.text().endswith("# four")
    [inner] = IF.orelse
    assert isinstance(inner, ast.If)
    orelse = CONCRETE.clause(inner.orelse)
    assert orelse is not None
    assert orelse.text().startswith("else:  # six")
    assert CONCRETE.clause(IF.orelse) is None
    assert CONCRETE.clause(TRY.body) is None


def test_an_elif_in_a_clause_is_not_that_clause() -> None:
    source = "try:\n    a()\nfinally:\n    if b:\n        c()\n    elif d:\n        e()\n"
    [node] = ast.parse(source).body
    assert isinstance(node, ast.Try)
    [condition] = node.finalbody
    assert isinstance(condition, ast.If)
    concrete = Concrete(Text(source))
    assert concrete.clause(condition.orelse) is None
    assert concrete.clause(node.finalbody) is not None


def test_comments() -> None:
    lines = {number: text.removeprefix("# ") for number, text in CONCRETE.comments.items()}
    assert lines == {3: "one", 5: "two", 8: "three", 12: "four", 13: "five", 18: "six"}


def test_identifiers_are_names_and_neither_attributes_nor_keywords() -> None:
    names = {name: len(spans) for name, spans in CONCRETE.identifiers.items()}
    assert names == {"f": 1, "é": 3, "nc": 3, "g": 1, "ValueError": 1, "a": 1, "b": 1, "c": 1}
    assert all(SOURCE[slice(*span)] == "é" for span in CONCRETE.identifiers["é"])


def test_frozen_lines() -> None:
    concrete = Concrete(Text("a = '''\nb\n'''\nc = 'd\\\ne'\nf = (\n'g'\n)\n"))
    assert concrete.frozen_lines == {2, 3, 5}


@pytest.mark.parametrize(("pattern", "found"), [("g($$$)", 1), ("$X.close()", 1), ("close()", 0)])
def test_patterns(pattern: str, found: int) -> None:
    matches = list(CONCRETE.find_all(pattern))
    assert len(matches) == found
    assert all(SOURCE[slice(*span_of(one))] == one.text() for one in matches)
