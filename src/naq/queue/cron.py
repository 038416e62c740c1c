"""The next time of a cron expression, read as the server does: six fields, seconds first; names, ranges, lists, steps.

A day must match the field for the day of the month and that for the day of the week; if both fields are restricted, it
must match one of them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORT: Final = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
# Days to search: 29 February falls on the same weekday after 28 years, or 40 years across most turns of a century.
_LONGEST: Final = 41 * 366


class _Fields(NamedTuple):
    seconds: list[int]
    minutes: list[int]
    hours: list[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    # Whether a day must match both day fields, as one of them is not restricted.
    both: bool

    def match(self, day: datetime) -> bool:
        """Return whether the expression includes a day."""
        if day.month not in self.months:
            return False
        matches = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return all(matches) if self.both else any(matches)


def next_run(expression: str, timezone: str | None, after: datetime) -> datetime | None:
    """Return the first time of an expression after `after`, in UTC; None when there is none or it cannot be parsed."""
    try:
        fields = _parse(expression)
        zone = ZoneInfo(timezone) if timezone else UTC
    except (ValueError, KeyError, ZoneInfoNotFoundError):
        return None
    local = after.astimezone(zone)
    for days in range(_LONGEST):
        day = (local + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if fields.match(day):
            for due in _times(day, fields):
                if due > after.astimezone(UTC):
                    return due
    return None


def _times(day: datetime, fields: _Fields) -> Iterator[datetime]:
    """Yield the times of a day in UTC, without those that do not exist because the clock is put forward."""
    for hour in fields.hours:
        for minute in fields.minutes:
            for second in fields.seconds:
                local = day.replace(hour=hour, minute=minute, second=second)
                due = local.astimezone(UTC)
                if due.astimezone(day.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield due


def _parse(expression: str) -> _Fields:
    parts = _SHORT.get(expression, expression).split()
    if len(parts) == 5:
        parts = ["0", *parts]
    second, minute, hour, day, month, weekday = parts
    return _Fields(
        sorted(_values(second, 0, 59)),
        sorted(_values(minute, 0, 59)),
        sorted(_values(hour, 0, 23)),
        frozenset(_values(day, 1, 31)),
        frozenset(_values(month, 1, 12, _MONTHS, 1)),
        frozenset(value % 7 for value in _values(weekday, 0, 7, _DAYS)),
        day[0] in "*?" or weekday[0] in "*?",
    )


def _values(field: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0) -> set[int]:
    def number(text: str) -> int:
        name = text.lower()[:3]
        value = names.index(name) + first if name in names else int(text)
        if not low <= value <= high:
            raise ValueError(f"{text} is not from {low} to {high}")
        return value

    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            start, end = low, high
        else:
            begin, dash, finish = span.partition("-")
            start = number(begin)
            end = number(finish) if dash else (high if step else start)
        found.update(range(start, end + 1, int(step or 1)))
    return found
