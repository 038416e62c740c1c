"""Sets of exceptions as values: a class, perhaps with its subclasses, without those that handlers have taken already.

Knows Python's own exception tree and nothing of instructions. `dataflow` asks which handler takes what.
"""

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
