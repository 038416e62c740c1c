"""Which limits are in use: how many jobs run under each, which, and how many have started. Reads only."""

from __future__ import annotations

from contextlib import aclosing

import msgspec

from naq.config import Config
from naq.connection import nats_jetstream
from naq.limits import Limit, limits_in
from naq.option_values import Rate
from naq.queue.limit_store import Holder, LimitStore, name_of
from naq.queue.pipeline import pipeline_of
from naq.queue.rate_window import Window, counted
from naq.queue.stored_messages import StoredMessage, read_all


class LimitUse(msgspec.Struct, kw_only=True):
    """A limit of a queue or a function. `limit` and `rate` are None where there is no such limit.

    `running` is the number of jobs that hold a place, `jobs` and `workers` are their ids; `started` is the number of
    starts in the last period of the rate.
    """

    kind: str
    name: str
    limit: int | None = None
    running: int = 0
    rate: str | None = None
    started: int = 0
    jobs: list[str] = []
    workers: list[str] = []


async def limits_in_use(config: Config) -> list[LimitUse]:
    """Return the limits of these settings, and those that workers have in use now, by kind and name.

    A limit in use is that of the worker that used it last. Raises `PermissionDenied` and nats-py's errors.
    """
    found: dict[tuple[str, str], LimitUse] = {}
    for kind, entries in (("queue", config.limits.queues), ("function", config.limits.functions)):
        for name, limit in limits_in(entries).items():
            found[kind, name] = _unused(kind, name, limit)
    async with nats_jetstream(config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), config)
        pattern = store.names.limit(">")
        async with aclosing(read_all(connection, js, store.names.limits, pattern)) as messages:
            stored = [message async for message in messages]
        now = await store.now() if stored else 0.0
    for message in stored:
        _add(found, message, len(pattern) - 1, now)
    return [found[key] for key in sorted(found)]


def _unused(kind: str, name: str, limit: Limit) -> LimitUse:
    return LimitUse(kind=kind, name=name, limit=limit.at_once, rate=None if limit.rate is None else str(limit.rate))


def _add(found: dict[tuple[str, str], LimitUse], message: StoredMessage, cut: int, now: float) -> None:
    """Add what a message of the stream tells; a message of another form is left out."""
    key, part, _ = _parts(message.subject[cut:].split("."))
    kind, name = name_of(key)
    use = found.setdefault((kind, name), LimitUse(kind=kind, name=name))
    try:
        if part == "at":
            holder = msgspec.json.decode(message.data, type=Holder)
            use.limit = holder.limit
            use.running += 1
            use.jobs = [*use.jobs, holder.job]
            use.workers = [*use.workers, holder.worker]
        elif part == "per":
            window = msgspec.json.decode(message.data, type=Window)
            rate = Rate(window.limit, window.seconds)
            use.rate = str(rate)
            use.started = sum(counted(window, rate, now).starts)
    except msgspec.MsgspecError:
        return


def _parts(tokens: list[str]) -> tuple[str, str, str]:
    """Return the key of a limit, "at" or "per", and the number behind it."""
    return ".".join(tokens[:-2]), tokens[-2] if len(tokens) > 1 else "", tokens[-1]
