"""From what the exploration saw to a verdict on each acquisition: closed by hand, leaking, never closed, or fine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from flake8_naq.analysis.state import Leak, Trace

_ORDER = {"is rebound": 1, "is dropped": 1, "is cancelled": 2}


class Outcome(Enum):
    """What becomes of an acquisition."""

    FINE = "fine"
    HAND_CLOSED = "hand-closed"
    LEAKS = "leaks"
    NEVER_CLOSED = "never closed"


class Verdict(NamedTuple):
    """The outcome for one acquiring call, and the first leak where there is one."""

    call: ast.Call
    outcome: Outcome
    leak: Leak | None
    trace: Trace


def _first(leak: Leak) -> tuple[bool, int, int]:
    """The leak to name: the first line, but one that many would expect to raise."""
    return leak.lookup, leak.line, _ORDER.get(leak.how, 0)


def verdicts(trace: Trace) -> Iterator[Verdict]:
    """One verdict for each call that opened the resource."""
    for index, call in enumerate(trace.acquired):
        leaks = [leak for leak in trace.leaks if leak.call == index]
        yield _judge(call, leaks, trace)


def _judge(call: ast.Call, leaks: list[Leak], trace: Trace) -> Verdict:
    kept = trace.sites - trace.borrowed
    handed = trace.handed or bool(kept)
    real = [leak for leak in leaks if not leak.sites & kept]
    released = bool(trace.released) or trace.managed
    if not trace.complete:
        return Verdict(call, Outcome.FINE, None, trace)
    if not released and not (trace.seen_closed and real):
        meant_to_fail = trace.acquired.index(call) in trace.failed and not leaks
        fine = handed or meant_to_fail
        return Verdict(call, Outcome.FINE if fine else Outcome.NEVER_CLOSED, None, trace)
    if handed:
        real = [leak for leak in real if not leak.exceptional]
    if real:
        if not trace.precise:
            return Verdict(call, Outcome.FINE, None, trace)
        return Verdict(call, Outcome.LEAKS, min(real, key=_first), trace)
    if handed or not trace.released or trace.yields_open or trace.origin.name is None:
        return Verdict(call, Outcome.FINE, None, trace)
    return Verdict(call, Outcome.HAND_CLOSED, None, trace)
