"""The control-flow graph of one function: program points, the edges between them, and what each slot begins with."""

from __future__ import annotations

import ast
from typing import NamedTuple

from flake8_naq.catalogue.model import Manager
from flake8_naq.cfg.instructions import Instruction, Opaque, Origin
from flake8_naq.cfg.values import Slot, SlotValue


class Point(NamedTuple):
    """One instruction in the graph, and where control goes on.

    `next` is the program point behind it, -1 where control does not go straight on; `handler` the point that takes its
    exceptions. `raises` and `cancels` say which exceptional edges it has whatever the state; a state can make an
    instruction raise that has neither (an attribute of None).
    """

    instruction: Instruction
    next: int
    handler: int
    raises: bool
    cancels: bool

    @property
    def line(self) -> int:
        """The line of the instruction, 0 for an exit."""
        return getattr(getattr(self.instruction, "node", None), "lineno", 0)

    @property
    def looks_up(self) -> bool:
        """Whether it raises only where an attribute or item is missing, which few authors expect."""
        return isinstance(self.instruction, Opaque) and self.instruction.looks_up


class Unawaited(NamedTuple):
    """A coroutine that is not awaited, or a plain call that is awaited."""

    node: ast.Call
    what: str
    subject: str


class Graph(NamedTuple):
    """The control-flow graph of a function or of a module's own statements. Points 0 and 1 are its two exits."""

    points: tuple[Point, ...]
    entry: int
    labels: tuple[int, ...]  # the program point of each label
    origins: tuple[Origin, ...]
    initial: tuple[SlotValue, ...]  # what each slot holds at the entry
    slots: dict[str, Slot]  # by the name that it belongs to
    captured: frozenset[Slot]  # nested functions release, rebind or hand on what these hold
    mentioned: frozenset[Slot]  # nested functions mention them
    cleanup: frozenset[int]  # program points inside a handler or `finally`
    returned: Slot  # what the function returns, NO_SLOT unless that is asked for
    unawaited: tuple[Unawaited, ...] = ()
    unentered: tuple[tuple[ast.Call, Manager], ...] = ()
