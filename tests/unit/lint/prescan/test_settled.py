"""Parameters that are constants in a call."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.prescan.settled import settled_by, with_settled
from flake8_naq.syntax.callees import Callee

FUNCTION = "def done(nc, close=False, /, mode='keep', *, wait=None, other): return {body}"
EVERY = "(close, mode, wait, other)"


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
    assert dict(settled_by(Callee(_function(EVERY), False), call)) == settled


@pytest.mark.parametrize("body", ["(close := 1)", "[close for close in x]", "lambda: close", "x"])
def test_a_parameter_that_is_more_than_read_is_not_settled(body: str) -> None:
    call = ast.parse("done(nc)", mode="eval").body
    assert isinstance(call, ast.Call)
    assert "close" not in dict(settled_by(Callee(_function(body), False), call))


def test_the_first_parameter_of_a_method_is_not_given() -> None:
    node = ast.parse("def done(self, close): return close").body[0]
    call = ast.parse("self.done(True)", mode="eval").body
    assert isinstance(node, ast.FunctionDef)
    assert isinstance(call, ast.Call)
    assert settled_by(Callee(node, True), call) == (("close", "True"),)


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
