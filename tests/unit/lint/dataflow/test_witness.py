"""By which way a leak leaves, and which line is named."""

from __future__ import annotations

import pytest

from flake8_naq.dataflow import witness
from flake8_naq.dataflow.observations import Departure, Leak
from flake8_naq.dataflow.witness import first_leak
from lint.dataflow.problems import CALL, function, summary

HEAD = "import nats\nasync def f(xs, flag):\n"


@pytest.mark.parametrize(
    ("body", "line", "departure", "exceptional"),
    [
        ("nc = await nats.connect()\nawait nc.flush()\nawait nc.close()", 4, "raises", True),
        ("nc = await nats.connect()\nif flag:\n    return\nawait nc.close()", 5, "returns", False),
        ("nc = await nats.connect()\nnc = None\nreturn", 4, "is rebound", False),
        ("await nats.connect()", 3, "returns", False),
        ("for x in xs:\n    nc = await nats.connect()\n    break\nx = 1", 5, "breaks", False),
        ("nc = await nats.connect()\nraise ValueError", 4, "raises", True),
        ("nc = await nats.connect()\nx = 1\ny = 2", 3, "returns", False),
        ("nc = nats.NATS()\nwhile True:\n    break\nawait nc.connect()", 6, "returns", False),
    ],
)
def test_the_line_where_control_left_for_good_is_named(body: str, line: int, departure: str, exceptional: bool) -> None:
    source = HEAD + "".join(f"    {text}\n" for text in body.splitlines())
    leak = first_leak(summary(source).leaks)
    assert (leak.line, leak.departure.value, leak.exceptional) == (line, departure, exceptional)


def test_a_call_is_named_rather_than_a_lookup() -> None:
    source = HEAD + "    nc = await nats.connect()\n    x = xs.name\n    work(x)\n    await nc.close()\n"
    leak = first_leak(summary(source).leaks)
    assert (leak.line, leak.departure, leak.lookup) == (5, Departure.RAISES, False)


def test_a_loss_is_exceptional_in_a_handler_that_may_raise() -> None:
    for end, exceptional in (("raise", True), ("return", False)):
        lines = ("nc = await nats.connect()", "try:", "    work()", "except ValueError:", "    nc = None", f"    {end}")
        source = HEAD + "".join(f"    {line}\n" for line in lines)
        assert {leak.exceptional for leak in summary(source).leaks if leak.line == 7} == {exceptional}


def test_a_loss_before_more_code_than_is_looked_at_is_not_called_exceptional(monkeypatch: pytest.MonkeyPatch) -> None:
    source = HEAD + "    nc = await nats.connect()\n    nc = None\n    work()\n    return\n"
    monkeypatch.setattr(witness, "_MAX_AHEAD", 1)
    assert {leak.exceptional for leak in summary(source).leaks if leak.line == 4} == {False}


def test_a_loss_in_a_finally_that_an_exception_entered_is_exceptional() -> None:
    source = HEAD + (
        "    nc = await nats.connect()\n    try:\n        raise ValueError\n    finally:\n        nc = None\n"
    )
    assert {leak.exceptional for leak in summary(source).leaks if leak.line == 7} == {True}


def test_what_a_finally_interrupted_is_named_if_the_finally_acquires() -> None:
    source = HEAD + "    try:\n        work()\n    finally:\n        nc = await nats.connect()\n"
    named = {(leak.line, leak.departure, leak.exceptional) for leak in summary(source).leaks}
    assert (4, Departure.RAISES, True) in named


def test_a_previous_resource_leaks_by_its_own_call() -> None:
    source = HEAD + "    for x in xs:\n        nc = await nats.connect(x)\n    await nc.close()\n"
    found = summary(source)
    assert {leak.acquisition for leak in found.leaks} == set(found.acquired)
    assert any(leak.line == 4 and leak.departure is Departure.REBOUND for leak in found.leaks)


def leak(line: int, departure: Departure = Departure.RAISES, lookup: bool = False) -> Leak:
    return Leak(line, departure, True, lookup, acquisition=CALL)


@pytest.mark.parametrize(
    ("leaks", "first"),
    [
        ([leak(7), leak(5), leak(9)], 1),
        ([leak(3, lookup=True), leak(9)], 1),
        ([leak(5, Departure.CANCELLED), leak(5)], 1),
        ([leak(5, Departure.CANCELLED), leak(5, Departure.REBOUND)], 1),
        ([leak(5, Departure.REBOUND), leak(5, Departure.RETURNS)], 1),
        ([leak(5, Departure.RETURNS), leak(5)], 0),
    ],
)
def test_the_first_line_is_named_and_the_likeliest_way(leaks: list[Leak], first: int) -> None:
    assert first_leak(leaks) == leaks[first]


def test_the_witness_is_that_of_the_verdict() -> None:
    (verdict,) = function(HEAD + "    nc = await nats.connect()\n    await nc.flush()\n    await nc.close()\n").verdicts
    assert verdict.leak == first_leak(verdict.summary.leaks)
