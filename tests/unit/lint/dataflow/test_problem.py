"""The exceptional edges of a point that are followed."""

from __future__ import annotations

import pytest

from flake8_naq.cfg.graph import Point
from flake8_naq.cfg.instructions import Jump
from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, IN_FLIGHT, Value
from flake8_naq.dataflow.observations import Departure
from flake8_naq.dataflow.problem import exceptional
from flake8_naq.dataflow.state import State, Status
from lint.dataflow.problems import HANDLER, graph, problem, state

OWES = state(Status.OPEN, Value.RESOURCE)
OWES_NOTHING = state(Status.CLOSED, Value.RESOURCE)
OWES_THE_PREVIOUS = state(Status.CLOSED, Value.RESOURCE, Value.PREVIOUS_RESOURCE)


def ways(handler: int, before: State, all_exceptions: bool = False) -> list[Departure | None]:
    """Return how control leaves a point that raises and can be cancelled."""
    point = Point(Jump(None), 3, handler, raises=True, cancels=True)
    found = exceptional(point, before, problem(graph())._replace(all_exceptions=all_exceptions))
    assert all(target == handler and after.slots[IN_FLIGHT] is not None for target, after, _ in found)
    return [departure for _, _, departure in found]


@pytest.mark.parametrize(
    ("before", "settled"), [(OWES, False), (OWES_NOTHING, True), (OWES_THE_PREVIOUS, False), (state(Status.MANAGED), True)]
)
def test_an_exception_that_leaves_the_function_is_followed_where_a_release_is_owed(before: State, settled: bool) -> None:
    both = [Departure.RAISES, Departure.CANCELLED]
    assert before.is_settled is settled
    assert ways(EXCEPTIONAL_EXIT, before) == ([] if settled else both)
    assert ways(EXCEPTIONAL_EXIT, before, all_exceptions=True) == both
    assert ways(HANDLER, before) == both
