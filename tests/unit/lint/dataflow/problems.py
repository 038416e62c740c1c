"""Small dataflow problems: one instruction in a graph, a state, and the functions of a small module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.catalogue.model import Kind, Method, Resource
from flake8_naq.cfg.graph import Graph, Point
from flake8_naq.cfg.instructions import Instruction, Jump, Origin
from flake8_naq.cfg.values import NO_SLOT, Slot, SlotValue, Value
from flake8_naq.dataflow.observations import AcquisitionSummary, Departure, Leak, Observation, by_event
from flake8_naq.dataflow.problem import Function, Problem, Step
from flake8_naq.dataflow.state import State, Status
from flake8_naq.dataflow.transfer import transfer
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.syntax.names import ModuleScopes, Names

NEXT, HANDLER, OTHER = 3, 4, 5  # the program points around the instruction, which is point 2
A, B = Slot(1), Slot(2)
CALL = ast.parse("nats.connect()", mode="eval").body
NODE = ast.parse("nc.close()", mode="eval").body
SITE = ast.parse("keep(nc)", mode="eval").body
CONNECTION = Resource(
    name="connection",
    acquire=frozenset({"nats.connect"}),
    release_methods=frozenset({"close", "drain"}),
    release_again=frozenset({"close"}),
    acquire_methods=frozenset({"connect"}),
    closed_tests=frozenset({"is_closed"}),
    open_tests=frozenset({"is_connected"}),
    manager="async with await nats.connect({args}) as {name}",
    acquired_by=frozenset({"await"}),
    awaited=frozenset({"close", "drain", "connect"}),
    kind="connection",
)
FILE = Resource("file", frozenset({"open"}), frozenset({"close"}), "with open({args}) as {name}")


def _method(asynchronous: bool, returns: str = "") -> Method:
    return Method(asynchronous, (), any_keyword=False, text_refused=frozenset(), returns=returns)


KINDS = {
    "connection": Kind(
        "connection",
        types=(),
        properties=frozenset({"is_closed"}),
        harmless=frozenset({"is_closed"}),
        methods={
            "publish": _method(True),
            "jetstream": _method(False, "jetstream"),
            "close": _method(True),
            "drain": _method(True),
        },
        instead={},
        keywords_instead={},
        pure_views=frozenset({"jetstream"}),
    ),
    "jetstream": Kind("jetstream", (), frozenset(), frozenset(), {"get": _method(True, "message")}, {}, {}),
    "message": Kind("message", (), frozenset(), frozenset(), {}, {}, {}, value=True),
}


NAMES = Names(ModuleScopes(ast.parse(""), lambda: "", walrus=False).root, frozenset())


class Callees:
    """What the functions of the file do with an argument, whichever it is."""

    def __init__(self, effect: Effect = Effect.KEEPS, raised: frozenset[ExceptionSet] = frozenset()) -> None:
        self._effect = effect
        self._raised = raised

    def effect(self, call: ast.Call, key: int | str, names: Names, resource: Resource | None = None) -> Effect:
        return self._effect

    def raises_on_none(self, call: ast.Call, key: int | str, names: Names) -> frozenset[ExceptionSet]:
        return self._raised


def origin(resource: Resource = CONNECTION, opened: bool = True, loops: int = 0, number: int = 0) -> Origin:
    return Origin(number, CALL, resource, opened, name="nc", loops=loops)


def graph(
    *instructions: Instruction,
    raises: bool = False,
    cancels: bool = False,
    initial: Sequence[SlotValue] = (None, Value.UNBOUND, Value.UNBOUND),
    captured: Sequence[Slot] = (),
    mentioned: Sequence[Slot] = (),
    cleanup: Sequence[int] = (),
) -> Graph:
    """Return a graph of the instructions from point 2 on; the first one leads to NEXT, HANDLER, or OTHER."""
    exits = [Point(Jump(None), -1, -1, False, False)] * 2
    around = [*instructions, *[Jump(None)] * (4 - len(instructions))]
    last = len(around) + 1
    points = [
        Point(one, number + 1 if number < last else 0, HANDLER if number < HANDLER else 1, raises, cancels)
        for number, one in enumerate(around, 2)
    ]
    return Graph(
        points=(*exits, *points),
        entry=2,
        labels=(0, 1, OTHER),
        origins=(origin(),),
        initial=tuple(initial),
        slots={"a": A, "b": B},
        captured=frozenset(captured),
        mentioned=frozenset(mentioned),
        cleanup=frozenset(cleanup),
        returned=NO_SLOT,
    )


def problem(made: Graph, of: Origin | None = None, callees: Callees | None = None) -> Problem:
    return Problem(Function(made, KINDS, callees or Callees(), NAMES), of or origin())


def state(status: Status, *slots: SlotValue, sites: Sequence[ast.AST] = (), **more: bool) -> State:
    """Return a state with these values in the slots A and B, and no exception in flight."""
    values = (*slots, Value.UNBOUND, Value.UNBOUND)[:2] if len(slots) < 3 else slots
    acquisition = CALL if status is not Status.ABSENT else None
    return State(status, acquisition, frozenset(sites), (None, *values), **more)


def step(
    instruction: Instruction,
    before: State,
    of: Origin | None = None,
    callees: Callees | None = None,
    **flags: object,
) -> Step:
    """Return what an instruction, at point 2, does to a state."""
    return transfer(problem(graph(instruction, **flags), of, callees), 2, before)  # type: ignore[arg-type]


def ways(done: Step) -> list[tuple[int, Departure | None]]:
    """Return where control goes, and how."""
    return [(target, departure) for target, _, departure in done.outcomes]


def after(done: Step, target: int = NEXT) -> State:
    """Return the only state that reaches a program point."""
    (found,) = [one for index, one, _ in done.outcomes if index == target]
    return found


def events(observations: Sequence[Observation]) -> list[str]:
    """Return what was observed, by name and detail."""
    return [one.event.name + (f" {one.detail}" if isinstance(one.detail, str) else "") for one in observations]


def summarised(
    of: Origin,
    observations: Iterable[Observation],
    leaks: Iterable[Leak] = (),
    *,
    complete: bool = True,
    precise: bool = True,
) -> AcquisitionSummary:
    """Return the summary of what was observed of an origin that returns nothing."""
    return AcquisitionSummary(of, tuple(leaks), frozenset(), complete, precise, by_event(observations))


def module(source: str) -> ModuleFacts:
    """Return the facts of a module."""
    return ModuleFacts(ast.parse(source), source.splitlines(keepends=True), load_catalogue(), lambda: ("", ""))


def function(source: str, name: str = "f") -> FunctionFacts:
    """Return the facts of the function `name` of a module."""
    (found,) = [one for one in module(source).functions if one.scope.qualname == name]
    return found


def summary(source: str, name: str = "f") -> AcquisitionSummary:
    """Return the summary of the only resource that a function acquires."""
    (found,) = function(source, name).summaries
    return found
