"""Handlers for SIGTERM and SIGINT while a worker runs; afterwards the program's own handlers are restored."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from typing import TypeAlias

logger = logging.getLogger(__name__)

HANDLED = (signal.SIGTERM, signal.SIGINT)

_Restore: TypeAlias = Callable[[], None]


@contextlib.contextmanager
def on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Have SIGTERM and SIGINT call `stop` on the event loop inside the block, if platform and thread allow it."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as restoring:
        for number in HANDLED:
            restore = _restore(loop, number)
            try:
                loop.add_signal_handler(number, stop)
            except (NotImplementedError, RuntimeError, ValueError):
                logger.debug("signal %s is not handled here", number.name)
                continue
            restoring.callback(restore)
        yield


def _restore(loop: asyncio.AbstractEventLoop, number: signal.Signals) -> _Restore:
    """Return a function that restores the present handlers of a signal: the process's and the event loop's."""
    before = signal.getsignal(number)
    # asyncio has no public way to read its handler, and forgets it when another is set.
    on_loop: asyncio.Handle | None = getattr(loop, "_signal_handlers", {}).get(number)

    def restore() -> None:
        loop.remove_signal_handler(number)
        if on_loop is not None:
            loop.add_signal_handler(number, on_loop._callback, *on_loop._args)  # type: ignore[attr-defined]
        elif before is not None:
            signal.signal(number, before)

    return restore
