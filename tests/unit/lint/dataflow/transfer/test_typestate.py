"""Changes of the typestate for which the value in a slot does not matter."""

from __future__ import annotations

import pytest

from flake8_naq.cfg.values import Value
from flake8_naq.dataflow.state import Status
from flake8_naq.dataflow.transfer.typestate import ended, released
from lint.dataflow.problems import NODE, graph, problem, state


@pytest.mark.parametrize("status", [Status.ABSENT, Status.FRESH])
def test_a_release_of_what_is_not_open_changes_nothing(status: Status) -> None:
    before = state(status, Value.RESOURCE)
    change = released(before, NODE, problem(graph()))
    assert change.state == before
    assert list(change.observations) == []


@pytest.mark.parametrize(("again", "second"), [(False, ["SECOND_RELEASE"]), (True, [])])
def test_a_second_release_is_observed_unless_it_is_no_mistake(again: bool, second: list[str]) -> None:
    change = released(state(Status.CLOSED, Value.RESOURCE), NODE, problem(graph()), again=again)
    assert change.state.status is Status.CLOSED
    assert [one.event.name for one in change.observations] == second


@pytest.mark.parametrize(("status", "seen"), [(Status.CLOSED, []), (Status.MANAGED, ["ENDED"])])
def test_a_last_use_leaves_the_end_to_the_block_or_to_the_release(status: Status, seen: list[str]) -> None:
    before = state(status, Value.RESOURCE)
    change = ended(before, NODE)
    assert change.state == before
    assert [one.event.name for one in change.observations] == seen
