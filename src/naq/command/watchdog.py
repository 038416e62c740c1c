"""Ending a signalled process in time, also if a job blocks the event loop or the server stalls."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import Any, Final

logger = logging.getLogger(__name__)

# Seconds for closing connections after the work has ended.
CLOSING: Final = 5.0
EXIT_CODE: Final = 1


class Watchdog:
    """Ends the process `seconds` after the first SIGTERM or SIGINT, `at_once` seconds after the second.

    Jobs that still run then are lost with the process; the server gives them to another worker, as after a crash.
    """

    def __init__(self, seconds: float, at_once: float) -> None:
        self._limits = (seconds + CLOSING, at_once + CLOSING)
        self._deadline = float("inf")
        self._signals = 0

    def watch(self) -> None:
        """Handle signals. Call it in the main thread, after the event loop has set its handlers."""
        for number in (signal.SIGTERM, signal.SIGINT):
            # The event loop is still woken by its file descriptor. This handler runs even if a job blocks the loop.
            signal.signal(number, self._on_signal)
            signal.siginterrupt(number, False)

    def _on_signal(self, number: int, frame: Any) -> None:
        self._signals += 1
        if self._signals > 2:
            return
        self._deadline = min(self._deadline, time.monotonic() + self._limits[self._signals - 1])
        if self._signals == 1:
            threading.Thread(target=self._wait, name="naq watchdog", daemon=True).start()

    def _wait(self) -> None:
        while (left := self._deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
        logger.error("the worker did not end in time; its jobs will be delivered again")
        sys.stderr.flush()
        os._exit(EXIT_CODE)
