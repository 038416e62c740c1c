"""Many jobs at once, with a verdict for each.

Publishes are kept in flight together, so that a batch costs the server's time and not one round trip for each job.
All jobs are encoded before the first is sent: what cannot be sent stops the batch while nothing of it is stored.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

from naq.config import Config, get_config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import AlreadyDone, ConnectFailed, EnqueueFailed, InvalidJob
from naq.events.lifecycle import emit, lifecycle_sink
from naq.job import Job
from naq.queue.deduplication import Try, Wanted, after_duplicate, first_try, note_doubt, note_stored
from naq.queue.dependencies import dependency_headers
from naq.queue.limits import Admissions, guard_of, room_for
from naq.queue.memory import Place, place_of
from naq.queue.pipeline import Refusal, UnreadableAnswer, pipeline_of, stored
from naq.queue.publishing import (
    HOPELESS,
    MSG_ID,
    OUTDATED_STREAM,
    Patience,
    check_size,
    check_temporary,
    ensure_after_silence,
    make_stream,
    not_stored,
    refused,
    store_full,
    unconfirmed,
)
from naq.queue.server_features import ATOMIC_BATCH, require
from naq.queue.streams import names

# More in flight gains nothing and only fills buffers.
IN_FLIGHT = 1000
# The server's own limit for an atomic batch.
LARGEST_ATOMIC = 1000
# Duplicates that are looked at together.
LOOKS_AT_ONCE = 50
DUPLICATE_IN_BATCH = 10201
# The error of a job whose answer has not come.
SILENCE = nats.errors.TimeoutError()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one job of a batch is stored; `error` when it is not.

    `duplicate` when it is on its queue already, or is done already and for that reason not stored.
    """

    job: Job
    stored: bool
    duplicate: bool = False
    error: EnqueueFailed | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The verdicts, in the order of the jobs."""

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
        """The verdicts on jobs that are not stored, or not certainly."""
        return [verdict for verdict in self.verdicts if not verdict.stored]

    def raise_for_failures(self) -> None:
        """Raise the first error if there is one."""
        for verdict in self.verdicts:
            if verdict.error is not None:
                raise verdict.error


@dataclass(slots=True)
class _Pending:
    """One job on its way, and how it is published next."""

    wanted: Wanted
    present: Try
    verdict: Verdict | None = None
    # Headers beside the message id.
    extra: dict[str, str] | None = None
    # The number of the message that the server takes this one for.
    duplicate_of: int | None = None
    last_error: Exception = SILENCE

    @property
    def job(self) -> Job:
        return self.wanted.job

    @property
    def subject(self) -> str:
        return self.wanted.place.subject

    @property
    def payload(self) -> bytes:
        return self.wanted.payload

    @property
    def headers(self) -> dict[str, str]:
        own = {MSG_ID: self.present.message_id}
        return {**self.extra, **own} if self.extra else own

    def settle(self, seq: int, duplicate: bool) -> None:
        note_stored(self.wanted, seq)
        self.verdict = Verdict(self.job, True, duplicate)

    def give_up(self, error: Exception) -> None:
        """The job cannot be stored, however often it is tried."""
        self.fail(not_stored(self.job.id, error, certain=not self.present.unheard))

    def refuse(self, refusal: Refusal) -> None:
        self.fail(refused(self.job.id, refusal, certain=not self.present.unheard))

    def fail(self, error: EnqueueFailed) -> None:
        if not error.refused:
            note_doubt(self.wanted, self.present)
        self.verdict = Verdict(self.job, False, isinstance(error, AlreadyDone), error)

    def unheard(self, error: Exception) -> None:
        """No answer has come to the last try; its message may be stored."""
        self.present = self.present._replace(unheard=True)
        self.last_error = error


async def enqueue_batch(jobs: Iterable[Job], config: Config | None = None, *, atomic: bool = False) -> BatchResult:
    """Put jobs on their queues (`job.queue`), and say of each whether the server has stored it.

    What is not confirmed is sent again under the same id, until `publish_attempts` times `publish_timeout` seconds have
    passed without any progress. With `atomic`, all jobs are stored or none (at most 1,000, on nats-server 2.12 or
    newer), and `EnqueueFailed` is raised when none is. A job that was enqueued before is treated as `Queue.enqueue`
    treats it; an atomic batch with such a job is refused.
    Raises before anything is sent: `SerializationError`, `PayloadTooLarge`, `InvalidJob` for an id that occurs twice,
    `ServerTooOld`; and `ConnectFailed`.
    """
    config = config or get_config()
    pending = _prepared(jobs, config)
    if atomic and len(pending) > LARGEST_ATOMIC:
        raise InvalidJob(f"an atomic batch has at most {LARGEST_ATOMIC} jobs, not {len(pending)}")
    if pending:
        await _look_at_dependencies(config, pending)
        try:
            await (_send_atomically(config, pending) if atomic else _send_all(config, pending))
        except asyncio.CancelledError:
            for one in pending:
                if one.verdict is None:
                    note_doubt(one.wanted, one.present)
            raise
    result = BatchResult(tuple(one.verdict for one in pending if one.verdict is not None))
    sink = lifecycle_sink(config)
    if sink is not None:
        for job in result.stored:
            await emit(sink, "enqueued", job)
    return result


def _prepared(jobs: Iterable[Job], config: Config) -> list[_Pending]:
    places: dict[str, Place] = {}
    pending: list[_Pending] = []
    for job in jobs:
        place = places.get(job.queue)
        if place is None:
            place = places[job.queue] = place_of(config, job.queue)
        wanted = Wanted(job, job.serialize(config.serializer), place)
        pending.append(_Pending(wanted, first_try(config, wanted)))
    if len({one.job.id for one in pending}) < len(pending):
        raise InvalidJob("a batch has two jobs with the same id; only one of them would be stored")
    return pending


async def _look_at_dependencies(config: Config, pending: Sequence[_Pending]) -> None:
    dependent = [one for one in pending if one.job.options.depends_on]
    together = {one.job.id for one in pending} if dependent else set()
    for start in range(0, len(dependent), LOOKS_AT_ONCE):
        part = dependent[start : start + LOOKS_AT_ONCE]
        found = await asyncio.gather(*(dependency_headers(config, one.job, together) for one in part))
        for one, headers in zip(part, found, strict=True):
            one.extra = headers


def _check_sizes(connection: Client, pending: Sequence[_Pending]) -> None:
    for one in pending:
        check_size(connection, one.payload, one.job.id)


async def _send_all(config: Config, pending: list[_Pending]) -> None:
    """Send each job until it has a verdict. The time for that starts again with every round that gives one."""
    connected = silent = False
    patience = Patience(config)
    rounds = 0
    while True:
        rounds += 1
        patience.tries += 1
        before = len(_unsettled(pending))
        try:
            async with nats_connection(config) as connection:
                if not connected:
                    _check_sizes(connection, pending)
                connected = True
                if silent:
                    await ensure_after_silence(connection, config)
                await _round(connection, config, pending)
        except (ConnectFailed, nats.errors.Error, OSError) as error:
            if not connected:
                raise
            for one in _unsettled(pending):
                if isinstance(error, HOPELESS):
                    one.give_up(error)
                else:
                    one.unheard(error)
        left = _unsettled(pending)
        if not left:
            return
        if len(left) < before:
            patience = Patience(config)
        silent = any(isinstance(one.last_error, nats.errors.TimeoutError) for one in left)
        if not await patience.pause():
            break
    for one in left:
        one.fail(unconfirmed(one.job.id, rounds, one.last_error))


def _unsettled(pending: list[_Pending]) -> list[_Pending]:
    return [one for one in pending if one.verdict is None]


async def _round(connection: Client, config: Config, pending: list[_Pending]) -> None:
    """Send what has no verdict, and again what the server takes for a job that has left its queue since.

    When the stream is missing, make it and send again.
    """
    missing = await _stream(connection, config, _unsettled(pending))
    if missing:
        try:
            await make_stream(connection, config)
        except HOPELESS as error:
            for one in missing:
                one.give_up(error)
        else:
            for one in await _stream(connection, config, missing):
                one.last_error = NoStreamResponseError()
    while again := await _looked_at(config, pending):
        await _stream(connection, config, again)


async def _stream(connection: Client, config: Config, sending: list[_Pending]) -> list[_Pending]:
    """Keep publishes in flight and take their answers; returns those for which there is no stream."""
    pipeline = await pipeline_of(connection)
    missing: list[_Pending] = []
    flying: deque[tuple[_Pending, asyncio.Future[Msg]]] = deque()
    timeout = config.queue.publish_timeout
    with Admissions(guard_of(connection, names(config).jobs)) as admitted:
        for one in sending:
            if len(flying) >= IN_FLIGHT:
                await _take(*flying.popleft(), admitted, missing)
            subject, payload = one.subject, one.payload
            if not admitted.admits(len(payload)):
                # The stream's state holds what has an answer: only the rest would count twice.
                while flying:
                    await _take(*flying.popleft(), admitted, missing)
                reason = await admitted.refusal(connection, subject, [len(payload)])
                if reason is not None:
                    one.fail(store_full(one.job.id, reason, certain=not one.present.unheard))
                    continue
            flying.append((one, await pipeline.send(subject, payload, one.headers, timeout)))
        while flying:
            await _take(*flying.popleft(), admitted, missing)
    return missing


async def _take(
    one: _Pending, answer: "asyncio.Future[Msg]", admitted: Admissions, missing: list[_Pending]
) -> None:
    try:
        verdict = stored(await answer)
        if verdict.error is not None:
            check_temporary(verdict.error)
            one.refuse(verdict.error)
        elif verdict.duplicate:
            one.duplicate_of = verdict.seq
        else:
            one.settle(verdict.seq, duplicate=False)
    except NoStreamResponseError:
        missing.append(one)
    except HOPELESS as error:
        one.give_up(error)
    except (nats.errors.TimeoutError, ServiceUnavailableError, UnreadableAnswer) as error:
        one.unheard(error)
    finally:
        admitted.answered(len(one.payload))


async def _looked_at(config: Config, pending: list[_Pending]) -> list[_Pending]:
    """Find out what it means that jobs are duplicates; returns those that must be sent again, under another id."""
    duplicates = [one for one in pending if one.verdict is None and one.duplicate_of is not None]
    for start in range(0, len(duplicates), LOOKS_AT_ONCE):
        await asyncio.gather(*(_look_at(config, one) for one in duplicates[start : start + LOOKS_AT_ONCE]))
    return _unsettled(duplicates)


async def _look_at(config: Config, one: _Pending) -> None:
    seq, one.duplicate_of = one.duplicate_of or 0, None
    try:
        following = await after_duplicate(config, one.wanted, one.present, seq, Patience(config))
    except EnqueueFailed as error:
        one.fail(error)
        return
    if following is None:
        one.settle(seq, duplicate=True)
    else:
        one.present = following


async def _send_atomically(config: Config, pending: list[_Pending]) -> None:
    """All or none. A lost answer is cleared up by sending again: the server then finds the ids of the first time."""
    unanswered: Exception | None = None
    patience = Patience(config)
    while True:
        patience.tries += 1
        try:
            async with nats_jetstream(config) as (connection, js):
                require(connection, ATOMIC_BATCH, "an atomic batch")
                _check_sizes(connection, pending)
                if unanswered is not None:
                    await ensure_after_silence(connection, config)
                refusal = await _commit_to_stream(connection, js, config, pending)
        except HOPELESS as error:
            raise not_stored(_first_id(pending), error, certain=unanswered is None) from error
        except (nats.errors.Error, OSError) as error:
            if isinstance(error, ConnectFailed) and unanswered is None:
                raise
            unanswered = error
            for one in pending:
                one.unheard(error)
            if await patience.pause():
                continue
            break
        if refusal is None:
            for one in pending:
                one.settle(0, duplicate=False)
            return
        if unanswered is None or refusal.err_code != DUPLICATE_IN_BATCH:
            raise refused(_first_id(pending), refusal, certain=unanswered is None)
        await _send_the_rest(config, pending)
        return
    for one in pending:
        note_doubt(one.wanted, one.present)
    raise unconfirmed(_first_id(pending), patience.tries, unanswered) from unanswered


async def _commit_to_stream(
    connection: Client, js: JetStreamContext, config: Config, pending: list[_Pending]
) -> Refusal | None:
    """Send the batch; when the stream is missing, or of an older version, make it and send again."""
    sizes = [len(one.payload) for one in pending]
    # Of several queues, the first stands for all: their limits are the stream's, but for one that few set.
    async with room_for(connection, names(config).jobs, pending[0].subject, sizes) as reason:
        if reason is not None:
            raise store_full(_first_id(pending), reason, certain=not pending[0].present.unheard)
        refusal: Refusal | None = None
        for attempt in (1, 2):
            try:
                refusal = await _commit(connection, config, pending)
            except NoStreamResponseError:
                if attempt == 2:
                    raise
            else:
                if refusal is None or attempt == 2 or refusal.err_code not in OUTDATED_STREAM:
                    break
            await make_stream(connection, config)
        if refusal is not None:
            check_temporary(refusal)
        return refusal


async def _send_the_rest(config: Config, pending: list[_Pending]) -> None:
    """Send each job by itself, after silence and then a duplicate.

    Either the batch is stored, or one of its jobs had been before. Sent one by one, each is stored in either case, and
    an error says so if one is not.
    """
    await _send_all(config, pending)
    for one in pending:
        if one.verdict is not None and one.verdict.error is not None:
            raise one.verdict.error


def _first_id(pending: list[_Pending]) -> str:
    return f"{pending[0].job.id} and {len(pending) - 1} more" if len(pending) > 1 else pending[0].job.id


async def _commit(connection: Client, config: Config, pending: list[_Pending]) -> Refusal | None:
    """Send the batch; returns why it was refused, None when it is stored."""
    batch = uuid.uuid4().hex
    timeout = config.queue.publish_timeout
    last = len(pending)
    pipeline = await pipeline_of(connection)
    for number, one in enumerate(pending, 1):
        headers = {**one.headers, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
        if number == last:
            headers["Nats-Batch-Commit"] = "1"
            return stored(await pipeline.request(one.subject, one.payload, headers, timeout)).error
        if number == 1:
            # The first is answered too, with nothing when the batch may go on.
            refusal = _refusal_of_first(await pipeline.request(one.subject, one.payload, headers, timeout))
            if refusal is not None:
                return refusal
        else:
            await connection.publish(one.subject, one.payload, headers=headers)
    raise AssertionError("a batch has a last job")


def _refusal_of_first(answer: Msg) -> Refusal | None:
    return None if not answer.data and not answer.headers else stored(answer).error
