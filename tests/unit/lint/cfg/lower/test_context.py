"""A context is made from another, and never changed."""

from __future__ import annotations

import ast

from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.values import Label

OUTER = Context()
CALL = ast.Call(ast.Name("f"), [], [])


def test_in_try() -> None:
    inner = OUTER.in_try(Label(2), expecting=True).in_try(Label(3))
    assert (inner.handler, inner.guarded, inner.expecting) == (3, True, True)
    assert not OUTER.in_try(Label(2)).expecting


def test_only_a_call_is_awaited() -> None:
    assert OUTER.awaiting(CALL).awaited is CALL
    assert OUTER.awaiting(ast.Name("x")).awaited is None
