"""Checks of the rights of this user, by trial: each needed subject is used in a way that changes nothing.

A request has a body that the server cannot read; a message for a stream names another stream, so that the server does
not store it. The server checks the right before it looks at either.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from nats.aio.client import Client

from naq.config import Config
from naq.connection.denials import expect_denials, subscription_denied, watch_denials
from naq.diagnosis.check import Check, listed
from naq.errors import PermissionDenied
from naq.limits import Limits
from naq.names import Names
from naq.queue.streams import ADVISORY_CONSUMER, names

RIGHTS: Final = "rights"
ROLES: Final = ("producer", "worker", "viewer")

# The last token of subjects of jobs and records, where any name will do.
TRIAL: Final = "naq-doctor"
_NOT_STORED: Final = {"Nats-Expected-Stream": TRIAL}
# No acknowledgement, and no JSON.
_UNREADABLE: Final = b"{ naq doctor"


@dataclass(frozen=True, slots=True)
class Needs:
    """Subjects that a role needs: `stored` and `requests` to publish to, `subscriptions` to subscribe to."""

    stored: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()

    def and_also(self, other: Needs) -> Needs:
        """Return these subjects and those of `other`."""
        return Needs(
            self.stored + other.stored, self.requests + other.requests, self.subscriptions + other.subscriptions
        )


def needs(role: str, config: Config, queue: str) -> Needs:
    """Return the subjects that a role needs for one queue, as docs/permissions.md lists them."""
    where = names(config)
    direct = tuple(
        f"$JS.API.DIRECT.GET.KV_{bucket}.{where.key(bucket, TRIAL)}" for bucket in (where.results, where.states)
    )
    if role == "producer":
        return Needs(
            (where.queue(queue), where.schedule(queue, TRIAL)),
            (f"$JS.API.STREAM.INFO.{where.jobs}", *direct),
            (where.key(where.results, TRIAL),),
        )
    if role == "worker":
        return _of_worker(where, queue, direct).and_also(_of_limits(where) if Limits(config) else Needs())
    return Needs(
        (),
        (
            *(f"$JS.API.STREAM.INFO.{stream}" for stream in _streams(where)),
            f"$JS.API.CONSUMER.INFO.{where.jobs}.{where.consumer(queue)}",
            *(f"$JS.API.DIRECT.GET.{stream}" for stream in (where.jobs, where.failed)),
            *(f"$JS.API.DIRECT.GET.KV_{bucket}.{where.key(bucket, TRIAL)}" for bucket in (where.states, where.workers)),
        ),
        (f"{config.events.subject}.{TRIAL}", where.event(TRIAL)),
    )


def _of_worker(where: Names, queue: str, direct: tuple[str, ...]) -> Needs:
    consumers = (where.consumer(queue), ADVISORY_CONSUMER)
    return Needs(
        (
            *(where.key(bucket, TRIAL) for bucket in (where.results, where.states, where.workers)),
            where.failed_queue(queue),
        ),
        (
            *(f"$JS.API.CONSUMER.MSG.NEXT.{where.jobs}.{consumer}" for consumer in consumers),
            *(f"$JS.ACK.{where.jobs}.{consumer}.1.1.1.1.1" for consumer in consumers),
            *(f"$JS.API.CONSUMER.INFO.{where.jobs}.{consumer}" for consumer in consumers),
            f"$JS.API.STREAM.MSG.GET.{where.jobs}",
            f"$JS.API.STREAM.MSG.DELETE.{where.jobs}",
            *(f"$JS.API.STREAM.INFO.{stream}" for stream in _streams(where)),
            *direct,
            f"$JS.API.DIRECT.GET.KV_{where.cancels}.{where.key(where.cancels, TRIAL)}",
        ),
        (where.key(where.cancels, TRIAL), where.key(where.results, TRIAL)),
    )


def _of_limits(where: Names) -> Needs:
    """Return what a worker needs where the settings or the tasks of this process have limits."""
    api = ("INFO", "MSG.GET", "MSG.DELETE")
    return Needs(
        (where.limit(TRIAL), where.freed(TRIAL)),
        tuple(f"$JS.API.STREAM.{one}.{where.limits}" for one in api),
        (where.freed(TRIAL),),
    )


def _streams(where: Names) -> tuple[str, ...]:
    return (where.jobs, where.failed, *(f"KV_{bucket}" for bucket in (where.results, where.states, where.workers)))


async def missing(connection: Client, wanted: Needs) -> list[str]:
    """Return the rights that this user lacks, as in `publish to naq.queue.mail`. Raises nats-py's errors."""
    denied: list[PermissionDenied] = []
    with ExitStack() as watching:
        for subject in (*wanted.stored, *wanted.requests):
            watching.enter_context(watch_denials(connection, subject, denied.append))
        # Their denials are no errors for the log.
        watching.enter_context(expect_denials(connection, wanted.subscriptions))
        for subject in wanted.stored:
            await connection.publish(subject, b"", headers=_NOT_STORED)
        for subject in wanted.requests:
            await connection.publish(subject, _UNREADABLE)
        subscriptions = [await connection.subscribe(subject) for subject in wanted.subscriptions]
        # The answer comes behind all errors.
        await connection.flush()
        for subscription in subscriptions:
            await subscription.unsubscribe()
    deaf = [subject for subject in wanted.subscriptions if subscription_denied(connection, subject)]
    return [*(f"publish to {one.subject}" for one in denied), *(f"subscribe to {subject}" for subject in deaf)]


def no_answers(denied: PermissionDenied) -> Check:
    """Return the check for a user who may not receive answers, without which nothing else can be checked."""
    text = f"this user may not receive answers: no permission to subscribe to {denied.subject}"
    remedy = "permit it to subscribe to its inbox (_INBOX.>), or set nats.inbox_prefix to the prefix that it may use"
    return Check(RIGHTS, "error", text, remedy)


async def rights(connection: Client, config: Config, queues: Iterable[str], roles: Iterable[str]) -> list[Check]:
    """Return a check for each role; `roles` are those that this user must have, none for an overview of all.

    Raises nats-py's errors.
    """
    required, examined = tuple(roles), tuple(queues)
    found = []
    for role in required or ROLES:
        lacking = {queue: await missing(connection, needs(role, config, queue)) for queue in examined}
        found.append(
            _judged(role, {queue: subjects for queue, subjects in lacking.items() if subjects}, examined, required)
        )
    return found


def _judged(role: str, lacking: dict[str, list[str]], queues: tuple[str, ...], required: tuple[str, ...]) -> Check:
    if not lacking:
        return Check(RIGHTS, "ok", f"this user may be a {role} of {listed(queues)}")
    subjects = dict.fromkeys(subject for found in lacking.values() for subject in found)
    text = f"this user may not be a {role} of {listed(lacking)}: no permission to {listed(subjects, 3)}"
    remedy = "permit it in the server's configuration, as docs/permissions.md shows"
    if required:
        return Check(RIGHTS, "error", text, remedy)
    return Check(RIGHTS, "warning", text, f"if it has to be one, {remedy}")
