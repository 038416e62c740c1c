"""How values are shown on the pages."""

from datetime import UTC, datetime

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def moment(at: float | None) -> str:
    """Return a time (seconds since 1970) in UTC, such as `2030-01-31 12:00:00Z`; empty for none."""
    if not at:
        return ""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        # Anyone who may write to the stream chooses this number.
        return "at an impossible time"


def span(seconds: float) -> str:
    """Return a length of time in its largest unit, such as `3 min`."""
    for length, unit in UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def ago(at: float | None, now: float) -> str:
    """Return how long before `now` a time was, or in how long it will be; empty for none."""
    if not at:
        return ""
    return f"in {span(at - now)}" if at > now + 1 else f"{span(now - at)} ago"


def number(value: int | None) -> str:
    """Return a number with separators, a dash if it is not known."""
    return "–" if value is None else f"{value:,}"


def size(count: int) -> str:
    """Return a number of bytes with a unit."""
    for unit, length in (("MB", 1_000_000), ("kB", 1000)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count} B"
