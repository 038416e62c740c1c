"""The instructions of a control-flow graph: one small frozen class for each, with named fields.

An instruction does at most one thing to a resource. Its exceptional edge carries the state from before it, unless its
transfer function says otherwise (a release has released even where it raises). Where control goes on is the graph's.
A new kind of instruction is a class here, a call of the builder, and a transfer function.
Named tuples, because each run makes the classes again and dataclasses take three times as long to make.
"""

from __future__ import annotations

import ast
from enum import Enum
from typing import NamedTuple

from flake8_naq.catalogue.model import Manager, Resource
from flake8_naq.cfg.values import NO_SLOT, Label, Slot, SlotValue
from flake8_naq.prescan.callees import Factory
from flake8_naq.prescan.exceptions import ExceptionSet


class Origin(NamedTuple):
    """A call that makes a resource in this function, or the parameter that brings one (`call` is then None)."""

    number: int
    call: ast.Call | None
    resource: Resource
    opened: bool
    manager: Manager | None = None
    name: str | None = None
    guarded: bool = False  # inside a `try` with handlers
    loops: int = 0  # how many loops stand around it
    factory: Factory | None = None
    owned: bool = False  # an attribute or a global holds it, which other code may read
    lasting: bool = False  # that attribute is another method's to close, behind any end of the function


class Escape(Enum):
    """How a value leaves the function's hands."""

    RETURNED = "return"
    STORED = "stored"
    CONTAINED = "container"
    MANAGED = "managed"  # an exit stack or callback closes it
    ENTERED = "entered"  # by an exit stack, which ends it as its own block does
    PASSED = "passed"  # to a callable that may keep it: handed off, unless this function goes on and releases it
    LENT = "lent"  # to a callable that uses it for the time of the call only
    CAPTURED = "captured"  # by a nested function that is returned
    MENTIONED = "mentioned"  # by a nested function that is stored


class Need(Enum):
    """What a use asks of the value."""

    NAMED = "named"  # it only occurs: its value must be bound
    ATTRIBUTE = "attribute"  # an attribute of it is looked up
    RELEASE_ATTRIBUTE = "release attribute"  # the attribute is a release method: the use asks nothing of the resource
    OPEN = "open"  # it has to be open


class Truth(Enum):
    """A question about a slot's own value."""

    TRUE = "true"
    NONE = "none"
    BOUND = "bound"


class SameAs(NamedTuple):
    """`x is y`: whether two slots hold the same object; NO_SLOT for an attribute: `x is module.attribute`."""

    other: Slot


class AttributeTest(NamedTuple):
    """`nc.is_connected`, `nc.is_closed()`, or `process.poll() is not None`."""

    attribute: str


Question = Truth | SameAs | AttributeTest


_LOOKUPS = (ast.Attribute, ast.Subscript, ast.For, ast.Assign, ast.AnnAssign)


class Opaque(NamedTuple):
    """Something that concerns no resource. `last_line`: of several such lines that are one instruction."""

    node: ast.AST
    last_line: int | None = None

    @property
    def looks_up(self) -> bool:
        """Whether it raises only if an attribute or item is missing, or a value cannot be unpacked."""
        return isinstance(self.node, _LOOKUPS)


class Bind(NamedTuple):
    """A slot gets a value that is known; UNBOUND where what it holds is not used further."""

    node: ast.AST
    slot: Slot
    value: SlotValue


class Copy(NamedTuple):
    """A slot gets what another slot holds; `moves`: the source is unbound then."""

    node: ast.AST
    slot: Slot
    source: Slot
    moves: bool


class Acquire(NamedTuple):
    """The origin makes its resource, into the slot."""

    node: ast.Call
    origin: int
    slot: Slot


class MethodCall(NamedTuple):
    """A method of what the slot holds is called. `used`: the value is used, which is a coroutine if not `awaited`."""

    node: ast.Call
    slot: Slot
    method: str
    result: Slot  # NO_SLOT where the result is thrown away
    awaited: bool
    used: bool


class Release(NamedTuple):
    """What the slot holds is released by a function, by a comprehension, or by the end of its `with` (`managed`).

    `by` names the functions that do it, empty where any resource is released; `method` is what `closing` calls.
    `origins`: the one resource of the process is released, whichever of these has made it, and whatever holds it.
    """

    node: ast.AST
    slot: Slot
    managed: bool
    by: frozenset[str] = frozenset()
    method: str | None = None
    origins: tuple[int, ...] = ()


class Use(NamedTuple):
    """What the slot holds is used in a way that neither releases it nor hands it off."""

    node: ast.AST
    slot: Slot
    need: Need


class MakeView(NamedTuple):
    """A view of what `source` holds goes into the slot."""

    node: ast.AST
    slot: Slot
    source: Slot
    kind: str


class HandOff(NamedTuple):
    """What the slot holds leaves the function's hands."""

    node: ast.AST
    slot: Slot
    escape: Escape


class PassArgument(NamedTuple):
    """What the slot holds is an argument of a function of the same file; its summary says what becomes of it.

    Occurs in the graph twice: `before` the call (one that releases has released even if it then raises), and behind it.
    `runs`: the call runs now, and does not only make a coroutine.
    """

    node: ast.Call
    slot: Slot
    parameter: int | str
    runs: bool
    before: bool


class Test(NamedTuple):
    """Goes on straight if the answer is yes, and at `no` otherwise; `negated` swaps the answers."""

    node: ast.AST
    slot: Slot
    question: Question
    negated: bool
    no: Label


class Fork(NamedTuple):
    """Goes on straight or at `other`; which of both is not known."""

    node: ast.AST
    other: Label


class Handler(NamedTuple):
    """A clause of a `try`: the canonical classes that it takes, None for an expression that has no name."""

    types: tuple[str | None, ...]
    entry: Label
    slot: Slot  # keeps the exception for a bare `raise`, NO_SLOT where nothing asks for it
    group: bool  # `except*`: the rest of the group goes on


class Dispatch(NamedTuple):
    """Gives the exception in flight to the handlers of a `try`."""

    node: ast.AST
    handlers: tuple[Handler, ...]


class EnterFinally(NamedTuple):
    """Notes in `slot` how to go on behind the `finally`; `completion` None: the exception in flight goes on."""

    node: ast.AST | None
    slot: Slot
    completion: Label | None


class EndFinally(NamedTuple):
    """Goes on as the completion in `slot` says."""

    node: ast.AST
    slot: Slot


class Raise(NamedTuple):
    """Raises the exception, or again what `handled` keeps."""

    node: ast.AST
    exception: ExceptionSet
    handled: Slot = NO_SLOT


class Yield(NamedTuple):
    """A generator gives control away; `resumed`: its decorator always resumes it."""

    node: ast.AST
    resumed: bool


class FailExpectation(NamedTuple):
    """The body of `with raises(...)` came to its end, and so the test failed."""

    node: ast.AST


class EnterManaged(NamedTuple):
    """A `with` owns what the slot holds from here on; `method`: what it calls at its end, None for `__exit__`."""

    node: ast.AST
    slot: Slot
    method: str | None = None


class Jump(NamedTuple):
    """Does nothing. `node` is the `return`, `break` or `continue` that it stands for, None for an exit of the graph."""

    node: ast.AST | None


Instruction = (
    Opaque
    | Bind
    | Copy
    | Acquire
    | MethodCall
    | Release
    | Use
    | MakeView
    | HandOff
    | PassArgument
    | Test
    | Fork
    | Dispatch
    | EnterFinally
    | EndFinally
    | Raise
    | Yield
    | FailExpectation
    | EnterManaged
    | Jump
)
