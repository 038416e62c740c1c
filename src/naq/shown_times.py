"""Times and lengths of time as people read them, in the terminal and on pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))


def moment(at: float | None) -> str:
    """Return a time (seconds since 1970) in UTC, such as `2030-01-31 12:00:00Z`; empty for none."""
    if not at:
        return ""
    found = _date(at)
    return "at an impossible time" if found is None else f"{found.isoformat(sep=' ', timespec='seconds')}Z"


def span(seconds: float) -> str:
    """Return a length of time in its largest unit, such as `3 min`."""
    for length, unit in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def ago(at: float | None, now: float) -> str:
    """Return how long before `now` a time was, or in how long it will be; empty for none and for an impossible one."""
    if not at or _date(at) is None:
        return ""
    return f"in {span(at - now)}" if at > now + 1 else f"{span(now - at)} ago"


def moment_and_ago(at: float | None, now: float) -> str:
    """Return a time, and in brackets how long before `now` it was; empty for none."""
    distance = ago(at, now)
    return f"{moment(at)} ({distance})" if distance else moment(at)


def _date(at: float) -> datetime | None:
    """Return the date of a time, None for an impossible time: anyone who may write a record chooses it."""
    try:
        return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None
