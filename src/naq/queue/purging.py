"""Deleting some jobs of a queue: those of a function, or those that have waited for long."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from fnmatch import fnmatchcase
from typing import Final

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import DeserializationError
from naq.names import check_queue_name
from naq.queue.job_head import head_in
from naq.queue.stored_messages import StoredMessage, delete_message, read_all
from naq.queue.streams import names

# Number of concurrent deletions.
AT_ONCE: Final = 50


async def find_jobs(
    config: Config, queue: str, *, function: str | None = None, older_than: float | None = None
) -> list[int]:
    """Return the numbers of the messages of a queue's jobs that were put on it more than `older_than` seconds ago.

    `function` is an import path, in which `*` stands for any text. With it, messages that are not jobs are left out.
    Raises `PermissionDenied` and nats-py's errors.
    """
    where = names(config)
    found: list[int] = []
    latest = None if older_than is None else time.time() - older_than
    async with nats_jetstream(config) as (connection, js):
        for subject in where.queue_subjects(check_queue_name(queue)):
            async with aclosing(read_all(connection, js, where.jobs, subject)) as messages:
                async for message in messages:
                    if latest is not None and message.stored / 1e9 > latest:
                        # The stream is in the order of time.
                        break
                    if function is None or _is_call_of(message, function):
                        found.append(message.seq)
    return found


async def delete_jobs(config: Config, numbers: list[int]) -> int:
    """Delete messages of the jobs stream by their numbers; returns how many were still there.

    Raises `PermissionDenied` and nats-py's errors.
    """
    deleted = 0
    async with nats_jetstream(config) as (_, js):
        for start in range(0, len(numbers), AT_ONCE):
            part = numbers[start : start + AT_ONCE]
            deleted += sum(
                await asyncio.gather(*(delete_message(js, names(config).jobs, number, erase=False) for number in part))
            )
    return deleted


def _is_call_of(message: StoredMessage, function: str) -> bool:
    try:
        return fnmatchcase(head_in(message.data, message.headers, message.seq).function, function)
    except DeserializationError:
        return False
