"""The delay before a failed job is run again. Knows nothing of servers or workers."""

import random
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from naq.errors import InvalidJob
from naq.option_values import MAX_DELAY, is_delay, is_number


class Backoff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delay that grows with every failure: `base * factor ** (failures - 1)` seconds, at most `maximum`.

    `jitter` changes the delay at random by up to that share in both directions, so that jobs that failed together do
    not all retry at the same time.
    """

    base: float = 1.0
    factor: float = 2.0
    maximum: float = 300.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise InvalidJob(f"Backoff: {name} is a number, not {value!r}")
        if not 0 <= self.base <= MAX_DELAY or not 0 <= self.maximum <= MAX_DELAY:
            raise InvalidJob(f"Backoff: base and maximum are seconds from 0 to {MAX_DELAY:.0f}")
        if not 1 <= self.factor <= 100:
            raise InvalidJob(f"Backoff: factor is a number from 1 to 100, not {self.factor!r}")
        if not 0 <= self.jitter <= 1:
            raise InvalidJob(f"Backoff: jitter is a share from 0 to 1, not {self.jitter!r}")

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after so many failures, without jitter."""
        # The limit keeps the power from overflowing.
        return min(self.maximum, self.base * self.factor ** min(failures - 1, 64))


RetryDelay: TypeAlias = float | tuple[float, ...] | Backoff


def retry_delay(value: float | Sequence[float] | Backoff) -> RetryDelay:
    """Return `value` as a job stores it. Raises `InvalidJob` for other values than seconds, a list or a Backoff."""
    if isinstance(value, Backoff):
        return value
    if is_number(value):
        return _seconds(value)
    if isinstance(value, (list, tuple)) and value:
        return tuple(_seconds(item) for item in value)
    raise InvalidJob(f"retry_delay is seconds, a list of seconds or a Backoff, not {value!r}")


def delay_after(retry: RetryDelay, failures: int) -> float:
    """Return the seconds until the next attempt of a job that has failed `failures` times (1 or more).

    A list has one item for each failure; its last item is used for all further failures.
    """
    if isinstance(retry, Backoff):
        delay = retry.delay(failures)
        return delay * (1 + retry.jitter * random.uniform(-1, 1))
    if isinstance(retry, tuple):
        return retry[min(failures, len(retry)) - 1]
    return retry


def _seconds(value: object) -> float:
    if not is_delay(value):
        raise InvalidJob(f"retry_delay: {value!r} is not a number of seconds from 0 to {MAX_DELAY:.0f}")
    return float(value)
