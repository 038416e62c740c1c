"""What a slot can hold, apart from the resource itself: the values that the builder writes and the analysis reads.

A slot is a cell of the abstract state: a local name, a temporary value, or a helper of the builder such as the pending
completion of a `finally`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple, NewType

from flake8_naq.prescan.exceptions import ExceptionSet

Slot = NewType("Slot", int)
Label = NewType("Label", int)

NO_SLOT: Final = Slot(-1)
IN_FLIGHT: Final = Slot(0)  # the exception that is on its way to a handler
NORMAL_EXIT: Final = Label(0)  # the function returned
EXCEPTIONAL_EXIT: Final = Label(1)  # an exception left the function


class Value(IntEnum):
    """What is known of a value that is neither a view nor a parameter."""

    UNBOUND = 0
    NONE = 1
    TRUE = 2
    FALSE = 3
    UNKNOWN = 4
    NOT_NONE = 5
    TRUTHY = 6
    FALSY = 7
    RESOURCE = 8
    PREVIOUS_RESOURCE = 9  # of the same origin, still open when the next resource was made
    OTHER_RESOURCE = 10  # the resource of another origin


# For the analysis, which compares with them at each step: Python 3.11 takes ten times as long for `Value.NONE`.
(
    UNBOUND, NONE, TRUE, FALSE, UNKNOWN, NOT_NONE, TRUTHY, FALSY, RESOURCE, PREVIOUS_RESOURCE, OTHER_RESOURCE
) = Value  # fmt: skip


class View(NamedTuple):
    """A view of the resource, of a kind of the catalogue: JetStream, a bucket, a subscription."""

    kind: str


class Parameter(NamedTuple):
    """The unknown value of a parameter; two slots with the same `Parameter` hold the same object."""

    name: str
    is_parameter: bool = True  # keeps it unequal to a `View` of the same text


class Goto(NamedTuple):
    """The completion of a `finally` that goes on at `target`."""

    target: Label


class Reraise(NamedTuple):
    """The completion of a `finally` that raises again the exception by which it was entered."""

    exception: ExceptionSet


SlotValue = Value | View | Parameter | Goto | Reraise | ExceptionSet | None
