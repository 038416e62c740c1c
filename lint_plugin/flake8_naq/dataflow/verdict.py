"""The summary of each resource of a function, and the verdict on each acquisition: closed by hand, leaking, or fine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from flake8_naq.cfg.values import Slot, Value
from flake8_naq.dataflow.observations import AcquisitionSummary, Departure, Event, Leak, Returned, by_event
from flake8_naq.dataflow.problem import Function, Problem
from flake8_naq.dataflow.state import NO_SITES, State, Status
from flake8_naq.dataflow.witness import first_leak, leaks
from flake8_naq.dataflow.worklist import MAX_STEPS, Fixpoint, Place, solve


def analyse(function: Function) -> tuple[AcquisitionSummary, ...]:
    """Return one summary for each origin, within MAX_STEPS for all of them together."""
    graph, budget = function.graph, MAX_STEPS
    start = graph.entry, State(Status.ABSENT, None, NO_SITES, graph.initial)
    summaries: list[AcquisitionSummary] = []
    for origin in graph.origins:
        fixpoint = solve(Problem(function, origin), start, budget)
        budget -= fixpoint.steps
        summaries.append(summary_of(fixpoint))
    return tuple(summaries)


def given(function: Function, slot: Slot, value: Value) -> Place:
    """Return the start at which a parameter brings `value`: the open resource, or None."""
    slots = function.graph.initial
    status = Status.OPEN if value is Value.RESOURCE else Status.ABSENT
    return function.graph.entry, State(status, None, NO_SITES, (*slots[:slot], value, *slots[slot + 1 :]))


def summary_of(fixpoint: Fixpoint) -> AcquisitionSummary:
    """Return the summary of a fixpoint."""
    returned = fixpoint.problem.function.graph.returned
    values = {
        Returned(ending.state.status, ending.state.slots[returned], bool(ending.state.sites))
        for ending in fixpoint.endings
        if returned >= 0 and not ending.exceptional
    }
    return AcquisitionSummary(
        fixpoint.problem.origin,
        leaks(fixpoint),
        frozenset(values),
        fixpoint.complete,
        not fixpoint.joined,
        by_event(fixpoint.observations),
    )


class Outcome(Enum):
    """What becomes of an acquisition."""

    FINE = "fine"
    HAND_CLOSED = "hand-closed"
    LEAKS = "leaks"
    NEVER_CLOSED = "never closed"


class Verdict(NamedTuple):
    """The outcome for one acquiring call, and the leak to name where there is one.

    `before_handoff`: the resource leaks only where something fails before it is handed off.
    """

    call: ast.Call
    outcome: Outcome
    leak: Leak | None
    summary: AcquisitionSummary
    before_handoff: bool = False


def verdicts(summary: AcquisitionSummary) -> Iterator[Verdict]:
    """Yield one verdict for each call that opened the resource."""
    for call in summary.acquired:
        outcome = _outcome(call, summary)
        early = leaks_before_handoff(call, summary) if outcome is Outcome.FINE else []
        failing = [leak for leak in early if leak.operation and leak.departure is not Departure.CANCELLED]
        if failing:
            yield Verdict(call, Outcome.LEAKS, first_leak(failing), summary, before_handoff=True)
        else:
            certain = [leak for leak in own_leaks(call, summary) if leak.certain]
            yield Verdict(call, outcome, first_leak(certain) if outcome is Outcome.LEAKS else None, summary)


def leaks_before_handoff(call: ast.Call, summary: AcquisitionSummary) -> list[Leak]:
    """Return the failures by which the resource is lost that other code gets where nothing fails.

    Those behind a callable that may have kept it do not count, unless the function closes it behind that.
    """
    closed_later = summary.saw(Event.CLEANUP_REGISTERED) or _may_be_read_later(summary)
    if closed_later or not summary.complete or not _is_handed_off(summary):
        return []
    kept = summary.kept_elsewhere
    found = (one for one in summary.leaks if one.acquisition is call and one.certain and one.sites.isdisjoint(kept))
    raised = (Departure.RAISES, Departure.CANCELLED)
    return [one for one in found if one.operation or (one.exceptional and one.departure in raised)]


def _is_handed_off(summary: AcquisitionSummary) -> bool:
    return summary.saw(Event.HANDED_OFF) or bool(summary.kept_elsewhere)


def _may_be_read_later(summary: AcquisitionSummary) -> bool:
    """Return whether an attribute still holds it at a normal end: then other code may close it, behind an error too."""
    held = (not leak.exceptional and leak.departure is not Departure.REBOUND for leak in summary.leaks)
    return summary.origin.lasting or (summary.origin.owned and any(held))


def own_leaks(call: ast.Call, summary: AcquisitionSummary) -> list[Leak]:
    """Return the leaks of what the call opened; of a resource that is handed off, those on normal ways out.

    Where a callable that may keep the resource got it, it is not this function that leaks it.
    """
    if summary.origin.lasting and summary.origin.resource.closed_with_owner:
        return []
    normal_only, kept = _is_handed_off(summary), summary.kept_elsewhere
    read_later = _may_be_read_later(summary)
    found = (one for one in summary.leaks if one.acquisition is call and one.sites.isdisjoint(kept))
    return [
        leak
        for leak in found
        if (summary.origin.owned and leak.departure is Departure.REBOUND)
        or not (read_later or (normal_only and leak.exceptional))
    ]


def _outcome(call: ast.Call, summary: AcquisitionSummary) -> Outcome:
    if not summary.complete:
        return Outcome.FINE
    handed_off, own = _is_handed_off(summary), own_leaks(call, summary)
    if not summary.saw(Event.RELEASED, Event.MANAGED, Event.ENDED) and not (summary.saw(Event.TESTED_CLOSED) and own):
        leaking = any(leak.acquisition is call for leak in summary.leaks)
        fails = call in summary.nodes(Event.EXPECTED_TO_FAIL) and not leaking
        if summary.origin.owned and any(leak.departure is Departure.REBOUND and leak.certain for leak in own):
            return Outcome.LEAKS
        return Outcome.FINE if handed_off or fails or summary.origin.lasting else Outcome.NEVER_CLOSED
    if own:
        return Outcome.LEAKS if any(leak.certain for leak in own) else Outcome.FINE
    closed_by_hand = summary.saw(Event.RELEASED) and not summary.saw(Event.YIELDED_OPEN, Event.ENDED)
    named = summary.origin.name is not None and not summary.origin.owned
    if handed_off or not closed_by_hand or not named:
        return Outcome.FINE
    return Outcome.HAND_CLOSED
