"""Transfer functions: what each instruction does to a state. They are pure; the worklist records what they observe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar, cast

from flake8_naq.cfg import instructions as ins
from flake8_naq.cfg.graph import Point
from flake8_naq.dataflow.problem import Problem, Step
from flake8_naq.dataflow.state import State
from flake8_naq.dataflow.transfer import control, ownership, slots, uses

Transfer = Callable[[ins.Instruction, Point, Problem, State], Step]
Known_contra = TypeVar("Known_contra", bound=ins.Instruction, contravariant=True)
One = TypeVar("One", bound=ins.Instruction)


class _Table(Generic[Known_contra]):
    """The transfer functions of the classes of instructions that the type parameter lists."""

    def __init__(self) -> None:
        self.functions: dict[type[object], Transfer] = {}

    def add(
        self, kind: type[One], function: Callable[[One, Point, Problem, State], Step]
    ) -> _Table[Known_contra | One]:
        """Add the transfer function of a class of instructions, and return the table that knows that class, too."""
        self.functions[kind] = cast(Transfer, function)
        return cast("_Table[Known_contra | One]", self)


# A class of instructions that is left out here is a type error.
_TABLE: Final[_Table[ins.Instruction]] = (
    _Table()
    .add(ins.Opaque, control.opaque)
    .add(ins.Jump, control.jump)
    .add(ins.Fork, control.fork)
    .add(ins.Raise, control.raise_)
    .add(ins.Yield, control.yield_)
    .add(ins.FailExpectation, control.fail_expectation)
    .add(ins.Dispatch, control.dispatch)
    .add(ins.EnterFinally, control.enter_finally)
    .add(ins.EndFinally, control.end_finally)
    .add(ins.Bind, slots.bind)
    .add(ins.Copy, slots.copy)
    .add(ins.Test, slots.test)
    .add(ins.MethodCall, uses.method_call)
    .add(ins.Use, uses.use)
    .add(ins.MakeView, uses.make_view)
    .add(ins.Release, uses.release)
    .add(ins.Acquire, ownership.acquire)
    .add(ins.EnterManaged, ownership.enter_managed)
    .add(ins.HandOff, ownership.hand_off)
    .add(ins.PassArgument, ownership.pass_argument)
)
_FUNCTIONS: Final = _TABLE.functions


def transfer(problem: Problem, index: int, state: State) -> Step:
    """Return what the instruction at the program point `index` does to a state."""
    point = problem.function.graph.points[index]
    return _FUNCTIONS[type(point.instruction)](point.instruction, point, problem, state)
