"""The summary of observations."""

from __future__ import annotations

from flake8_naq.dataflow.observations import Event, Observation
from lint.dataflow.problems import CALL, NODE, SITE, origin, summarised


def test_what_holds_on_every_path_was_never_observed_otherwise() -> None:
    gone, live = Observation(Event.USED_GONE, NODE), Observation(Event.USED_LIVE, NODE)
    assert summarised(origin(), [gone]).closed_uses == {NODE}
    assert summarised(origin(), [gone, live]).closed_uses == frozenset()
    second, first = Observation(Event.SECOND_RELEASE, NODE), Observation(Event.FIRST_RELEASE, NODE)
    assert summarised(origin(), [second]).second_releases == {NODE}
    assert summarised(origin(), [first, second]).second_releases == frozenset()


def test_uses_and_views_are_kept_by_kind() -> None:
    found = summarised(
        origin(),
        [
            Observation(Event.USED, NODE, "connection"),
            Observation(Event.USED, SITE, "connection"),
            Observation(Event.VIEWED, CALL, "connection:jetstream"),
            Observation(Event.METHOD_CALLED, CALL, "connection"),
            Observation(Event.OUTLIVES_BLOCK, NODE, "stored"),
        ],
    )
    assert found.uses == {"connection": {NODE, SITE}}
    assert found.views == {"connection:jetstream": {CALL}}
    assert found.details(Event.METHOD_CALLED) == {CALL: "connection"}
    assert found.details(Event.OUTLIVES_BLOCK) == {NODE: "stored"}


def test_what_was_passed_on_and_then_released_is_not_kept() -> None:
    escaped = [Observation(Event.ESCAPE_SITE, SITE), Observation(Event.ESCAPE_SITE, NODE)]
    found = summarised(origin(), [*escaped, Observation(Event.RETURNED_SITE, SITE)])
    assert found.kept_elsewhere == {NODE}
    assert found.nodes(Event.ESCAPE_SITE) == {SITE, NODE}


def test_acquisitions_are_kept_in_order() -> None:
    found = summarised(origin(), [Observation(Event.ACQUIRED, NODE), Observation(Event.ACQUIRED, CALL)])
    assert found.acquired == (NODE, CALL)


def test_nothing_observed_is_an_empty_summary() -> None:
    found = summarised(origin(), [])
    assert not any((found.acquired, found.released, found.nodes(Event.STORED), found.saw(*Event), found.uses, found.views))
    assert (found.complete, found.precise) == (True, True)
