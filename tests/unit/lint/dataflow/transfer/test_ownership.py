"""Transfer functions by which the resource gets an owner."""

from __future__ import annotations

import pytest

from flake8_naq.cfg.instructions import Acquire, EnterManaged, Escape, HandOff, PassArgument
from flake8_naq.cfg.values import IN_FLIGHT, Value, View
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.state import NO_SITES, State, Status
from flake8_naq.prescan.callees import Effect
from flake8_naq.prescan.exceptions import ExceptionSet
from lint.dataflow.problems import (
    CALL,
    FILE,
    HANDLER,
    NEXT,
    NODE,
    SITE,
    A,
    Callees,
    after,
    events,
    origin,
    state,
    step,
    ways,
)

V = Value
ABSENT = State(Status.ABSENT, None, NO_SITES, (None, V.UNBOUND, V.UNBOUND))


def test_an_origin_acquires_its_resource_unless_the_call_raises() -> None:
    done = step(Acquire(CALL, 0, A), ABSENT, raises=True, cancels=True)
    assert ways(done) == [(HANDLER, Departure.RAISES), (HANDLER, Departure.CANCELLED), (NEXT, None)]
    assert after(done) == State(Status.OPEN, CALL, NO_SITES, (None, V.RESOURCE, V.UNBOUND))
    assert {one.status for target, one, _ in done.outcomes if target == HANDLER} == {Status.ABSENT}
    assert done.observations == [Observation(Event.ACQUIRED, CALL)]


def test_a_constructor_connects_nothing_yet() -> None:
    done = step(Acquire(CALL, 0, A), ABSENT, origin(opened=False))
    assert after(done) == State(Status.FRESH, None, NO_SITES, (None, V.RESOURCE, V.UNBOUND))
    assert done.observations == []


def test_another_origin_makes_another_resource() -> None:
    done = step(Acquire(CALL, 1, A), ABSENT)
    assert after(done).slots[A] is V.OTHER_RESOURCE
    assert after(done).status is Status.ABSENT


def test_a_resource_that_is_still_open_is_the_previous_one_then() -> None:
    done = step(Acquire(CALL, 0, A), state(Status.OPEN, View("jetstream"), V.RESOURCE, sites=[SITE]))
    assert after(done).slots == (None, V.RESOURCE, V.PREVIOUS_RESOURCE)
    assert not after(done).sites
    assert Observation(Event.SUPERSEDED, CALL) in done.observations
    assert Observation(Event.SUPERSEDED, CALL, SITE) in done.observations
    closed = step(Acquire(CALL, 0, A), state(Status.CLOSED, V.UNBOUND, V.RESOURCE))
    assert after(closed).slots == (None, V.RESOURCE, V.UNKNOWN)


@pytest.mark.parametrize(("loops", "interrupted", "seen"), [(1, False, True), (1, True, False), (0, False, False)])
def test_the_next_turn_of_a_loop_acquires_again(loops: int, interrupted: bool, seen: bool) -> None:
    done = step(Acquire(CALL, 0, A), state(Status.CLOSED, interrupted=interrupted), origin(loops=loops))
    assert ("REACQUIRED_IN_LOOP" in events(done.observations)) is seen
    assert not after(done).interrupted


@pytest.mark.parametrize(
    ("method", "status", "left", "held"),
    [
        (None, Status.OPEN, Status.MANAGED, V.RESOURCE),
        (None, Status.HANDED_OFF, Status.MANAGED, V.RESOURCE),
        (None, Status.FRESH, Status.FRESH, V.RESOURCE),
        ("close", Status.OPEN, Status.OPEN, V.UNKNOWN),  # closing() calls close(), and nothing awaits it
        ("aclose", Status.OPEN, Status.OPEN, V.UNKNOWN),  # a connection has no aclose()
    ],
)
def test_a_with_owns_what_it_enters(method: str | None, status: Status, left: Status, held: Value) -> None:
    done = step(EnterManaged(NODE, A, method), state(status, V.RESOURCE))
    assert (after(done).status, after(done).slots[A]) == (left, held)
    assert events(done.observations) == ([] if held is V.UNKNOWN else ["ENTERED", "MANAGED"])


