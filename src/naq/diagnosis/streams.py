"""Checks of streams, buckets and consumers: whether they exist and are configured as naq makes them.

naq makes what is missing, and leaves what exists as an operator has set it. So streams may differ after a setting was
changed, or when another program has made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.diagnosis.check import Check, Level, counted, fullness, listed, size
from naq.diagnosis.rights import Needs, missing
from naq.errors import PermissionDenied
from naq.events.stream import events_stream
from naq.option_values import PRIORITIES, Priority
from naq.queue.limit_store import limits_stream
from naq.queue.limits import warning_of
from naq.queue.streams import CANCEL_TTL, failed_stream, jobs_consumer, jobs_stream, names

STREAMS, CONSUMERS, STORE = "streams", "consumers", "store"

# What is compared: the key in the server's configuration, and the setting of naq that it follows.
COMPARED: Final = (
    ("retention", ""),
    ("storage", "queue.storage"),
    ("num_replicas", "queue.replicas"),
    ("duplicate_window", "queue.duplicate_window"),
    ("max_age", ""),
    ("allow_direct", ""),
    ("allow_msg_ttl", ""),
    ("allow_msg_schedules", ""),
    ("allow_atomic", ""),
)
# A stream with one of these refuses what naq must do.
FORBIDDING: Final = ("no_ack", "sealed", "deny_delete", "deny_purge")
# Features that naq itself adds to an existing stream.
ADDED: Final = ("allow_direct", "allow_msg_ttl", "allow_msg_schedules", "allow_atomic")


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of a configuration that is not as naq expects it; `fatal` if naq cannot work with it."""

    text: str
    fatal: bool = False
    added: bool = False


def expected_streams(config: Config, connection: Client) -> list[tuple[StreamConfig, str]]:
    """Return the streams of an installation, those of the buckets included, and the setting of each one's `max_age`."""
    where, queue = names(config), config.queue
    ages = (
        (where.results, 0.0, ""),
        (where.states, queue.state_ttl, "queue.state_ttl"),
        (where.workers, config.worker.heartbeat_ttl, "worker.heartbeat_ttl"),
        (where.cancels, CANCEL_TTL, ""),
    )
    buckets = [
        (
            StreamConfig(
                name=f"KV_{bucket}",
                subjects=[where.key(bucket, ">")],
                retention=RetentionPolicy.LIMITS,
                storage=StorageType(queue.storage),
                num_replicas=queue.replicas,
                max_age=age,
                allow_direct=True,
                allow_msg_ttl=True,
            ),
            setting,
        )
        for bucket, age, setting in ages
    ]
    events = [(events_stream(config), "events.max_age")] if config.events.enabled else []
    failed = (failed_stream(config), "queue.failed_max_age")
    limits = [(limits_stream(config), "")] if config.limits.queues or config.limits.functions else []
    return [(jobs_stream(config, connection), ""), failed, *events, *buckets, *limits]


def differences(actual: StreamConfig, expected: StreamConfig, age_setting: str = "") -> list[Difference]:
    """Return how a stream differs from what naq would make; `age_setting` is the setting of its `max_age`."""
    forbidding = () if (expected.name or "").startswith("KV_") else FORBIDDING
    found = [Difference(f"{key} is on", fatal=True) for key in forbidding if getattr(actual, key)]
    lacking = [subject for subject in expected.subjects or [] if subject not in (actual.subjects or [])]
    if lacking:
        found.append(Difference(f"it has no subject {listed(lacking)}", added=True))
    for key, setting in COMPARED:
        wanted, present = getattr(expected, key), getattr(actual, key)
        if wanted is None or _same(wanted, present) or (key == "duplicate_window" and not wanted):
            continue
        named = age_setting if key == "max_age" else setting
        by = f" ({named})" if named else ""
        text = f"{key} is {_shown(present)}, expected {_shown(wanted)}{by}"
        found.append(Difference(text, fatal=key == "retention", added=key in ADDED))
    return found


def _same(wanted: Any, present: Any) -> bool:
    return bool(wanted == present or (not wanted and not present))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.12g} s" if value else "without limit"
    return str(getattr(value, "value", value)) if value is not None else "off"


async def streams(connection: Client, js: JetStreamContext, config: Config) -> list[Check]:
    """Return the checks of all streams and buckets. Raises nats-py's errors."""
    found: list[Check] = []
    absent: list[str] = []
    unread: list[str] = []
    for expected, age_setting in expected_streams(config, connection):
        name = expected.name or ""
        try:
            info = await js.stream_info(name)
        except NotFoundError:
            absent.append(name)
        except PermissionDenied:
            unread.append(name)
        else:
            found += [*_of_stream(info, expected, age_setting), *_store(info)]
    if absent:
        found.append(await _absent(connection, absent))
    if unread:
        text = f"this user may not read {listed(unread, 8)}, so that they were not checked"
        found.append(Check(STREAMS, "warning", text, "permit $JS.API.STREAM.INFO.* to have them checked"))
    if not any(check.check == STREAMS for check in found):
        found.insert(0, Check(STREAMS, "ok", f"all are as naq makes them, under the prefix {config.queue.prefix}"))
    return found


