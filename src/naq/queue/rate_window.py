"""Counting starts per time. Pure: the time is that of the server, which the caller passes.

The time is cut into parts, twenty of them for the period of a rate. A start is permitted when the present part and the
twenty before it have fewer starts than the rate allows: so no period, wherever it begins, has more.
"""

from typing import Final

import msgspec

from naq.option_values import Rate

PARTS: Final = 20


class Window(msgspec.Struct, frozen=True):
    """The starts of the parts that end with the part number `latest`, the oldest first.

    `seconds` is the period for which the parts were made, `limit` the number of starts that was permitted in it.
    """

    seconds: float
    limit: int
    latest: int
    starts: list[int]


def counted(window: Window | None, rate: Rate, now: float) -> Window:
    """Return the window that ends with the present part; a missing window, or one of another period, is empty.

    If the window ends later than now, the server's clock was set back: what was counted counts as of now.
    """
    part = int(now // (rate.seconds / PARTS))
    starts = [0] * (PARTS + 1)
    if window is not None and window.seconds == rate.seconds:
        passed = max(0, part - window.latest)
        kept = [*window.starts, *[0] * min(passed, PARTS + 1)][-(PARTS + 1) :]
        starts[PARTS + 1 - len(kept) :] = kept
    return Window(rate.seconds, rate.starts, part, starts)


def with_start(window: Window) -> Window:
    """Return the window with one more start in its last part."""
    return msgspec.structs.replace(window, starts=[*window.starts[:-1], window.starts[-1] + 1])


def delay_until_free(window: Window, rate: Rate, now: float) -> float:
    """Return the seconds until a start is permitted, 0 if one is permitted now."""
    over = sum(window.starts) - rate.starts + 1
    if over <= 0:
        return 0.0
    part = rate.seconds / PARTS
    for passed, starts in enumerate(window.starts, start=1):
        over -= starts
        if over <= 0:
            return max(0.0, (window.latest + passed) * part - now)
    return rate.seconds
