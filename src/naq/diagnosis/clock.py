"""Checks of clocks against the server's: that of this machine, and those of workers."""

from __future__ import annotations

import time
from typing import Final

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection.subjects import server_time
from naq.diagnosis.check import Check, Level
from naq.queue.stored_messages import nanoseconds
from naq.queue.streams import names

CLOCK: Final = "clock"
# Seconds by which a clock may differ: above the first, ages are shown wrongly; above the second, jobs that a program
# schedules with it come clearly too early or too late.
UNCLEAR: Final = 2.0
WRONG: Final = 10.0


async def clock(js: JetStreamContext, config: Config) -> list[Check]:
    """Return the check of this machine's clock. Raises nats-py's errors."""
    before = time.time()
    try:
        at = await server_time(js, names(config).jobs)
    except NotFoundError:
        at = None
    if at is None:
        return [Check(CLOCK, "ok", "not compared: the server has no stream of jobs yet, which tells its time")]
    after = time.time()
    return [compared("this machine", (before + after) / 2 - nanoseconds(at) / 1e9, (after - before) / 2)]


def compared(owner: str, ahead: float, unsure: float) -> Check:
    """Return the check of a clock that is `ahead` seconds of the server's, give or take `unsure` seconds."""
    difference = max(0.0, abs(ahead) - unsure)
    if difference < UNCLEAR:
        return Check(CLOCK, "ok", f"{owner} and the server agree")
    level: Level = "error" if difference >= WRONG else "warning"
    text = f"the clock of {owner} is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    remedy = "set both clocks by NTP: jobs for a later time come when the server's clock says so"
    return Check(CLOCK, level, text, remedy)
