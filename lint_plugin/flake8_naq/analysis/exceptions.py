"""Which handler takes which exception. Knows Python's own exception tree, nothing else."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from flake8_naq.analysis.program import ANY, CANCELLED

_CANCELLED_NAMES = frozenset(
    {
        CANCELLED,
        "asyncio.exceptions.CancelledError",
        "CancelledError",
        "anyio.get_cancelled_exc_class",
        "trio.Cancelled",
    }
)
_ALIASES = {
    "asyncio.TimeoutError": "TimeoutError",
    "asyncio.exceptions.TimeoutError": "TimeoutError",
    "socket.timeout": "TimeoutError",
    "socket.error": "OSError",
    "IOError": "OSError",
    "EnvironmentError": "OSError",
    "builtins.Exception": "Exception",
    "builtins.BaseException": "BaseException",
}


# Python raises them between any two instructions; a handler says that somebody counts on that.
_ANYWHERE = (KeyboardInterrupt, SystemExit)


class Match(Enum):
    """Whether a handler takes an exception."""

    YES = 1
    NO = 2
    MAYBE = 3


_BUT = " but not "
_OR_NARROWER = " or narrower"
_TOLD_APART = 3  # of the exceptions that one handler takes


def match(raised: str, types: tuple[str | None, ...]) -> Match:
    """Whether a handler of *types* (None: an expression nobody can name) takes the exception *raised*."""
    raised, *passed = raised.split(_BUT)
    answers = {Match.NO if _is_one_of(name, passed) else _match_one(raised, name) for name in types}
    if Match.YES in answers:
        return Match.YES
    return Match.MAYBE if Match.MAYBE in answers else Match.NO


def passed_by(raised: str, types: tuple[str | None, ...]) -> str:
    """The exception *raised* once a handler of *types*, which might have taken it, has not."""
    before = raised.split(_BUT)[1:]
    return _BUT.join([raised, *(name for name in types if name is not None and name not in before)])


def taken_by(raised: str, types: tuple[str | None, ...]) -> tuple[str, ...]:
    """What the exception *raised* may be once a handler of *types*, which might not have taken it, has."""
    known = [name for name in types if name is not None and match(raised, (name,)) is not Match.NO]
    if None in types or not 0 < len(known) <= _TOLD_APART:
        return (raised,)
    return tuple(raised if name in _CANCELLED_NAMES else name + _OR_NARROWER for name in known)


def _is_one_of(name: str | None, passed: Sequence[str]) -> bool:
    """Whether a handler of *name* takes nothing but what handlers of *passed* would have taken."""
    if name is None or not passed:
        return False
    handler = _builtin(_ALIASES.get(name, name))
    others = [_builtin(_ALIASES.get(other, other)) for other in passed]
    return name in passed or (handler is not None and any(other and issubclass(handler, other) for other in others))


def _match_one(raised: str, name: str | None) -> Match:
    if name is None:
        return Match.NO if raised == CANCELLED else Match.MAYBE
    name = _ALIASES.get(name, name)
    raised, narrower, _ = raised.partition(_OR_NARROWER)
    raised = _ALIASES.get(raised, raised)
    if narrower and raised != name and _could_be(raised, name):
        return Match.MAYBE
    if name == "BaseException" or name == raised:
        return Match.YES
    if name in _CANCELLED_NAMES:
        return Match.YES if raised == CANCELLED else Match.NO
    if raised == CANCELLED:
        return Match.NO
    return _match_classes(raised, _builtin(raised), _builtin(name))


def _could_be(raised: str, name: str) -> bool:
    """Whether a *raised* that may be a subclass could be a *name*, though not every *raised* is."""
    wider, handler = _builtin(raised), _builtin(name)
    if wider is None or handler is None:
        return name not in ("Exception", "BaseException") and name not in _CANCELLED_NAMES
    return issubclass(handler, wider)


def _match_classes(
    raised: str, raised_class: type[BaseException] | None, handler_class: type[BaseException] | None
) -> Match:
    if raised == ANY:
        if handler_class is None or handler_class in _ANYWHERE:
            return Match.MAYBE
        return Match.MAYBE if issubclass(handler_class, Exception) else Match.NO
    if raised_class is None:
        if handler_class is Exception:
            return Match.YES
        return Match.MAYBE if handler_class is None or issubclass(handler_class, Exception) else Match.NO
    if handler_class is None:
        return Match.NO
    return Match.YES if issubclass(raised_class, handler_class) else Match.NO


@lru_cache
def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
