"""The analysis of one function: a summary for each resource that it acquires, or that a parameter brings."""

from __future__ import annotations

from flake8_naq.cfg.values import Slot, Value
from flake8_naq.dataflow.observations import AcquisitionSummary, Returned, summarise
from flake8_naq.dataflow.problem import Function, Problem
from flake8_naq.dataflow.state import NO_SITES, State, Status
from flake8_naq.dataflow.witness import leaks
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
    return summarise(
        fixpoint.problem.origin,
        fixpoint.observations,
        leaks(fixpoint),
        values,
        complete=fixpoint.complete,
        precise=fixpoint.precise,
    )
