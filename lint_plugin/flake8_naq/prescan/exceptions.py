"""Sets of exceptions, and which handler takes them. Knows the classes of Python; of other libraries, only names."""

from __future__ import annotations

import builtins
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple


class ExceptionSet(NamedTuple):
    """The exceptions that may be on their way: of the class `name`, which is canonical.

    `narrower`: a subclass of it, too, though not every one. `excluded`: classes whose handlers let it pass.
    """

    name: str
    narrower: bool = False
    excluded: tuple[str, ...] = ()


ANY: Final = ExceptionSet("Exception")
CANCELLED: Final = ExceptionSet("asyncio.CancelledError")
TIMED_OUT: Final = ExceptionSet("TimeoutError")
ATTRIBUTE_ERROR: Final = ExceptionSet("AttributeError")
UNBOUND_LOCAL: Final = ExceptionSet("UnboundLocalError")
GENERATOR_EXIT: Final = ExceptionSet("GeneratorExit")
Types = tuple[str | None, ...]
_CANCELLED_NAMES: Final = frozenset(
    {
        CANCELLED.name,
        "asyncio.exceptions.CancelledError",
        "CancelledError",
        "anyio.get_cancelled_exc_class",
        "trio.Cancelled",
    }
)
_ALIASES: Final = {
    "asyncio.TimeoutError": "TimeoutError",
    "asyncio.exceptions.TimeoutError": "TimeoutError",
    "socket.timeout": "TimeoutError",
    "socket.error": "OSError",
    "IOError": "OSError",
    "EnvironmentError": "OSError",
    "builtins.Exception": "Exception",
    "builtins.BaseException": "BaseException",
}
# Python raises these between any two instructions; a handler for them shows that the author counts on that.
_ANYWHERE: Final = (KeyboardInterrupt, SystemExit)
_MAX_CAUGHT = 3  # classes that one handler takes and that are followed apart


class Match(Enum):
    """Whether a handler takes an exception."""

    YES = 1
    NO = 2
    MAYBE = 3


@lru_cache(4096)
def match(raised: ExceptionSet, types: Types) -> Match:
    """Return whether a handler of `types` takes the exceptions `raised`; None is a class whose name is not known."""
    found = {Match.NO if _is_excluded(raised, name) else _match_class(raised, name) for name in types}
    if Match.YES in found:
        return Match.YES
    return Match.MAYBE if Match.MAYBE in found else Match.NO


def are_of_cleanup(types: Types) -> bool:
    """Return whether the classes are what closing something raises: errors of the system, or of a database."""
    named = (_ALIASES.get(name, name) for name in types if name is not None)
    return any(name == "OSError" or name.endswith(".Error") for name in named)


def passed_by(raised: ExceptionSet, types: Types) -> ExceptionSet:
    """Return what `raised` is once a handler of `types`, which might have taken it, has not."""
    more = tuple(name for name in types if name is not None and name not in raised.excluded)
    return raised._replace(excluded=raised.excluded + more)


def caught_by(raised: ExceptionSet, types: Types) -> tuple[ExceptionSet, ...]:
    """Return what `raised` may be once a handler of `types`, which might not have taken it, has."""
    known = [name for name in types if name is not None and match(raised, (name,)) is not Match.NO]
    if None in types or not 0 < len(known) <= _MAX_CAUGHT:
        return (raised,)
    return tuple(raised if name in _CANCELLED_NAMES else ExceptionSet(name, narrower=True) for name in known)


def _is_excluded(raised: ExceptionSet, name: str | None) -> bool:
    """Return whether a handler of `name` takes only what earlier handlers would have taken."""
    if name is None or not raised.excluded:
        return False
    return name in raised.excluded or any(_is_subclass(name, other) for other in raised.excluded)


def _match_class(raised: ExceptionSet, name: str | None) -> Match:
    cancelled = raised.name == CANCELLED.name
    if name is None:
        return Match.NO if cancelled else Match.MAYBE
    handled, thrown = _ALIASES.get(name, name), _ALIASES.get(raised.name, raised.name)
    if raised.narrower and thrown != handled and _could_be(thrown, handled):
        return Match.MAYBE
    if handled in ("BaseException", thrown):
        return Match.YES
    if cancelled or handled in _CANCELLED_NAMES:
        return Match.YES if cancelled and handled in _CANCELLED_NAMES else Match.NO
    return _match_known(thrown, handled)


def _could_be(thrown: str, handled: str) -> bool:
    """Return whether a subclass of `thrown` can be a `handled`, although not every `thrown` is."""
    if _builtin(thrown) is None or _builtin(handled) is None:
        return handled not in ("Exception", "BaseException") and handled not in _CANCELLED_NAMES
    return _is_subclass(handled, thrown)


def _match_known(thrown: str, handled: str) -> Match:
    """Match a class that is raised with that of a handler, by what Python says of both."""
    handler = _builtin(handled)
    if thrown == ANY.name:
        may_be = handler is None or handler in _ANYWHERE or issubclass(handler, Exception)
        return Match.MAYBE if may_be else Match.NO
    if _builtin(thrown) is None:
        if handler is Exception:
            return Match.YES
        return Match.MAYBE if handler is None or issubclass(handler, Exception) else Match.NO
    return Match.YES if _is_subclass(thrown, handled) else Match.NO


def _is_subclass(name: str, of: str) -> bool:
    """Return whether both are classes of Python itself, and the first derives from the second."""
    derived, base = _builtin(name), _builtin(of)
    return derived is not None and base is not None and issubclass(derived, base)


@lru_cache(1024)
def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, _ALIASES.get(name, name), None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
