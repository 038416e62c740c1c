"""A context is made from another, and never changed."""

from __future__ import annotations

import ast

from flake8_naq.cfg.lower.context import Context, Finally, Loop
from flake8_naq.cfg.values import Label, Slot

OUTER = Context()
CALL = ast.Call(ast.Name("f"), [], [])


def test_in_finally() -> None:
    around = Finally(Slot(3), Label(4))
    inner = OUTER.in_finally(Label(2), around).in_finally(Label(5), Finally(Slot(6), Label(7)))
    assert (inner.handler, inner.finallys[0]) == (5, around)
    assert len(inner.finallys) == 2
    assert Context() == OUTER


def test_in_try() -> None:
    inner = OUTER.in_try(Label(2), expecting=True).in_try(Label(3))
    assert (inner.handler, inner.guarded, inner.expecting) == (3, True, True)
    assert not OUTER.in_try(Label(2)).expecting


def test_in_handler() -> None:
    inner = OUTER.in_handler(Slot(2), "a").in_handler(Slot(3), None)
    assert (inner.handled, inner.handled_names) == (3, {"a"})


def test_in_loop() -> None:
    inner = OUTER.in_finally(Label(2), Finally(Slot(3), Label(4))).in_loop(Label(5), Label(6))
    assert (inner.loop, inner.loops) == (Loop(Label(5), Label(6), 1), 1)
    assert inner.in_loop(Label(7), Label(8)).loops == 2


def test_only_a_call_is_awaited() -> None:
    assert OUTER.awaiting(CALL).awaited is CALL
    assert OUTER.awaiting(ast.Name("x")).awaited is None
