"""Which values the options of a job and of `@task` may have. Imports nothing heavy, as `naq.tasks` uses it."""

import re
from typing import Final, Literal, NamedTuple, TypeAlias, TypeGuard

MAX_RETRIES: Final = 1_000_000
# The server counts nanoseconds in 64 bits, and refuses larger values.
LONGEST_TTL: Final = 100 * 366 * 86_400
# The event loop raises for times that are too large for a float.
LONGEST_RUN: Final = 100 * 366 * 86_400
MAX_DELAY: Final = 365 * 24 * 3600.0
LONGEST_PATH: Final = 256
MOST_AT_ONCE: Final = 10_000
MOST_PER_TIME: Final = 1_000_000
LONGEST_PERIOD: Final = 31 * 86_400.0
UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
RATE: Final = re.compile(r"(\d{1,7})/(\d{0,6})(s|min|h|d)")
LONGEST_KEY: Final = 1000
Priority: TypeAlias = Literal["high", "normal", "low"]
# The jobs of the first are run first.
PRIORITIES: Final[tuple[Priority, ...]] = ("high", "normal", "low")
QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
PATH: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Rate(NamedTuple):
    """At most `starts` jobs may start in any `seconds`."""

    starts: int
    seconds: float

    def __str__(self) -> str:
        unit, length = next((u, s) for u, s in reversed(UNITS.items()) if self.seconds % s == 0)
        number = int(self.seconds // length)
        return f"{self.starts}/{'' if number == 1 else number}{unit}"


def parse_rate(text: str) -> Rate | None:
    """Return the rate in a text such as `100/min` or `5/10s`; None for another text."""
    found = RATE.fullmatch(text.replace(" ", ""))
    if found is None:
        return None
    rate = Rate(int(found[1]), int(found[2] or 1) * UNITS[found[3]])
    return rate if 1 <= rate.starts <= MOST_PER_TIME and 1 <= rate.seconds <= LONGEST_PERIOD else None


def problem_with(name: str, value: object) -> str | None:
    """Return what is wrong with the value of an option, None when it is accepted.

    Knows all options but `retry_delay` and `depends_on`.
    """
    accepted, expected = _RULES[name]
    return None if accepted(value) else f"{name} is {expected}, not {value!r}"


def is_delay(value: object) -> TypeGuard[float]:
    """Return whether a value is a delay before a retry in seconds."""
    return is_number(value) and 0 <= value <= MAX_DELAY


def is_path(text: str) -> bool:
    """Return whether `text` has the form of an import path, `package.module:name`."""
    return len(text) <= LONGEST_PATH and PATH.fullmatch(text) is not None


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; booleans are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_retries(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_RETRIES


def _is_timeout(value: object) -> bool:
    return is_number(value) and 0 < value <= LONGEST_RUN


def _is_ttl(value: object) -> bool:
    return is_number(value) and 0 <= value <= LONGEST_TTL


def _is_key(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_KEY
        and not any("\ud800" <= one <= "\udfff" for one in value)
    )


def _is_priority(value: object) -> bool:
    return isinstance(value, str) and value in PRIORITIES


def _is_limit(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST_AT_ONCE


def _is_rate(value: object) -> bool:
    return isinstance(value, str) and parse_rate(value) is not None


_RULES: Final = {
    "limit": (_is_limit, f"a whole number of jobs at once from 1 to {MOST_AT_ONCE}"),
    "rate": (_is_rate, "a text such as '10/s', '100/min', '1000/h' or '5000/d', at least 1 per 31 days"),
    "max_retries": (_is_retries, f"a whole number from 0 to {MAX_RETRIES}"),
    "timeout": (_is_timeout, "a number of seconds above 0, at most 100 years"),
    "result_ttl": (_is_ttl, "a number of seconds, 0 for no result, at most 100 years"),
    "unique": (_is_key, f"a text of 1 to {LONGEST_KEY} characters"),
    "priority": (_is_priority, "'high', 'normal' or 'low'"),
}
