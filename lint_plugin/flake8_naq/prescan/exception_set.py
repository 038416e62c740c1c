"""The exceptions that may be on their way from a statement or a call to a handler."""

from __future__ import annotations

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
