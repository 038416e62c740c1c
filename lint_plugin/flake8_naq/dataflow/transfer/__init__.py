"""Transfer functions: what each instruction does to a state. They are pure; the worklist records what they observe.

A class of instructions that has no transfer function is a type error here or in the module of its group.
"""

from __future__ import annotations

from flake8_naq.cfg.instructions import (
    Bind,
    Copy,
    Dispatch,
    Drop,
    EndFinally,
    EnterFinally,
    Exit,
    FailExpectation,
    Fork,
    Instruction,
    Jump,
    MakeView,
    MethodCall,
    Opaque,
    Raise,
    Release,
    Test,
    Use,
    Yield,
)
from flake8_naq.dataflow.problem import Problem, Step, Transfer
from flake8_naq.dataflow.state import State
from flake8_naq.dataflow.transfer.control import cleanup_function, control_function
from flake8_naq.dataflow.transfer.ownership import ownership_function
from flake8_naq.dataflow.transfer.slots import slot_function
from flake8_naq.dataflow.transfer.uses import use_function

_functions: dict[type[Instruction], Transfer] = {}


def transfer(problem: Problem, index: int, state: State) -> Step:
    """Return what the instruction at the program point `index` does to a state."""
    point = problem.function.graph.points[index]
    instruction = point.instruction
    function = _functions.get(type(instruction))
    if function is None:
        function = _functions[type(instruction)] = _function_for(instruction)
    return function(instruction, point, problem, state)


def _function_for(instruction: Instruction) -> Transfer:
    if isinstance(instruction, (Opaque, Jump, Fork, Raise, Yield, FailExpectation, Exit)):
        return control_function(instruction)
    if isinstance(instruction, (Bind, Copy, Drop, Test)):
        return slot_function(instruction)
    if isinstance(instruction, (Dispatch, EnterFinally, EndFinally)):
        return cleanup_function(instruction)
    if isinstance(instruction, (MethodCall, Use, MakeView, Release)):
        return use_function(instruction)
    return ownership_function(instruction)
