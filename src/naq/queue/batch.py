"""Enqueueing many jobs together, with a verdict for each.

Many publishes are in flight at the same time, so that a batch does not take one round trip for each job. All jobs are
encoded before the first is sent: a job that cannot be encoded stops the batch before any job is stored.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from naq.config import Config, get_config
from naq.errors import EnqueueFailed, InvalidJob
from naq.events.lifecycle import emit, lifecycle_sink
from naq.job import Job, bind
from naq.option_values import Priority
from naq.queue.atomic_batch import send_atomically
from naq.queue.batch_sending import LOOKS_AT_ONCE, send_all
from naq.queue.deduplication import Wanted, first_try, note_doubt
from naq.queue.dependencies import dependency_headers
from naq.queue.memory import Place, place_of
from naq.queue.pending_job import PendingJob, Verdict
from naq.queue.unique import store_unique, unique_entry
from naq.tracing import enqueue_span, tracing_of

# The server's own limit for an atomic batch.
LARGEST_ATOMIC = 1000
# Jobs with a unique key that are stored at the same time; the server limits the batches that are under way.
UNIQUE_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The verdicts of a batch, in the order of its jobs."""

    verdicts: tuple[Verdict, ...]

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def stored(self) -> list[Job]:
        """The jobs that are stored."""
        return [verdict.job for verdict in self.verdicts if verdict.stored]

    @property
    def failed(self) -> list[Verdict]:
        """The verdicts on jobs that are not stored, or may not be stored."""
        return [verdict for verdict in self.verdicts if not verdict.stored]

    def raise_for_failures(self) -> None:
        """Raise the error of the first job that has one."""
        for verdict in self.verdicts:
            if verdict.error is not None:
                raise verdict.error


async def enqueue_batch(jobs: Iterable[Job], config: Config | None = None, *, atomic: bool = False) -> BatchResult:
    """Put jobs on their queues (`job.queue`); returns for each job whether the server has stored it.

    Unconfirmed jobs are sent again under the same id, until `publish_attempts` times `publish_timeout` seconds have
    passed without progress. With `atomic`, either all jobs are stored or none (at most 1,000 jobs, on nats-server 2.12
    or newer), and `EnqueueFailed` is raised when none is stored. A job that was enqueued before is treated as in
    `Queue.enqueue`; an atomic batch with such a job is refused.

    Raises `ConnectFailed`, and before anything is sent `SerializationError`, `PayloadTooLarge`, `ServerTooOld`, and
    `InvalidJob` for an id that occurs twice.
    """
    config = config or get_config()
    pending = _prepared(jobs, config)
    if atomic:
        _check_atomic(pending)
    if pending:
        await _look_at_dependencies(config, pending)
        try:
            with enqueue_span(tracing_of(config), _subject_of(pending), [one.job for one in pending]) as traced:
                for one in pending:
                    one.extra = {**(one.extra or {}), **traced} if traced else one.extra
                await (send_atomically(config, pending) if atomic else _send(config, pending))
        except asyncio.CancelledError:
            for one in pending:
                if one.verdict is None:
                    note_doubt(one.wanted, one.present)
            raise
    result = BatchResult(tuple(one.verdict for one in pending if one.verdict is not None))
    sink = lifecycle_sink(config)
    if sink is not None:
        for job in result.stored:
            if not job.existing:
                await emit(sink, "enqueued", job)
    return result


def _prepared(jobs: Iterable[Job], config: Config) -> list[PendingJob]:
    places: dict[tuple[str, Priority | None], Place] = {}
    pending: list[PendingJob] = []
    for given in jobs:
        job = bind(given, config)
        key = job.queue, job.options.priority
        place = places.get(key)
        if place is None:
            place = places[key] = place_of(config, *key)
        wanted = Wanted(job, job.serialize(config.serializer), place)
        pending.append(PendingJob(wanted, first_try(config, wanted)))
    if len({one.job.id for one in pending}) < len(pending):
        raise InvalidJob("a batch has two jobs with the same id; only one of them would be stored")
    return pending


def _check_atomic(pending: Sequence[PendingJob]) -> None:
    keys = [(one.job.queue, one.job.options.unique) for one in pending if one.job.options.unique is not None]
    if len(pending) + len(keys) > LARGEST_ATOMIC:
        raise InvalidJob(
            f"an atomic batch has at most {LARGEST_ATOMIC} jobs, where one with a unique key counts as two, "
            f"not {len(pending) + len(keys)}"
        )
    if len(set(keys)) < len(keys):
        raise InvalidJob("an atomic batch has two jobs with the same unique key; only one of them could be stored")


async def _send(config: Config, pending: list[PendingJob]) -> None:
    """Publish each job until it has a verdict; those with a unique key each in a separate batch with its claim."""
    plain = [one for one in pending if one.job.options.unique is None]
    if plain:
        await send_all(config, plain)
    unique = [one for one in pending if one.job.options.unique is not None]
    for start in range(0, len(unique), UNIQUE_AT_ONCE):
        await asyncio.gather(*(_send_unique(config, one) for one in unique[start : start + UNIQUE_AT_ONCE]))


async def _send_unique(config: Config, one: PendingJob) -> None:
    try:
        job = await store_unique(config, unique_entry(one.wanted, one.extra))
    except EnqueueFailed as error:
        one.fail(error)
    else:
        one.verdict = Verdict(job, True, job.existing)


def _subject_of(pending: Sequence[PendingJob]) -> str:
    """Return the subject of all jobs; empty when they are for several queues."""
    subjects = {one.subject for one in pending}
    return subjects.pop() if len(subjects) == 1 else ""


async def _look_at_dependencies(config: Config, pending: Sequence[PendingJob]) -> None:
    dependent = [one for one in pending if one.job.options.depends_on]
    together = {one.job.id for one in pending} if dependent else set()
    for start in range(0, len(dependent), LOOKS_AT_ONCE):
        part = dependent[start : start + LOOKS_AT_ONCE]
        found = await asyncio.gather(*(dependency_headers(config, one.job, together) for one in part))
        for one, headers in zip(part, found, strict=True):
            one.extra = headers