def test_closing_releases_a_file() -> None:
    entered = step(EnterManaged(NODE, A, "close"), state(Status.OPEN, V.RESOURCE), origin(FILE))
    assert after(entered).status is Status.MANAGED
    assert after(step(EnterManaged(NODE, A), state(Status.OPEN, V.NONE))).status is Status.OPEN


def test_closing_does_not_release_what_has_no_close() -> None:
    mail = FILE._replace(name="mail", release_methods=frozenset({"quit"}))
    entered = step(EnterManaged(NODE, A, "close"), state(Status.OPEN, V.RESOURCE), origin(mail))
    assert (after(entered).status, after(entered).slots[A]) == (Status.OPEN, V.UNKNOWN)


@pytest.mark.parametrize(
    ("escape", "status", "left", "seen"),
    [
        (Escape.RETURNED, Status.OPEN, Status.HANDED_OFF, ["HANDED_OFF"]),
        (Escape.STORED, Status.OPEN, Status.HANDED_OFF, ["STORED", "HANDED_OFF"]),
        (Escape.STORED, Status.FRESH, Status.HANDED_OFF, ["STORED"]),
        (Escape.MANAGED, Status.OPEN, Status.HANDED_OFF, ["CLEANUP_REGISTERED", "HANDED_OFF"]),
        (Escape.CONTAINED, Status.OPEN, Status.HANDED_OFF, ["HANDED_OFF"]),
        (Escape.CONTAINED, Status.CLOSED, Status.CLOSED, []),
        (Escape.CONTAINED, Status.MANAGED, Status.MANAGED, []),
        (Escape.RETURNED, Status.MANAGED, Status.MANAGED, ["OUTLIVES_BLOCK returned"]),
    ],
)
def test_a_resource_that_leaves_is_handed_off(escape: Escape, status: Status, left: Status, seen: list[str]) -> None:
    done = step(HandOff(NODE, A, escape), state(status, V.RESOURCE))
    assert after(done).status is left
    assert events(done.observations) == ["USED connection", *seen]


def test_what_a_managed_block_stores_may_outlive_it() -> None:
    assert after(step(HandOff(SITE, A, Escape.STORED), state(Status.MANAGED, V.RESOURCE))).sites == {SITE}
    assert after(step(HandOff(SITE, A, Escape.STORED), state(Status.MANAGED, View("jetstream")))).sites == {SITE}
    assert not after(step(HandOff(SITE, A, Escape.STORED), state(Status.MANAGED, View("message")))).sites
    assert not after(step(HandOff(SITE, A, Escape.STORED), state(Status.OPEN, View("jetstream")))).sites


def test_a_weak_hand_off_leaves_the_resource_open() -> None:
    done = step(HandOff(SITE, A, Escape.PASSED), state(Status.OPEN, V.RESOURCE))
    assert (after(done).status, after(done).sites) == (Status.OPEN, {SITE})
    assert Observation(Event.ESCAPE_SITE, SITE) in done.observations
    assert not after(step(HandOff(SITE, A, Escape.PASSED), state(Status.CLOSED, V.RESOURCE))).sites


def test_the_previous_resource_leaves_too() -> None:
    done = step(HandOff(NODE, A, Escape.RETURNED), state(Status.OPEN, V.PREVIOUS_RESOURCE, V.RESOURCE))
    assert (after(done).status, after(done).slots[A]) == (Status.OPEN, V.UNKNOWN)
    assert events(done.observations) == ["USED connection", "HANDED_OFF"]


