"""Transfer functions of uses."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.cfg.instructions import Dispatch, Handler, Jump, MakeView, MethodCall, Need, Release, Use
from flake8_naq.cfg.values import NO_SLOT, Label, SlotValue, Value, View
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.problem import expects_failure
from flake8_naq.dataflow.state import Status
from flake8_naq.dataflow.transfer import transfer
from lint.dataflow.problems import (
    CALL,
    FILE,
    HANDLER,
    NEXT,
    NODE,
    SITE,
    A,
    B,
    after,
    events,
    graph,
    origin,
    problem,
    state,
    step,
    ways,
)

V = Value


def call(
    method: str, *, awaited: bool = True, used: bool = True, text: str = "nc.m()", keeps: bool = True
) -> MethodCall:
    node = ast.parse(text, mode="eval").body
    return MethodCall(node, A, method, B if keeps else NO_SLOT, awaited, used)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("need", "status", "seen"),
    [
        (Need.NAMED, Status.OPEN, ["USED connection"]),
        (Need.ATTRIBUTE, Status.OPEN, ["USED connection"]),
        (Need.RELEASE_ATTRIBUTE, Status.OPEN, []),
        (Need.OPEN, Status.OPEN, ["USED connection", "USED_LIVE"]),
        (Need.OPEN, Status.CLOSED, ["USED connection", "USED_GONE"]),
    ],
)
def test_a_use_asks_something_of_the_value(need: Need, status: Status, seen: list[str]) -> None:
    assert events(step(Use(NODE, A, need), state(status, V.RESOURCE)).observations) == seen
    assert events(step(Use(NODE, A, need), state(status, V.UNKNOWN)).observations) == []


@pytest.mark.parametrize("need", list(Need))
def test_an_attribute_of_none_raises(need: Need) -> None:
    done = step(Use(NODE, A, need), state(Status.ABSENT, V.NONE))
    attribute = need in (Need.ATTRIBUTE, Need.RELEASE_ATTRIBUTE)
    assert ways(done) == ([(HANDLER, Departure.RAISES)] if attribute else [(NEXT, None)])


def test_a_view_is_made_of_the_resource_or_of_a_view() -> None:
    done = step(MakeView(CALL, B, A, "jetstream"), state(Status.CLOSED, V.RESOURCE), raises=True)
    assert after(done).slots[B] == View("jetstream")
    assert after(done, HANDLER).slots[B] is V.UNBOUND
    assert events(done.observations) == ["VIEWED connection:jetstream", "USED_GONE"]
    of_view = step(MakeView(CALL, B, A, "key-value"), state(Status.OPEN, View("jetstream")))
    assert events(of_view.observations) == ["VIEWED jetstream:key-value", "USED_LIVE"]
    unknown = step(MakeView(CALL, B, A, "jetstream"), state(Status.OPEN, V.UNKNOWN))
    assert (after(unknown).slots[B], unknown.observations) == (V.UNKNOWN, ())


@pytest.mark.parametrize(
    ("managed", "held", "status", "left", "seen"),
    [
        (True, V.RESOURCE, Status.MANAGED, Status.CLOSED, ["OUTLIVES_BLOCK stored", "MANAGED"]),
        (True, V.RESOURCE, Status.OPEN, Status.CLOSED, ["MANAGED"]),
        (True, V.RESOURCE, Status.CLOSED, Status.CLOSED, []),
        (False, V.RESOURCE, Status.OPEN, Status.CLOSED, ["FIRST_RELEASE", "RELEASED", "RETURNED_SITE"]),
        (False, V.UNKNOWN, Status.OPEN, Status.OPEN, []),
        (False, V.PREVIOUS_RESOURCE, Status.OPEN, Status.OPEN, ["RELEASED"]),
    ],
)
def test_a_function_or_the_end_of_a_with_releases(
    managed: bool, held: Value, status: Status, left: Status, seen: list[str]
) -> None:
    done = step(Release(NODE, A, managed), state(status, held, sites=[SITE]), raises=True)
    assert events(done.observations) == seen
    assert {one.status for _, one, _ in done.outcomes} == {left}


@pytest.mark.parametrize(
    ("status", "left", "seen"),
    [
        (Status.OPEN, Status.CLOSED, ["FIRST_RELEASE", "RELEASED"]),
        (Status.HANDED_OFF, Status.CLOSED, ["FIRST_RELEASE", "RELEASED"]),
        (Status.DISCONNECTED, Status.CLOSED, ["FIRST_RELEASE", "RELEASED"]),
        (Status.MANAGED, Status.CLOSED, ["FIRST_RELEASE", "RELEASED_MANAGED"]),
        (Status.CLOSED, Status.CLOSED, ["SECOND_RELEASE"]),
        (Status.DRAINED, Status.CLOSED, []),  # close() may follow drain()
        (Status.FRESH, Status.FRESH, []),
    ],
)
def test_a_release_method_releases_even_if_it_raises(status: Status, left: Status, seen: list[str]) -> None:
    done = step(call("close"), state(status, V.RESOURCE), raises=True)
    assert ways(done) == [(HANDLER, Departure.RAISES), (NEXT, None)]
    assert {one.status for _, one, _ in done.outcomes} == {left}
    assert events(done.observations) == seen


def test_a_drain_is_not_the_end() -> None:
    assert after(step(call("drain"), state(Status.OPEN, V.RESOURCE))).status is Status.DRAINED
    again = step(call("drain"), state(Status.CLOSED, V.RESOURCE))
    assert events(again.observations) == ["SECOND_RELEASE"]
    managed = step(call("drain"), state(Status.MANAGED, V.RESOURCE))
    assert events(managed.observations) == ["FIRST_RELEASE"]


def test_a_release_with_other_arguments_is_not_the_release() -> None:
    done = step(call("drain", text="nc.drain(sid)"), state(Status.OPEN, V.RESOURCE))
    assert after(done).status is Status.OPEN


@pytest.mark.parametrize("method", ["close", "connect"])
def test_a_coroutine_that_nothing_awaits_does_nothing(method: str) -> None:
    status = Status.OPEN if method == "close" else Status.FRESH
    done = step(call(method, awaited=False, used=False), state(status, V.RESOURCE))
    assert after(done).status is status
    assert events(done.observations) == ["UNAWAITED"]
    plain = step(call("close", awaited=False, used=False), state(Status.OPEN, V.RESOURCE), origin(FILE))
    assert after(plain).status is Status.CLOSED


@pytest.mark.parametrize(
    ("status", "captured", "left", "seen"),
    [
        (Status.FRESH, [], Status.OPEN, ["ACQUIRED"]),
        (Status.CLOSED, [], Status.OPEN, ["ACQUIRED"]),
        (Status.OPEN, [], Status.OPEN, ["ACQUIRED"]),
        (Status.FRESH, [A], Status.HANDED_OFF, ["ACQUIRED", "HANDED_OFF"]),
        (Status.HANDED_OFF, [], Status.HANDED_OFF, ["ACQUIRED", "HANDED_OFF"]),
    ],
)
def test_a_method_opens_what_was_constructed(
    status: Status, captured: list[object], left: Status, seen: list[str]
) -> None:
    connect = call("connect")
    done = step(connect, state(status, V.RESOURCE), captured=captured, raises=True)
    assert (after(done).status, after(done, HANDLER).status) == (left, status)
    assert events(done.observations) == seen
    assert (after(done).acquisition is connect.node) is (status in (Status.FRESH, Status.CLOSED))


def test_a_method_of_none_or_of_nothing_raises() -> None:
    assert ways(step(call("close"), state(Status.ABSENT, V.NONE))) == [(HANDLER, Departure.RAISES)]
    release = call("close")
    unbound = step(release, state(Status.ABSENT, V.UNBOUND))
    assert ways(unbound) == [(HANDLER, Departure.RAISES)]
    assert unbound.observations == (Observation(Event.UNBOUND_RELEASE, release.node),)
    assert step(release, state(Status.CLOSED, V.UNBOUND)).observations == ()


def test_a_cleanup_that_takes_the_error_expects_an_unbound_name() -> None:
    dispatch = Dispatch(NODE, (Handler(("UnboundLocalError",), Label(2), NO_SLOT, False),))
    for cleanup, seen in (([HANDLER], []), ([], ["UNBOUND_RELEASE"])):
        of = problem(graph(call("close"), Jump(None), dispatch, cleanup=cleanup))
        assert events(transfer(of, 2, state(Status.ABSENT, V.UNBOUND)).observations) == seen


@pytest.mark.parametrize(
    ("method", "held", "result", "seen"),
    [
        ("publish", V.RESOURCE, V.UNKNOWN, ["METHOD_CALLED connection", "USED connection", "USED_LIVE"]),
        ("is_closed", V.RESOURCE, V.UNKNOWN, ["METHOD_CALLED connection"]),
        (
            "jetstream",
            V.RESOURCE,
            View("jetstream"),
            ["METHOD_CALLED connection", "VIEWED connection:jetstream", "USED_LIVE"],
        ),
        ("get", View("jetstream"), V.UNKNOWN, ["METHOD_CALLED jetstream", "USED jetstream", "USED_LIVE"]),
        ("get", View("unknown"), V.UNKNOWN, ["USED unknown", "USED_LIVE"]),
        ("get", V.UNKNOWN, V.UNKNOWN, []),
    ],
)
def test_a_method_uses_what_has_it(method: str, held: SlotValue, result: SlotValue, seen: list[str]) -> None:
    awaited = method in ("publish", "get")
    done = step(call(method, awaited=awaited), state(Status.OPEN, held), raises=True)
    assert after(done).slots[B] == result
    assert after(done, HANDLER).slots[B] is V.UNBOUND
    assert events(done.observations) == seen


def test_a_view_that_is_asked_for_and_thrown_away_is_a_question() -> None:
    done = step(call("jetstream", awaited=False, keeps=False), state(Status.OPEN, V.RESOURCE))
    assert "USED question" in events(done.observations)


def test_awaiting_a_plain_method_is_observed() -> None:
    assert "AWAITED_PLAIN" in events(step(call("jetstream"), state(Status.OPEN, V.RESOURCE)).observations)
    assert "AWAITED_PLAIN" not in events(step(call("publish"), state(Status.OPEN, V.RESOURCE)).observations)


def test_the_previous_resource_is_released_by_its_method() -> None:
    done = step(call("close"), state(Status.OPEN, V.PREVIOUS_RESOURCE, V.RESOURCE), raises=True)
    assert {one.slots[A] for _, one, _ in done.outcomes} == {V.UNKNOWN}
    assert events(done.observations) == ["RELEASED"]


@pytest.mark.parametrize(
    ("types", "expected"),
    [(("ConnectionError",), True), (("Exception",), False), (("BaseException",), False), ((None,), True)],
)
def test_a_specific_handler_expects_a_use_to_fail(types: tuple[str | None, ...], expected: bool) -> None:
    dispatch = Dispatch(NODE, (Handler(types, Label(2), NO_SLOT, False),))
    made = graph(call("publish"), Jump(None), dispatch)
    assert expects_failure(made, HANDLER) is expected
    seen = events(transfer(problem(made), 2, state(Status.CLOSED, V.RESOURCE)).observations)
    assert ("USED_GONE" in seen) is not expected
