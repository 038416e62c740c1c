"""The value of an expression: of no interest, a constant, held in a slot, or an action that is still pending.

A call of something asynchronous does nothing until it is awaited, entered, or passed on; its operand says what will
happen then.
"""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Manager, Resource, View
from flake8_naq.cfg.values import Slot, Value
from flake8_naq.prescan.callees import Factory


class Other(NamedTuple):
    """A value that concerns no resource."""


OTHER: Final = Other()


class Constant(NamedTuple):
    """A value that is known."""

    value: Value


class Held(NamedTuple):
    """The value that a slot holds: of a name, or a temporary value."""

    slot: Slot
    temporary: bool = False
    made: tuple[int, ...] = ()  # the origins that may have made it


class BoundMethod(NamedTuple):
    """An attribute of what a slot holds."""

    slot: Slot
    attribute: str
    temporary: bool = False


class Several(NamedTuple):
    """A tuple; `more`: it may have other items behind these, which concern no resource."""

    items: tuple[Operand, ...]
    more: bool = False


class Closure(NamedTuple):
    """A nested function that captures what the slots hold."""

    slots: tuple[Slot, ...]


class Closing(NamedTuple):
    """`closing(x)`: entering it owns what the slot holds, and its end calls `method`."""

    slot: Slot
    method: str
    temporary: bool


class ManagerCall(NamedTuple):
    """A call of a manager of the catalogue that is not entered yet."""

    call: ast.Call
    manager: Manager
    source: Operand  # what a manager that borrows is given


class PendingAcquire(NamedTuple):
    """A call that makes a resource where it is awaited or entered, or (`plain`) already as it is called.

    `enters`: entering the call opens the resource; `scheduled`: a task runs it.
    """

    call: ast.Call
    resource: Resource
    factory: Factory | None = None
    scheduled: bool = False
    plain: bool = False
    enters: bool = False


class PendingView(NamedTuple):
    """A coroutine that makes a view of `source`."""

    call: ast.Call
    view: View
    source: Operand


class PendingRelease(NamedTuple):
    """A call that releases its arguments; `by` names the functions or methods that do, which may be `coroutine`s."""

    call: ast.Call
    by: frozenset[str]
    coroutine: bool
    arguments: tuple[Operand, ...]


class PendingMethod(NamedTuple):
    """A call of a method of what the slot holds."""

    call: ast.Call
    slot: Slot
    method: str
    temporary: bool
    scheduled: bool = False


Pending = PendingAcquire | PendingView | PendingRelease | PendingMethod
PENDING: Final = (PendingAcquire, PendingView, PendingRelease, PendingMethod)  # the same for `isinstance`
Settled = Other | Constant | Held | BoundMethod | Several | Closure | Closing | ManagerCall
Operand = Settled | Pending
