"""An overview of all queues on the server: jobs, schedules, failures. Reads only."""

from __future__ import annotations

import msgspec
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.limits import warning_of
from naq.queue.streams import names


class QueueOverview(msgspec.Struct):
    """One queue: its jobs that wait or run, its schedules, and its permanently failed jobs.

    `high` and `low` are how many of `jobs` have this priority.
    """

    queue: str
    jobs: int = 0
    schedules: int = 0
    failed: int = 0
    high: int = 0
    low: int = 0

    @property
    def described_jobs(self) -> str:
        """The number of jobs as text, with those of another priority than "normal"."""
        others = ", ".join(f"{count} {name}" for name, count in (("high", self.high), ("low", self.low)) if count)
        return f"{self.jobs} ({others})" if others else str(self.jobs)


async def subjects(config: Config, stream: str, pattern: str) -> dict[str, int]:
    """Return the number of messages in a stream for each subject; empty when there is no such stream."""
    async with nats_jetstream(config) as (_, js):
        try:
            info = await js.stream_info(stream, subjects_filter=pattern)
        except NotFoundError:
            return {}
    return info.state.subjects or {}


async def queues_with_schedules(config: Config) -> list[str]:
    """Return the names of queues that have schedules."""
    where = names(config)
    found = await subjects(config, where.jobs, where.schedule("*", "*"))
    return sorted({_token(where.prefix, subject) for subject in found})


async def overview(config: Config) -> list[QueueOverview]:
    """Return all queues that have jobs, schedules or failed jobs."""
    where = names(config)
    found: dict[str, QueueOverview] = {}

    def at(subject: str) -> QueueOverview:
        name = _token(where.prefix, subject)
        return found.setdefault(name, QueueOverview(name))

    for subject, count in (await subjects(config, where.jobs, where.queues)).items():
        one, level = at(subject), where.priority_of(subject)
        one.jobs += count
        one.high += count if level == "high" else 0
        one.low += count if level == "low" else 0
    for subject, count in (await subjects(config, where.jobs, where.schedule("*", "*"))).items():
        at(subject).schedules += count
    for subject, count in (await subjects(config, where.failed, where.failed_queue("*"))).items():
        at(subject).failed += count
    return [found[name] for name in sorted(found)]


def _token(prefix: str, subject: str) -> str:
    """Return the queue in a subject: the part after `{prefix}.queue`, `{prefix}.sched` or `{prefix}.failed`."""
    return subject[len(prefix) + 1 :].split(".")[1]


async def warnings(config: Config) -> list[str]:
    """Return warnings for an operator: limits at which the server drops jobs."""
    async with nats_jetstream(config) as (_, js):
        try:
            info = await js.stream_info(names(config).jobs)
        except NotFoundError:
            return []
    warning = warning_of(info.config)
    return [] if warning is None else [f"{warning} ({info.state.bytes} bytes, {info.state.messages} messages now)"]
