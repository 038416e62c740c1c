"""Limits of a queue or a function: how many of its jobs run at once, and how many start per time. Knows no server.

A limit is in the settings (`limits.queues`, `limits.functions`) or beside the function (`@task(limit=..., rate=...)`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from naq.config import Config
from naq.errors import InvalidJob
from naq.option_values import Rate, parse_rate, problem_with
from naq.tasks import LIMITED_TASKS, task_at

EXPECTED: Final = "a number of jobs at once from 1 to 10000, or a rate such as 10/s, 100/min, 1000/h or 5000/d"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many jobs may run at once, and how many may start per time; None for no such limit."""

    at_once: int | None = None
    rate: Rate | None = None

    def over(self, other: "Limit") -> "Limit":
        """Return this limit, with that of `other` where this sets none."""
        return Limit(self.at_once or other.at_once, self.rate or other.rate)


class Limited(NamedTuple):
    """What is limited: `kind` is "queue" or "function", `name` that of the queue or the path of the function."""

    kind: str
    name: str
    limit: Limit


def limit_of(options: Mapping[str, object]) -> Limit:
    """Return the limit in options named `limit` and `rate`. Raises `InvalidJob` for a wrong value."""
    for name in ("limit", "rate"):
        problem = None if options.get(name) is None else problem_with(name, options[name])
        if problem is not None:
            raise InvalidJob(problem)
    at_once, rate = options.get("limit"), options.get("rate")
    return Limit(at_once if isinstance(at_once, int) else None, parse_rate(rate) if isinstance(rate, str) else None)


class Limits:
    """The limits of one worker: those of its settings, and of the tasks that are registered in its process."""

    def __init__(self, config: Config) -> None:
        self._queues = limits_in(config.limits.queues)
        self._functions = limits_in(config.limits.functions)

    def __bool__(self) -> bool:
        """Whether there is any limit now; a module that is imported later may register others."""
        return bool(self._queues or self._functions or LIMITED_TASKS)

    def of(self, queue: str, function: str) -> list[Limited]:
        """Return the limits that concern a job, that of its queue first."""
        found: list[Limited] = []
        of_queue = self._queues.get(queue)
        if of_queue is not None:
            found.append(Limited("queue", queue, of_queue))
        task = task_at(function)
        # A task with a name may have jobs that name it by its import path.
        name = function if task is None else task.path
        of_function = self._functions.get(function) or self._functions.get(name)
        if task is not None and task.limits:
            of_function = (of_function or Limit()).over(limit_of(dict(task.limits)))
        if of_function is not None:
            found.append(Limited("function", name, of_function))
        return found


def limits_in(entries: Iterable[str]) -> dict[str, Limit]:
    """Return the limits by name in entries such as `mail=3` and `mail=100/min`. Raises ValueError for another form."""
    found: dict[str, Limit] = {}
    for entry in entries:
        name, _, limit = entry.rpartition("=")
        found[name] = _limit(entry, limit).over(found.get(name, Limit()))
    return found


def _limit(entry: str, text: str) -> Limit:
    if text.isdecimal() and problem_with("limit", int(text)) is None:
        return Limit(at_once=int(text))
    rate = parse_rate(text)
    if rate is None:
        raise ValueError(f"{entry!r}: expected NAME=LIMIT, with {EXPECTED}")
    return Limit(rate=rate)