def _of_stream(info: StreamInfo, expected: StreamConfig, age_setting: str) -> list[Check]:
    found = [_difference(expected.name or "", one) for one in differences(info.config, expected, age_setting)]
    leader = info.cluster.leader if info.cluster is not None else ""
    if info.cluster is not None and info.cluster.name and not leader:
        text, remedy = f"stream {expected.name} has no leader", "start the missing servers of the cluster"
        found.append(Check(STREAMS, "error", text, remedy))
    return found


def _difference(name: str, one: Difference) -> Check:
    if one.fatal:
        remedy = f"naq cannot use this stream: change it (nats stream edit {name}), or set another queue.prefix"
    elif one.added:
        remedy = "start a worker as a user who may change streams: it adds this"
    else:
        remedy = f"naq does not change it: set it on the server (nats stream edit {name}), or change naq's setting"
    return Check(STREAMS, "error" if one.fatal else "warning", f"stream {name}: {one.text}", remedy)


async def _absent(connection: Client, absent: list[str]) -> Check:
    """Return the check for missing streams: naq makes them on first use, if this user may."""
    creating = tuple(f"$JS.API.STREAM.CREATE.{name}" for name in absent)
    denied = await missing(connection, Needs(requests=creating))
    text = f"missing: {listed(absent, 8)}"
    if denied:
        remedy = "run `naq worker --burst` once as a user who may make streams, or correct queue.prefix"
        return Check(STREAMS, "error", f"{text}; this user may not make them", remedy)
    return Check(STREAMS, "ok", f"{text}; made on first use")


def _store(info: StreamInfo) -> list[Check]:
    """Return the checks of a stream's limits, at which the server drops the oldest messages or refuses new ones."""
    state, config, found = info.state, info.config, []
    jobs = config.retention == RetentionPolicy.WORK_QUEUE
    if jobs and (warning := warning_of(config)) is not None:
        found.append(Check(STORE, "warning", warning, f"remove the limits: nats stream edit {config.name}"))
    for what, used, limit, shown in (
        ("bytes", state.bytes, config.max_bytes, size),
        ("messages", state.messages, config.max_msgs, str),
    ):
        if limit is None or limit <= 0 or (level := fullness(used, limit)) == "ok":
            continue
        text = f"stream {config.name} has {shown(used)} of {shown(limit)} ({what})"
        found.append(Check(STORE, level, text, "run more workers, delete what is not needed, or raise the limit"))
    return found


async def consumers(js: JetStreamContext, config: Config, queues: Iterable[str]) -> list[Check]:
    """Return the checks of the queues' consumers. Raises nats-py's errors."""
    found: list[Check] = []
    seen = 0
    for queue in queues:
        for priority in PRIORITIES:
            try:
                info = await _consumer(js, config, queue, priority)
            except PermissionDenied as denied:
                if priority != "normal":
                    # A right that only workers with priorities need.
                    continue
                text = f"the consumer of queue {queue} was not checked: {denied}"
                found.append(Check(CONSUMERS, "warning", text, "permit it to have the consumer checked"))
                break
            if info is not None:
                seen += priority == "normal"
                found += _of_consumer(info, config, queue, priority)
    if not found:
        text = "none yet; the first worker of a queue makes it"
        if seen:
            text = f"{counted(seen, 'queue')} with a consumer as naq makes it"
        found.append(Check(CONSUMERS, "ok", text))
    return found


async def _consumer(js: JetStreamContext, config: Config, queue: str, priority: Priority) -> ConsumerInfo | None:
    """Return the consumer of the jobs of a queue with a priority; None when it does not exist."""
    where = names(config)
    try:
        info: ConsumerInfo = await js.consumer_info(where.jobs, where.consumer(queue, priority))
    except NotFoundError:
        return None
    return info


def _of_consumer(info: ConsumerInfo, config: Config, queue: str, priority: Priority) -> list[Check]:
    found: list[Check] = []
    of = f"queue {queue}" if priority == "normal" else f"queue {queue}, priority {priority}"
    if info.paused:
        text = f"{of}: paused, the server delivers no job"
        found.append(Check(CONSUMERS, "error", text, f"nats consumer resume {info.stream_name} {info.name}"))
    expected = jobs_consumer(config, queue, priority)
    compared: Sequence[tuple[str, Level, str]] = (
        ("filter_subject", "error", ""),
        ("ack_policy", "error", ""),
        ("ack_wait", "warning", "worker.ack_wait"),
        ("max_deliver", "warning", "worker.max_deliver"),
        ("max_ack_pending", "warning", ""),
    )
    for key, level, setting in compared:
        wanted, present = getattr(expected, key), getattr(info.config, key)
        if not _same(wanted, present):
            by = f" ({setting})" if setting else ""
            text = f"{of}: {key} is {_shown(present)}, expected {_shown(wanted)}{by}"
            found.append(Check(CONSUMERS, level, text, "restart the workers of the queue with the same settings"))
    return found
