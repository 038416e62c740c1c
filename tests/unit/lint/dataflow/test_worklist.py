"""The worklist: what is reached, where states join, and where an analysis is cut off."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.cfg.instructions import Acquire, Bind, Fork, Instruction, Jump, MethodCall, Opaque, Truth
from flake8_naq.cfg.instructions import Test as Branch
from flake8_naq.cfg.values import NORMAL_EXIT, Label, Value, View
from flake8_naq.dataflow import worklist
from flake8_naq.dataflow.state import FLAG_STATES, NO_SITES, VIEW_STATES, State, Status
from flake8_naq.dataflow.verdict import Outcome
from flake8_naq.dataflow.worklist import Place, solve
from lint.dataflow.problems import CALL, NODE, A, B, graph, module, problem, state

ABSENT = State(Status.ABSENT, None, NO_SITES, (None, Value.UNBOUND, Value.UNBOUND))


def test_each_pair_of_point_and_state_is_done_once() -> None:
    diamond = graph(Fork(NODE, Label(2)), Jump(None), Jump(None), Jump(None))
    found = solve(problem(diamond), (2, ABSENT))
    assert sorted(point for point, _ in found.arrivals) == [2, 3, 4, 5]
    assert found.arrivals[5, ABSENT] == ((2, ABSENT), None)
    assert (found.steps, len(found.endings)) == (4, 1)
    assert (found.complete, found.joined, found.returns) == (True, set(), True)


def test_observations_are_kept_once_and_in_order() -> None:
    twice = graph(Acquire(CALL, 0, A), Opaque(NODE), Opaque(NODE), raises=True)
    found = solve(problem(twice), (2, ABSENT))
    assert [one.event.name for one in found.observations] == ["ACQUIRED", "HAD_OTHER_WORK"]


def test_what_is_cut_off_is_not_complete() -> None:
    found = solve(problem(graph(*[Opaque(NODE)] * 4)), (2, ABSENT), max_steps=2)
    assert not found.complete
    assert found.steps == 3


def test_a_loss_is_recorded_where_it_happens() -> None:
    found = solve(problem(graph(Acquire(CALL, 0, A), Bind(NODE, A, Value.NONE))), (2, ABSENT))
    ((place, lost),) = found.losses
    assert (place[0], lost) == (3, Value.RESOURCE)


@pytest.mark.parametrize(
    ("states", "kept", "precise"),
    [(VIEW_STATES, VIEW_STATES, True), (VIEW_STATES + 5, VIEW_STATES + 1, True)],
)
def test_views_are_joined_where_many_states_meet(states: int, kept: int, precise: bool) -> None:
    found = worklist.Fixpoint(problem(graph()))
    made = worklist._Worklist(found)
    for number in range(states):
        made.arrive((2, state(Status.OPEN, View(f"kind {number}")), None), None)
    assert (len(found.arrivals), not found.joined) == (kept, precise)


def test_flags_are_joined_where_more_states_meet() -> None:
    found = worklist.Fixpoint(problem(graph()))
    made = worklist._Worklist(found)
    flags = [
        (None, first, second, third)
        for first in (Value.NONE, Value.TRUE, Value.FALSE, Value.TRUTHY, Value.FALSY)
        for second in (Value.NONE, Value.TRUE, Value.FALSE, Value.TRUTHY, Value.FALSY)
        for third in (Value.NONE, Value.TRUE, Value.FALSE, Value.TRUTHY, Value.FALSY)
    ]
    for slots in flags:
        made.arrive((2, State(Status.OPEN, CALL, NO_SITES, slots), None), None)
    assert len(found.arrivals) == FLAG_STATES + 1
    assert found.joined


def end(made: worklist._Worklist, status: Status, flag: Value, source: Place | None) -> None:
    made.arrive((NORMAL_EXIT, state(status, flag), None), source)


def test_ends_that_differ_in_flags_only_are_one() -> None:
    found = worklist.Fixpoint(problem(graph(Jump(None), Jump(None), cleanup=[3])))
    made = worklist._Worklist(found)
    plain, cleanup = (2, ABSENT), (3, ABSENT)
    found.arrivals |= {plain: (None, None), cleanup: (None, None)}
    for status, flag, source in (
        (Status.OPEN, Value.TRUE, plain),
        (Status.OPEN, Value.FALSE, plain),
        (Status.OPEN, Value.TRUE, cleanup),
        (Status.OPEN, Value.FALSE, cleanup),
        (Status.CLOSED, Value.TRUE, plain),
    ):
        end(made, status, flag, source)
    assert [(one.state.status, one.arrival[0]) for one in found.endings] == [
        (Status.OPEN, plain),
        (Status.OPEN, cleanup),
        (Status.CLOSED, plain),
    ]


def test_a_way_on_which_a_forgotten_flag_is_asked_is_not_certain() -> None:
    branch = Branch(NODE, A, Truth.TRUE, False, Label(2))
    found = worklist.Fixpoint(problem(graph(Jump(None), Jump(None), branch, Jump(None))))
    known, unknown = state(Status.OPEN, Value.TRUE), state(Status.OPEN, Value.UNKNOWN)
    for flag in (known, unknown):
        found.joined.add((2, flag))
        found.arrivals[2, flag] = (None, None)
        found.arrivals.update({(index, flag): ((index - 1, flag), None) for index in (3, 4, 5)})
    assert found.is_certain(((5, known), None))
    assert not found.is_certain(((5, unknown), None))
    assert found.is_certain(((3, unknown), None))
    found.joined.add((4, unknown))  # the point that asks is itself where the flag was forgotten
    found.arrivals[4, unknown] = (None, None)
    assert not found.is_certain(((5, unknown), None))


def test_an_absurd_function_is_cut_off_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import nats\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n"
    assert module(source).unfollowed == ""
    monkeypatch.setattr("flake8_naq.dataflow.verdict.MAX_STEPS", 4)
    facts = module(source)
    assert facts.unfollowed == "line 2: 'f' is too long to be checked in full"
    (function,) = facts.functions
    assert [one.outcome for one in function.verdicts] == [Outcome.FINE]


AWAIT = ast.parse("await work()", mode="eval").body


@pytest.mark.parametrize(
    ("instruction", "is_one"),
    [
        (Opaque(AWAIT), True),
        (Opaque(NODE), False),
        (Fork(AWAIT, Label(2)), False),
        (MethodCall(CALL, A, "publish", B, awaited=True, used=True), True),
    ],
)
def test_what_is_an_operation(instruction: Instruction, is_one: bool) -> None:
    made = problem(graph(instruction, raises=True, cancels=True))
    assert worklist.is_operation(made, (2, state(Status.OPEN))) is is_one
    quiet = problem(graph(instruction, raises=True))
    assert not worklist.is_operation(quiet, (2, state(Status.OPEN)))
