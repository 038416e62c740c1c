"""Parameters that are constants in a call."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.prescan.settled import none_in, settled_by, with_settled
from flake8_naq.syntax.callees import Callee

FUNCTION = "def done(nc, close=False, /, mode='keep', *, wait=None, other): return {body}"
EVERY = "nc.close() if close and mode and wait and other else None"
CLOSE = frozenset({"close"})


def _function(body: str) -> ast.FunctionDef:
    node = ast.parse(FUNCTION.format(body=body)).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize(
    ("arguments", "settled"),
    [
        ("nc, other=x", {"close": "False", "mode": "'keep'", "wait": "None"}),
        ("nc, True, other=x", {"close": "True", "mode": "'keep'", "wait": "None"}),
        ("nc, x, other=1", {"mode": "'keep'", "other": "1", "wait": "None"}),
        ("nc, mode='drain', wait=x", {"close": "False", "mode": "'drain'"}),
        ("nc, mode=1.5, wait=x", {"close": "False"}),
        ("*ncs, other=x", {}),
        ("nc, **options", {}),
    ],
)
def test_the_constants_of_a_call(arguments: str, settled: dict[str, str]) -> None:
    call = ast.parse(f"done({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    assert dict(settled_by(Callee(_function(EVERY), False), call, "nc", CLOSE)) == settled


@pytest.mark.parametrize("body", ["(close := 1)", "[0 for close in x]", "lambda: close", "x"])
def test_a_parameter_that_is_more_than_read_is_not_settled(body: str) -> None:
    call = ast.parse("done(nc)", mode="eval").body
    assert isinstance(call, ast.Call)
    function = _function(f"nc.close() if close and ({body}) else None" if body != "x" else body)
    assert "close" not in dict(settled_by(Callee(function, False), call, "nc", CLOSE))


@pytest.mark.parametrize(
    ("body", "decides"),
    [
        ("    if close:\n        nc.close()", True),
        ("    if close:\n        work(nc)", True),
        ("    if not close:\n        return\n    nc.close()", True),
        ("    work(nc, close)", True),
        ("    while close:\n        nc.close()", True),
        ("    if close:\n        nc.flush()", False),
        ("    if close:\n        other.close()", False),
        ("    work(other, close)", False),
        ("    print(close)", False),
    ],
)
def test_only_what_may_decide_about_the_end_is_settled(body: str, decides: bool) -> None:
    node = ast.parse(f"def done(nc, close=False):\n{body}").body[0]
    call = ast.parse("done(nc)", mode="eval").body
    assert isinstance(node, ast.FunctionDef)
    assert isinstance(call, ast.Call)
    assert bool(settled_by(Callee(node, False), call, "nc", CLOSE)) is decides


@pytest.mark.parametrize(
    ("arguments", "none"),
    [
        ("nc, other=x", {"wait"}),
        ("nc, None, other=None", {"close", "wait", "other"}),
        ("nc, wait=x, other=0", set()),
        ("nc, **options", set()),
    ],
)
def test_the_parameters_that_are_none(arguments: str, none: set[str]) -> None:
    call = ast.parse(f"done({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    assert none_in(Callee(_function(EVERY), False), call) == none


def test_a_parameter_that_is_set_again_is_not_none() -> None:
    call = ast.parse("done(nc, other=x)", mode="eval").body
    assert isinstance(call, ast.Call)
    assert none_in(Callee(_function("(wait := nc) or wait"), False), call) == frozenset()


def test_the_first_parameter_of_a_method_is_not_given() -> None:
    node = ast.parse("def done(self, nc, close): return nc.close() if close else nc").body[0]
    call = ast.parse("self.done(nc, True)", mode="eval").body
    assert isinstance(node, ast.FunctionDef)
    assert isinstance(call, ast.Call)
    assert settled_by(Callee(node, True), call, "nc", CLOSE) == (("close", "True"),)


@pytest.mark.parametrize(
    ("body", "settled", "written"),
    [
        ("close", "True", "True"),
        ("not close", "False", "not False"),
        ("close is None", "None", "True"),
        ("close is not None", "None", "False"),
        ("close == 'all'", "'all'", "True"),
        ("close != 'all'", "'none'", "True"),
        ("close == 1", "True", "False"),
        ("close > 1", "2", "2 > 1"),
        ("close == other", "2", "2 == other"),
        ("1 == close", "2", "1 == 2"),
    ],
)
def test_constants_in_place_of_parameters(body: str, settled: str, written: str) -> None:
    found = with_settled(_function(body), (("close", settled),))
    assert ast.unparse(found) == ast.unparse(_function(written))


@pytest.mark.parametrize(("lines", "is_settled"), [(98, True), (99, False)])
def test_a_long_function_is_not_looked_at_for_each_call(lines: int, is_settled: bool) -> None:
    source = "def done(nc, close=False):\n    if close:\n        nc.close()\n" + "    work()\n" * lines
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    call = ast.parse("done(nc)", mode="eval").body
    assert isinstance(call, ast.Call)
    assert bool(settled_by(Callee(node, False), call, "nc", CLOSE)) is is_settled
