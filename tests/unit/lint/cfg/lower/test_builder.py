"""Labels, edges, reserved points, and which points are merged."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.cfg import instructions as ins
from flake8_naq.cfg.graph import Graph
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.uses import acquire
from flake8_naq.cfg.values import NO_SLOT, NORMAL_EXIT, Label, Parameter, Slot, Value
from flake8_naq.prescan.known_function import KnownFunction
from lint.cfg.graphs import Module

HERE = Context()
NAME, CALL = ast.Name("x", lineno=7), ast.Call(ast.Name("f"), [], [], lineno=8)


def _builder(source: str = "async def f(a): pass") -> Builder:
    module = Module(source)
    return Builder(
        KnownFunction(module.node, module.scope, module.names, module.catalogue, module.prescan(), module.callees)
    )


def _graph(b: Builder) -> Graph:
    return b.graph(NORMAL_EXIT, NO_SLOT)


def _next(b: Builder) -> list[int]:
    return [point.next for point in _graph(b).points[2:]]


def test_a_name_with_a_slot_may_hold_a_resource() -> None:
    slots = _builder("def f(a):\n    a = open(a)\n    b = 1").slots
    expressions = [ast.parse(text, mode="eval").body for text in ("a", "b", "a.b", "1")]
    assert [slots.holds(one) for one in expressions] == [True, False, False, False]


def test_control_falls_through_unless_it_is_cut() -> None:
    b = _builder()
    b.emit(ins.Jump(NAME), HERE)
    b.emit(ins.Jump(NAME), HERE)
    b.cut()
    b.emit(ins.Jump(NAME), HERE)
    assert _next(b) == [3, -1, -1]


def test_forward_and_backward_labels() -> None:
    b = _builder()
    back, forward = b.new_label(), b.new_label()
    b.place(back)
    b.emit(ins.Fork(NAME, forward), HERE)
    b.emit(ins.Jump(NAME), HERE)
    b.go(back)
    b.place(forward)
    b.emit(ins.Jump(NAME), HERE)
    b.go(NORMAL_EXIT)
    assert _next(b) == [3, 2, 0]
    assert _graph(b).labels[forward] == 4


def test_a_label_that_is_placed_where_control_goes_on_elsewhere_leads_there() -> None:
    b = _builder()
    first, second, third = b.new_label(), b.new_label(), b.new_label()
    b.place(first)
    b.go(second)
    b.place(second)
    b.go(third)
    b.emit(ins.Jump(NAME), HERE)
    b.place(third)
    b.emit(ins.Jump(NAME), HERE)
    assert [_graph(b).labels[label] for label in (first, second, third)] == [3, 3, 3]


def test_a_label_that_is_never_placed_leads_nowhere() -> None:
    b = _builder()
    b.emit(ins.Fork(NAME, b.new_label()), HERE)
    assert _graph(b).labels[-1] == -1


def test_points_out_of_line_are_not_fallen_into() -> None:
    b = _builder()
    b.emit(ins.Jump(NAME), HERE)
    place = b.reserve()
    label = b.new_label()
    b.append(label, ins.Jump(CALL), HERE, NORMAL_EXIT)
    b.emit(ins.Jump(NAME), HERE)
    b.fill(place, ins.Jump(CALL), HERE._replace(handler=Label(0)), label)
    assert _next(b) == [5, 4, 0, -1]
    assert (_graph(b).labels[place], _graph(b).points[3].handler) == (3, 0)


def test_point() -> None:
    b = _builder()
    b.emit(ins.Yield(NAME, resumed=False), HERE._replace(handler=NORMAL_EXIT), raises=True, cancels=True)
    point = _graph(b).points[2]
    assert (point.line, point.handler, point.raises, point.cancels) == (7, 0, True, True)


def test_only_an_asynchronous_function_is_cancelled() -> None:
    b = _builder("def f(a): pass")
    b.emit(ins.Yield(NAME, resumed=False), HERE, cancels=True)
    b.opaque(NAME, HERE, raises=False, cancels=True)
    assert [point.cancels for point in _graph(b).points[2:]] == [False]


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [
        ((True, False), (True, False), 1),
        ((True, True), (True, False), 1),
        ((True, True), (False, True), 1),
        ((True, False), (True, True), 2),
        ((False, True), (True, False), 2),
        ((True, False), (False, False), 1),
        ((False, False), (False, False), 0),
    ],
)
def test_merged(first: tuple[bool, bool], second: tuple[bool, bool], points: int) -> None:
    b = _builder()
    b.opaque(NAME, HERE, *first)
    b.opaque(CALL, HERE, *second)
    assert len(_graph(b).points) == 2 + points


def test_a_merged_point_knows_its_last_line_and_is_named_by_what_raises() -> None:
    b = _builder()
    b.opaque(ast.Attribute(NAME, "y", lineno=1), HERE)
    b.opaque(NAME, HERE)
    b.opaque(CALL, HERE)
    assert [point.instruction for point in _graph(b).points[2:]] == [ins.Opaque(NAME, 8)]


def test_not_merged() -> None:
    b = _builder()
    b.opaque(NAME, HERE)
    b.place(b.new_label())
    b.opaque(NAME, HERE)
    b.opaque(NAME, HERE._replace(handler=NORMAL_EXIT))
    b.emit(ins.Opaque(NAME), HERE)
    b.opaque(NAME, HERE)
    b.reserve()
    b.opaque(NAME, HERE)
    assert len(_graph(b).points) == 2 + 7


def test_a_dropped_result_is_not_kept() -> None:
    b = _builder()
    slot = b.slots.temporary()
    b.emit(ins.MethodCall(CALL, Slot(1), "read", slot, awaited=False, used=True), HERE)
    b.drop(slot, CALL, HERE)
    (point,) = _graph(b).points[2:]
    assert isinstance(point.instruction, ins.MethodCall)
    assert point.instruction.result == NO_SLOT
    assert b.slots.temporary() == slot


def test_a_drop_is_a_point_where_control_may_come_from_elsewhere_and_none_where_an_exception_is_expected() -> None:
    b = _builder()
    slot = b.slots.temporary()
    b.emit(ins.MethodCall(CALL, Slot(1), "read", slot, awaited=False, used=True), HERE)
    b.place(b.new_label())
    b.drop(slot, CALL, HERE._replace(expecting=True))
    b.drop(slot, CALL, HERE)
    assert [type(point.instruction) for point in _graph(b).points[2:]] == [ins.MethodCall, ins.Bind]


def test_origins_keep_their_first_name_and_context() -> None:
    b = _builder()
    resource = b.function.catalogue.resources[0]
    (number,) = acquire(b, CALL, resource, HERE._replace(guarded=True, loops=2)).made
    b.name_origin(number, "first")
    b.name_origin(number, "second")
    (origin,) = _graph(b).origins
    assert (origin.number, origin.name, origin.guarded, origin.loops) == (0, "first", True, 2)


def test_cleanup() -> None:
    b = _builder()
    inside = HERE._replace(cleanup=True)
    b.emit(ins.Jump(NAME), HERE)
    b.emit(ins.Jump(NAME), inside)
    b.emit(ins.Jump(NAME), HERE)
    b.append(b.new_label(), ins.Jump(NAME), inside, NORMAL_EXIT)
    assert _graph(b).cleanup == {3, 5}


def test_slots() -> None:
    slots = _builder(
        "def f(p, own):\n    file = own or open(p)\n    if own: pass\n    if x: pass\n    if x: pass\n    if y.z: pass\n    if y.z: pass\n"
    ).slots
    held = {name: slots.initial[slot] for name, slot in slots.by_name.items()}
    assert held == {"file": Value.UNBOUND, "own": Parameter("own"), "x": Value.UNKNOWN}
    assert list(slots.facts) == ["y.z Is None"]
    assert slots.initial[0] is None
    temporary = slots.temporary()
    assert slots.new() == temporary + 1
    slots.free(temporary)
    assert slots.temporary() == temporary
