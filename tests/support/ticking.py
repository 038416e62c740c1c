"""An event loop that cancels a task at a given turn."""

from __future__ import annotations

import asyncio
from typing import Any


class TickingLoop(asyncio.SelectorEventLoop):
    """Counts its turns, and cancels `victim` after the turn with number `cancel_at`."""

    victim: asyncio.Task[Any] | None = None
    cancel_at = -1
    turns = 0

    def watch(self, victim: asyncio.Task[Any], cancel_at: int) -> None:
        """Count from here."""
        self.victim, self.cancel_at, self.turns = victim, cancel_at, 0

    def _run_once(self) -> None:
        super()._run_once()  # type: ignore[misc]
        if self.victim is not None:
            if self.turns == self.cancel_at:
                self.victim.cancel()
            self.turns += 1
