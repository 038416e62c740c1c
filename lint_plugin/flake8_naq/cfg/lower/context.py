"""Where in the function the builder is: an immutable value that is passed down, and changed by making another."""

from __future__ import annotations

import ast
from typing import NamedTuple

from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, NO_SLOT, Label, Slot


class Finally(NamedTuple):
    """A `finally` that encloses the place: its body's label, and the slot of its pending completion."""

    slot: Slot
    entry: Label


class Loop(NamedTuple):
    """The innermost loop: where `continue` and `break` lead, and how many `finally` enclose the loop itself."""

    header: Label
    end: Label
    finallys: int


class Context(NamedTuple):
    """What encloses the statement or expression that is being lowered."""

    handler: Label = EXCEPTIONAL_EXIT
    finallys: tuple[Finally, ...] = ()
    loop: Loop | None = None
    loops: int = 0
    handled: Slot = NO_SLOT  # keeps the exception of the innermost `except` clause
    handled_names: frozenset[str] = frozenset()  # of the exceptions of all `except` clauses around
    guarded: bool = False  # inside a `try` with handlers
    expecting: bool = False  # inside `with raises(...)`
    cleanup: bool = False  # inside a handler or `finally`
    detached: bool = False  # an argument of a call that only schedules it
    returned: Slot = NO_SLOT  # keeps what the function returns
    returned_item: int | None = None  # or this item of it
    awaited: ast.AST | None = None  # the call that is the operand of the `await`; the last field, as it changes most

    def in_try(self, handler: Label, expecting: bool = False) -> Context:
        """Return the context of the body of a `try` with handlers, or of a `with` that takes exceptions."""
        return self._replace(handler=handler, guarded=True, expecting=self.expecting or expecting)

    def awaiting(self, node: ast.AST) -> Context:
        """Return the context of the operand `node` of an `await`."""
        return Context(*self[:-1], node) if isinstance(node, ast.Call) else self
