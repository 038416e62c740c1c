"""The verdict on each acquisition: closed by hand, leaking, never closed, or fine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from flake8_naq.dataflow.observations import AcquisitionSummary, Leak
from flake8_naq.dataflow.witness import first_leak


class Outcome(Enum):
    """What becomes of an acquisition."""

    FINE = "fine"
    HAND_CLOSED = "hand-closed"
    LEAKS = "leaks"
    NEVER_CLOSED = "never closed"


class Verdict(NamedTuple):
    """The outcome for one acquiring call, and the leak to name where there is one."""

    call: ast.Call
    outcome: Outcome
    leak: Leak | None
    summary: AcquisitionSummary


def verdicts(summary: AcquisitionSummary) -> Iterator[Verdict]:
    """Yield one verdict for each call that opened the resource."""
    for call in summary.acquired:
        outcome = _outcome(call, summary)
        leak = first_leak(_own_leaks(call, summary)) if outcome is Outcome.LEAKS else None
        yield Verdict(call, outcome, leak, summary)


def _is_handed_off(summary: AcquisitionSummary) -> bool:
    return summary.handed_off or bool(summary.kept_elsewhere)


def _own_leaks(call: ast.Call, summary: AcquisitionSummary) -> list[Leak]:
    """Return the leaks of what the call opened; of a resource that is handed off, those on normal ways out.

    Where a callable that may keep the resource got it, it is not this function that leaks it.
    """
    normal_only = _is_handed_off(summary)
    return [
        leak
        for leak in summary.leaks
        if leak.acquisition is call
        and leak.sites.isdisjoint(summary.kept_elsewhere)
        and not (normal_only and leak.exceptional)
    ]


def _outcome(call: ast.Call, summary: AcquisitionSummary) -> Outcome:
    if not summary.complete:
        return Outcome.FINE
    handed_off, leaks = _is_handed_off(summary), _own_leaks(call, summary)
    if not summary.released and not summary.managed and not (summary.tested_closed and leaks):
        fails = call in summary.expected_to_fail and not any(leak.acquisition is call for leak in summary.leaks)
        return Outcome.FINE if handed_off or fails else Outcome.NEVER_CLOSED
    if leaks:
        return Outcome.LEAKS if summary.precise else Outcome.FINE
    if handed_off or not summary.released or summary.yields_open or summary.origin.name is None:
        return Outcome.FINE
    return Outcome.HAND_CLOSED