@pytest.mark.parametrize("status", [Status.OPEN, Status.MANAGED])
def test_a_nested_function_takes_out_of_a_block_what_it_captures(status: Status) -> None:
    managed = status is Status.MANAGED
    returned = step(HandOff(NODE, A, Escape.CAPTURED), state(status, V.RESOURCE))
    how = "OUTLIVES_BLOCK captured by a function that is returned"
    assert events(returned.observations) == ([how] if managed else ["HANDED_OFF"])
    stored = step(HandOff(SITE, A, Escape.MENTIONED), state(status, View("jetstream")))
    assert bool(after(stored).sites) is managed


BEFORE, BEHIND = True, False


@pytest.mark.parametrize(
    ("effect", "before", "status", "left", "seen"),
    [
        (Effect.RELEASES, BEFORE, Status.OPEN, Status.CLOSED, ["FIRST_RELEASE", "RELEASED"]),
        (Effect.RELEASES, BEHIND, Status.OPEN, Status.OPEN, []),
        (Effect.MAY_RELEASE, BEFORE, Status.OPEN, Status.CLOSED, ["FIRST_RELEASE", "RELEASED"]),
        (Effect.MAY_RELEASE, BEFORE, Status.MANAGED, Status.MANAGED, ["USED connection"]),
        (Effect.RELEASES, BEFORE, Status.MANAGED, Status.CLOSED, ["FIRST_RELEASE", "RELEASED_MANAGED"]),
        (Effect.KEEPS, BEFORE, Status.OPEN, Status.OPEN, []),
        (Effect.KEEPS, BEHIND, Status.OPEN, Status.OPEN, ["USED connection", "ESCAPE_SITE", "USED_LIVE"]),
        (Effect.BORROWS, BEHIND, Status.OPEN, Status.OPEN, ["USED connection", "USED_LIVE"]),
        (Effect.BORROWS, BEHIND, Status.CLOSED, Status.CLOSED, ["USED connection", "PASSED_GONE"]),
    ],
)
def test_a_function_of_the_file_does_what_its_summary_says(
    effect: Effect, before: bool, status: Status, left: Status, seen: list[str]
) -> None:
    passed = PassArgument(SITE, A, 0, runs=True, before=before)  # type: ignore[arg-type]
    done = step(passed, state(status, V.RESOURCE), callees=Callees(effect))
    assert after(done).status is left
    assert events(done.observations) == seen
    assert bool(after(done).sites) is ("ESCAPE_SITE" in seen)


@pytest.mark.parametrize(("runs", "before"), [(True, BEFORE), (False, BEFORE), (True, BEHIND)])
def test_a_function_that_cannot_take_none_raises_where_it_gets_none(runs: bool, before: bool) -> None:
    raised = frozenset({ExceptionSet("TypeError"), ExceptionSet("AttributeError")})
    passed = PassArgument(SITE, A, 0, runs, before)  # type: ignore[arg-type]
    done = step(passed, state(Status.ABSENT, V.NONE), callees=Callees(raised=raised))
    if runs and before:
        assert [one.slots[IN_FLIGHT] for _, one, _ in done.outcomes] == sorted(raised)
        assert ways(done) == [(HANDLER, Departure.RAISES)] * 2
    else:
        assert ways(done) == [(NEXT, None)]
    assert ways(step(passed, state(Status.ABSENT, V.NONE))) == [(NEXT, None)]


def test_the_previous_resource_is_released_or_kept_by_a_function() -> None:
    held = state(Status.OPEN, V.PREVIOUS_RESOURCE, V.RESOURCE)
    for effect, before, seen in (
        (Effect.RELEASES, BEFORE, ["RELEASED"]),
        (Effect.KEEPS, BEHIND, ["USED connection", "HANDED_OFF"]),
    ):
        passed = PassArgument(SITE, A, 0, runs=True, before=before)  # type: ignore[arg-type]
        done = step(passed, held, callees=Callees(effect))
        assert events(done.observations) == seen
        assert after(done).slots[A] is V.UNKNOWN
