"""What is on the server, over all queues: depths, schedules, failures. Read only."""

from __future__ import annotations

import msgspec
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.limits import warning_of
from naq.queue.streams import names


class QueueOverview(msgspec.Struct):
    """One queue: jobs that wait or are being worked on, schedules, jobs that failed for good."""

    queue: str
    jobs: int = 0
    schedules: int = 0
    failed: int = 0


async def subjects(config: Config, stream: str, pattern: str) -> dict[str, int]:
    """How many messages a stream has under each subject; empty when there is no such stream."""
    async with nats_jetstream(config) as (_, js):
        try:
            info = await js.stream_info(stream, subjects_filter=pattern)
        except NotFoundError:
            return {}
    return info.state.subjects or {}


async def queues_with_schedules(config: Config) -> list[str]:
    """Names of the queues that have schedules."""
    where = names(config)
    found = await subjects(config, where.jobs, where.schedule("*", "*"))
    return sorted({_token(where.prefix, subject) for subject in found})


async def overview(config: Config) -> list[QueueOverview]:
    """All queues that have anything."""
    where = names(config)
    found: dict[str, QueueOverview] = {}

    def at(subject: str) -> QueueOverview:
        name = _token(where.prefix, subject)
        return found.setdefault(name, QueueOverview(name))

    for subject, count in (await subjects(config, where.jobs, where.queue("*"))).items():
        at(subject).jobs += count
    for subject, count in (await subjects(config, where.jobs, where.schedule("*", "*"))).items():
        at(subject).schedules += count
    for subject, count in (await subjects(config, where.failed, where.failed_queue("*"))).items():
        at(subject).failed += count
    return [found[name] for name in sorted(found)]


def _token(prefix: str, subject: str) -> str:
    """The queue in a subject `{prefix}.queue.{queue}`, `{prefix}.sched.{queue}.{id}` or `{prefix}.failed.{queue}`."""
    return subject[len(prefix) + 1 :].split(".")[1]


async def warnings(config: Config) -> list[str]:
    """What an operator should know: limits at which the server drops jobs."""
    async with nats_jetstream(config) as (_, js):
        try:
            info = await js.stream_info(names(config).jobs)
        except NotFoundError:
            return []
    warning = warning_of(info.config)
    return [] if warning is None else [f"{warning} ({info.state.bytes} bytes, {info.state.messages} messages now)"]
