"""What the exploration knows at one place: the state of the resource and of the slots, and what was seen on the way."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flake8_naq.analysis.program import SYMBOL, Origin, Value

# LOST: a test has said that it is not connected; nobody need release it, and anybody may.
ABSENT, FRESH, OPEN, DRAINED, CLOSED, HANDED, MANAGED, LOST = range(8)
GONE = (DRAINED, CLOSED)
LIVE = (OPEN, HANDED, MANAGED)


class State(NamedTuple):
    """*status* of the resource, the *call* that opened it, weak hand-offs since (*sites*), and what the slots hold."""

    status: int
    call: int
    sites: frozenset[int]
    slots: tuple[Any, ...]

    def with_slots(self, slots: tuple[Any, ...]) -> State:
        """As `_replace`, in half its time: nothing is done more often."""
        return State(self.status, self.call, self.sites, slots)


Successor = tuple[int, State]


class Leak(NamedTuple):
    """A way out on which the resource is still open."""

    line: int
    how: str
    exceptional: bool
    sites: frozenset[int]
    call: int
    lookup: bool = False  # by a missing attribute or item only


@dataclass(slots=True, eq=False, repr=False)
class Trace:
    """What the exploration of one origin saw; the raw material of the verdict."""

    origin: Origin
    acquired: list[ast.Call] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    released: set[ast.AST] = field(default_factory=set)
    managed: bool = False
    handed: bool = False
    sites: set[int] = field(default_factory=set)
    borrowed: set[int] = field(default_factory=set)
    yields_open: bool = False
    failed: set[int] = field(default_factory=set)
    seen_closed: bool = False
    unbound: set[ast.AST] = field(default_factory=set)
    closed_uses: dict[ast.AST, bool] = field(default_factory=dict)
    second_releases: dict[ast.AST, bool] = field(default_factory=dict)
    releases_managed: set[ast.AST] = field(default_factory=set)
    escapes: dict[ast.AST, str] = field(default_factory=dict)
    uses: dict[str, set[ast.AST]] = field(default_factory=dict)
    views: dict[str, set[ast.AST]] = field(default_factory=dict)
    kinds: dict[ast.AST, str] = field(default_factory=dict)
    unawaited: dict[ast.AST, str] = field(default_factory=dict)
    awaited_plain: dict[ast.AST, str] = field(default_factory=dict)
    returned: set[tuple[int, Any, bool]] = field(default_factory=set)  # status, what, whether others have it
    stored: set[ast.AST] = field(default_factory=set)
    arranged: bool = False  # somebody has been told to close it
    anew: bool = False
    worked: bool = False
    entered: bool = False
    complete: bool = True
    precise: bool = True

    def use(self, kind: str, node: ast.AST) -> None:
        self.uses.setdefault(kind, set()).add(node)


def is_view(value: Any) -> bool:
    return type(value) is str and value.startswith("v:")


def is_symbol(value: Any) -> bool:
    return type(value) is str and value.startswith(SYMBOL)


_SINGLETONS = (Value.NONE, Value.TRUE, Value.FALSE, Value.RESOURCE)


def is_same(one: Any, other: Any) -> bool | None:
    """Whether two slots hold the same object; None where that is not known."""
    if one == other and (is_symbol(one) or one in _SINGLETONS):
        return True
    if Value.RESOURCE in (one, other) or (one in _SINGLETONS and other in _SINGLETONS):
        return False
    known = {one, other} & {Value.NONE}
    return False if known and {one, other} & {Value.NOT_NONE, Value.TRUTHY, Value.MADE} else None


def former_gone(state: State) -> State:
    return state.with_slots(tuple(Value.UNKNOWN if value is Value.FORMER else value for value in state.slots))


def forgotten(value: Any) -> Any:
    flag = type(value) is Value and value not in (Value.RESOURCE, Value.FORMER, Value.UNBOUND)
    return Value.UNKNOWN if flag or is_symbol(value) else value


_TRUE = {Value.TRUE: True, Value.TRUTHY: True, Value.FALSE: False, Value.FALSY: False, Value.NONE: False}
_BOTH = {
    "true": {Value.UNKNOWN: (Value.TRUTHY, Value.FALSY), Value.NOT_NONE: (Value.TRUTHY, Value.FALSE)},
    "none": {Value.UNKNOWN: (Value.NONE, Value.NOT_NONE), Value.FALSY: (Value.NONE, Value.FALSE)},
    "is true": {
        Value.UNKNOWN: (Value.TRUE, Value.UNKNOWN),
        Value.NOT_NONE: (Value.TRUE, Value.NOT_NONE),
        Value.TRUTHY: (Value.TRUE, Value.TRUTHY),
    },
    "is false": {
        Value.UNKNOWN: (Value.FALSE, Value.UNKNOWN),
        Value.NOT_NONE: (Value.FALSE, Value.NOT_NONE),
        Value.FALSY: (Value.FALSE, Value.FALSY),
    },
}


def answers(held: Any, question: str) -> tuple[Any, Any]:
    """What the slot holds where the answer is yes, and where it is no; None where that cannot be."""
    if question == "bound":
        return (None, held) if held is Value.UNBOUND else (held, None)
    if question.startswith("not "):
        no, yes = answers(held, question[4:])
        return yes, no
    both = _BOTH[question].get(held) if type(held) is Value else None
    if both is not None:
        return both
    if question == "true":
        return (held, None) if _TRUE.get(held, True) else (None, held)
    if question == "none":
        return (held, None) if held is Value.NONE else (None, held)
    wanted = Value.TRUE if question == "is true" else Value.FALSE
    return (held, None) if held is wanted else (None, held)
