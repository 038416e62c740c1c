"""The small program that a function is lowered to: instructions, operands, and what each origin is.

One instruction does at most one thing to a resource. Exceptions leave an instruction for its `handler`, carrying the
state from before it. Knows nothing of how a program is made or explored.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from flake8_naq.catalogue.model import Manager, Resource
from flake8_naq.syntax.names import FunctionNode


class Op(IntEnum):
    """What an instruction does; the meaning of `a`, `b`, `c` is given for each."""

    OPAQUE = 0  # nothing that concerns a resource; may raise; b: last of several lines, c: a loop or branch that waits
    BIND = 1  # a: slot, b: value or ("slot", source) to copy or ("move", source)
    ORIGIN = 2  # a: origin, b: slot
    METHOD = 3  # a: slot, b: method, c: (slot of the value or -1, awaited, used)
    RELEASE = 5  # a: slot, b: managed
    USE = 6  # a: slot, b: whether it needs the resource open, c: of an attribute: whether it asks for something
    VIEW = 7  # a: slot of the view, b: source slot, c: kind
    HAND_OFF = 8  # a: slot, b: how, c: site number of a weak one, or -1
    TEST = 9  # a: slot, b: what is asked, next: yes, c: target of no
    FORK = 10  # next, and c: another target
    TURN = 4  # of a loop whose turns are counted: a: their slot, b: how many there are, next: another turn, c: the end
    # a: a try's handlers: (types, entry, slot or -1, group), b: the range of slots that end with its body
    DISPATCH = 11
    # a: slot of the completion, b: the completion or None for the exception in flight, c: as b of DISPATCH
    ENTER_FINALLY = 12
    END_FINALLY = 13  # a: slot of the completion
    RAISE = 14  # a: exception, or ("slot", n) to raise again
    YIELD = 15  # a generator gives control away
    AWAIT = 16  # a: slot that may hold a coroutine of origin b, c: slot of the value
    # a: slot, b: (position or keyword, whether the call runs now), c: site number, or -1 before the call
    PASS = 22  # to a function of the same file
    FAIL = 23  # the body of `with raises(...)` came to its end, and so the test failed
    DROP = 17  # a: slot of a value that nothing names
    ENTER = 18  # a: slot of a resource that a `with` owns from here on
    JUMP = 19  # nothing
    EXIT = 20  # the function returned
    UNWIND = 21  # an exception left the function


class Value(IntEnum):
    """What a slot holds, where it is not the resource or a view of it."""

    UNBOUND = 0
    NONE = 1
    TRUE = 2
    FALSE = 3
    UNKNOWN = 4
    NOT_NONE = 5
    TRUTHY = 6
    FALSY = 7
    RESOURCE = 8
    COROUTINE = 9
    FORMER = 10  # an earlier resource of the same origin, still open when the next was made
    MADE = 11  # the resource of another origin


@dataclass(slots=True, eq=False, repr=False)
class Instruction:
    """One step. `next` is the following instruction's index, `handler` where an exception goes."""

    op: Op
    node: Any
    handler: int
    next: int = -1
    raises: str = ""
    cancels: bool = False
    a: Any = None
    b: Any = None
    c: Any = None

    @property
    def line(self) -> int:
        return getattr(self.node, "lineno", 0)


class Maker(NamedTuple):
    """A function of the same file whose call makes a resource: *call* is an acquisition in it, by *way* in the end."""

    function: FunctionNode
    resource: Resource
    call: ast.Call
    way: str
    may_be_none: bool


@dataclass(slots=True, eq=False, repr=False)
class Origin:
    """A call that makes a resource in this function, or the parameter that brings one (`call` is then None)."""

    number: int
    call: ast.Call | None
    resource: Resource
    opened: bool
    manager: Manager | None = None
    name: str | None = None
    reached_by: list[ast.Call] = field(default_factory=list)
    guarded: bool = False
    loops: int = 0
    maker: Maker | None = None


@dataclass(slots=True, eq=False, repr=False)
class Program:
    """A lowered function."""

    instructions: list[Instruction]
    origins: list[Origin]
    initial: tuple[Any, ...]
    captured: frozenset[int]
    mentioned: frozenset[int]
    resumed: bool
    entry: int
    slots: dict[str, int]
    cleanup: set[int]
    effect: Callable[[ast.Call, int | str], str]  # of the call's function on the argument
    fails_with_none: Callable[[ast.Call, int | str], frozenset[str]]  # what that function raises where it gets None
    told: int = -1  # the slot of what is returned, where that is asked for
    unawaited: list[Unawaited] = field(default_factory=list)
    unentered: list[tuple[ast.Call, Manager]] = field(default_factory=list)


class Unawaited(NamedTuple):
    """A coroutine that nobody awaits, or a plain call that somebody does."""

    node: ast.Call
    what: str
    subject: str


TURNS = ("first turn", "second turn")  # what the slot of a loop holds whose turns are counted: loops of more are not
SYMBOL = "?"  # what a parameter brings: "?name"; two slots with the same symbol hold the same
EXIT = 0
UNWIND = 1
ANY = "Exception"
CANCELLED = "asyncio.CancelledError"
TIMED_OUT = "TimeoutError"
_LOOKUPS = (ast.Attribute, ast.Subscript, ast.For, ast.Assign)


def is_lookup(instruction: Instruction) -> bool:
    """Whether it raises only if an attribute or item is missing, or a value cannot be taken apart: few expect that."""
    return instruction.op is Op.OPAQUE and isinstance(instruction.node, _LOOKUPS)
