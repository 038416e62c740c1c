"""Getting one message stored: confirmed by the server, tried again under the same id, refused in words.

The message id makes a second try harmless: within the stream's duplicate window it is stored once, even when the
first try arrives late. Knows nothing of what is in the message.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js.api import Header
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError

from naq.config import Config
from naq.connection import jetstream_context, nats_connection
from naq.connection.denials import SUBSCRIBE
from naq.connection.lease import kept_with
from naq.error_text import error_text
from naq.errors import ConnectFailed, EnqueueFailed, JetStreamDisabled, PayloadTooLarge, PermissionDenied, StoreFull
from naq.queue.limits import Admissions, Guard, guard_of, size_of
from naq.queue.memory import Place
from naq.queue.pipeline import Pipeline, Refusal, Stored, pipeline_of, stored
from naq.queue.streams import ensure_jobs, names

logger = logging.getLogger(__name__)

# Room for headers, and for the reason should the job end in the failed store with the payload as it is.
RESERVED = 4096
MSG_ID = Header.MSG_ID.value

SCHEDULES_DISABLED = 10188
ATOMIC_DISABLED = 10174
# What an older version of the stream refuses, and the present one does not.
OUTDATED_STREAM = frozenset({SCHEDULES_DISABLED, ATOMIC_DISABLED})
# A cluster between two leaders: no word on the message yet.
CLUSTER_NOT_AVAILABLE = 10008
NOT_LEADER = 10009
TEMPORARY = frozenset({CLUSTER_NOT_AVAILABLE, NOT_LEADER})
# No room: in the account, the server, its memory, its files; in the stream, where the words say so.
ACCOUNT_FULL = 10002
SERVER_FULL = 10023
MEMORY_FULL = 10028
FILES_FULL = 10047
STORE_FAILED = 10077
FULL = frozenset({ACCOUNT_FULL, SERVER_FULL, MEMORY_FULL, FILES_FULL})
FULL_STREAM = re.compile("maximum (bytes|messages)|no space left")
# Seconds between two tries, at most.
LONGEST_PAUSE: Final = 1.0
# For an answer, however little time is left.
SHORTEST_TRY: Final = 0.1
# The job is not stored, and would not be however often it is tried.
HOPELESS = (PermissionDenied, JetStreamDisabled)

Answer = TypeVar("Answer")


def largest_payload(connection: Client | Pipeline) -> int:
    """How many bytes a job or a result may have on this connection."""
    limit = connection.max_payload
    return limit - min(RESERVED, limit // 16)


def check_size(connection: Client | Pipeline, payload: bytes, job_id: str) -> None:
    """Raise `PayloadTooLarge` before anything is sent: the server answers a message over its limit by hanging up."""
    limit = largest_payload(connection)
    if len(payload) > limit:
        raise PayloadTooLarge(
            f"job {job_id} takes {len(payload)} bytes, and this server takes {limit}; "
            "store the data elsewhere and pass where it is"
        )


class Patience:
    """How long one call goes on trying: `publish_attempts` times, and as long as that many silent tries would take.

    Both count: a try that is refused at once takes no time, and a program that is busy with its own work may find that
    the time is over before it has read the first answer.
    """

    __slots__ = ("_began", "_config", "_loop", "floor", "tries", "unheard")

    def __init__(self, config: Config) -> None:
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.tries = 0
        # Whether the message of a try may have been stored although no answer came.
        self.unheard = False
        # A number that the stream had reached before the first of these tries; 0 where nothing is known.
        self.floor = 0

    def sending(self, reached: int) -> None:
        """A try follows; the stream has reached this number."""
        if not self.unheard:
            self.floor = reached

    @property
    def _deadline(self) -> float:
        queue = self._config.queue
        return self._began + queue.publish_timeout * queue.publish_attempts

    @property
    def timeout(self) -> float:
        """For the next answer, in seconds."""
        timeout = self._config.queue.publish_timeout
        if self.tries <= self._config.queue.publish_attempts:
            return timeout
        return min(timeout, max(SHORTEST_TRY, self._deadline - self._loop.time()))

    def extend(self, seconds: float) -> None:
        """Time that was not spent on waiting for the server."""
        self._began += seconds

    async def pause(self) -> bool:
        """Wait before the next try; false, without a wait, when no time is left for one.

        Answers such as "no leader" come at once: the pause keeps the server from being asked in a tight loop.
        """
        pause = min(LONGEST_PAUSE, self._config.nats.reconnect_time_wait)
        if self.tries >= self._config.queue.publish_attempts and self._loop.time() + pause >= self._deadline:
            return False
        await asyncio.sleep(pause)
        return True


async def until_answered(
    config: Config, job_id: str, patience: Patience, attempt: Callable[[Client], Awaitable[Answer]]
) -> Answer:
    """Try on a leased connection until the server has answered, for as long as `patience` allows.

    Raises `EnqueueFailed` when no answer came in time, what `attempt` raises of naq's own errors, and what leasing the
    first connection raises, `ConnectFailed` above all. `EnqueueFailed` comes at once when the permission to store the
    job, or JetStream itself, is missing.
    """
    problem: Exception | None = None
    while True:
        patience.tries += 1
        try:
            async with nats_connection(config) as connection:
                if isinstance(problem, nats.errors.TimeoutError):
                    await ensure_after_silence(connection, config)
                return await attempt(connection)
        except HOPELESS as error:
            # What was denied may have been a look at the job's message, which says nothing of the job.
            raise not_stored(job_id, error, certain=False) from error
        except (nats.errors.Error, OSError) as error:
            if isinstance(error, ConnectFailed) and problem is None and not patience.unheard:
                raise
            patience.unheard |= not isinstance(error, (NoStreamResponseError, ConnectFailed))
            # The first in a row is worth a warning, the others say the same.
            level = logging.DEBUG if type(error) is type(problem) else logging.WARNING
            logger.log(level, "job %s: try %d not confirmed: %s", job_id, patience.tries, error_text(error))
            problem = error
        if not await patience.pause():
            raise unconfirmed(job_id, patience.tries, problem) from problem


async def publish_once(
    config: Config, place: Place, job_id: str, payload: bytes, headers: dict[str, str], patience: Patience
) -> Stored | None:
    """The one try that nearly every job needs; None when it takes more than that, which is `publish_job`'s.

    `patience` then knows whether the message may be stored. Raises `PayloadTooLarge`, and what leasing a connection
    raises.
    """
    async with nats_connection(config) as connection:
        leased = kept_with(connection)
        pipeline: Pipeline | None = leased[1].get(Pipeline) if leased else None
        guard: Guard | None = leased[1].get((Guard, place.stream)) if leased else None
        if pipeline is None or guard is None:
            return None
        if len(payload) * 2 > pipeline.max_payload:
            check_size(pipeline, payload, job_id)
        size = size_of(payload, headers)
        if pipeline.turns.locked() or not guard.admits(size):
            return None
        await pipeline.turns.acquire()
        patience.sending(guard.reached)
        try:
            sent = await pipeline.send(place.subject, payload, headers, config.queue.publish_timeout)
            answer = stored(await sent)
        except (NoStreamResponseError, *HOPELESS):
            # Not stored for sure; the next try deals with it.
            return None
        except (nats.errors.Error, OSError) as error:
            logger.warning("job %s: try 1 not confirmed: %s", job_id, error_text(error))
            patience.tries, patience.unheard = 1, True
            return None
        finally:
            pipeline.turns.release()
            guard.answered(size)
    return answer if answer.error is None else None


async def publish_job(
    config: Config,
    job_id: str,
    subject: str,
    payload: bytes,
    headers: dict[str, str] | None = None,
    patience: Patience | None = None,
) -> Stored:
    """Publish to the jobs stream until the server confirms it; makes the stream when it is missing.

    Returns the server's answer, which may be that it has had a message of this id (`job_id`, unless the headers name
    another). Raises `EnqueueFailed` when the server refuses, or gives no answer in `publish_attempts` times
    `publish_timeout` seconds; `PayloadTooLarge`; and what leasing a connection raises, `ConnectFailed` above all.
    """
    headers = {MSG_ID: job_id} if headers is None else {MSG_ID: job_id, **headers}
    patience = patience or Patience(config)

    async def attempt(connection: Client) -> Stored:
        try:
            return await _publish(connection, config, job_id, subject, payload, headers, patience)
        except HOPELESS as error:
            raise not_stored(job_id, error, certain=not patience.unheard) from error

    answer = await until_answered(config, job_id, patience, attempt)
    if answer.error is not None:
        raise refused(job_id, answer.error, certain=not patience.unheard)
    return answer


async def _publish(
    connection: Client,
    config: Config,
    job_id: str,
    subject: str,
    payload: bytes,
    headers: dict[str, str],
    patience: Patience,
) -> Stored:
    """One try. Who finds the stream missing, or of an older version, makes it and tries again."""
    pipeline = await pipeline_of(connection)
    check_size(pipeline, payload, job_id)
    with Admissions(guard_of(connection, names(config).jobs)) as admitted:
        reason = await admitted.refusal(connection, subject, [size_of(payload, headers)])
        if reason is not None:
            raise store_full(job_id, reason, certain=not patience.unheard)
        patience.sending(admitted.reached)
        try:
            answer = await _in_turn(pipeline, subject, payload, headers, patience)
            if answer.error is None:
                return answer
            check_temporary(answer.error)
            if answer.error.err_code not in OUTDATED_STREAM:
                return answer
        except NoStreamResponseError:
            logger.info("no stream takes %s yet", subject)
        await make_stream(connection, config)
        answer = await _in_turn(pipeline, subject, payload, headers, patience)
        if answer.error is not None:
            check_temporary(answer.error)
        return answer


async def _in_turn(
    pipeline: Pipeline, subject: str, payload: bytes, headers: dict[str, str], patience: Patience
) -> Stored:
    """Publish, not too many at once: answers to what waits in a buffer come too late. That wait is not the server's."""
    if pipeline.turns.locked():
        began = time.monotonic()
        await pipeline.turns.acquire()
        patience.extend(time.monotonic() - began)
    else:
        await pipeline.turns.acquire()
    try:
        return await pipeline.publish(subject, payload, headers, patience.timeout)
    finally:
        pipeline.turns.release()


class _Making:
    """Kept with a connection: of many that find the stream missing at the same time, one makes it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.done = 0


async def make_stream(connection: Client, config: Config) -> None:
    """Make the jobs stream, or bring it up to date; who comes while another does so waits for that.

    Raises what `ensure_jobs` raises, where it was called here.
    """
    leased = kept_with(connection)
    making = _Making() if leased is None else leased[1].setdefault((_Making, config.queue.prefix), _Making())
    before = making.done
    async with making.lock:
        if making.done != before:
            return
        try:
            async with jetstream_context(connection) as js:
                await ensure_jobs(connection, js, config)
        except Exception:
            making.done += 1
            raise
        making.done += 1


async def ensure_after_silence(connection: Client, config: Config) -> None:
    """Create the stream if it is missing: with a subscriber to all subjects, the server does not report its absence."""
    try:
        async with asyncio.timeout(config.queue.publish_timeout):
            await make_stream(connection, config)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        logger.info("the jobs stream is not looked at: %s", error_text(error))


def lacks_room(err_code: int | None, description: str | None) -> bool:
    """Whether the server has refused a message because a store is full: room is made by jobs that are settled."""
    return err_code in FULL or (err_code == STORE_FAILED and FULL_STREAM.search(description or "") is not None)


def check_temporary(refusal: Refusal) -> None:
    """Raise nats-py's ServiceUnavailableError for a word that is none on the message: it is to be sent again."""
    if refusal.err_code in TEMPORARY:
        raise ServiceUnavailableError(description=refusal.description)


def refused(job_id: str, refusal: Refusal, *, certain: bool = True) -> EnqueueFailed:
    """The error for a job that the server has said no to; not `certain` when an earlier try may have been stored."""
    if lacks_room(refusal.err_code, refusal.description):
        error: EnqueueFailed = store_full(job_id, refusal.description, certain=certain, code=refusal.err_code)
    else:
        text = f"job {job_id} {_so(certain)}, the server refuses it: {refusal.description}"
        error = EnqueueFailed(text, job_id, refused=certain, code=refusal.err_code)
    # As if nats-py had said it: who handles its errors finds them where a publish by hand would have raised them.
    error.__cause__ = _api_error(refusal)
    return error


def store_full(job_id: str, reason: str, *, certain: bool = True, code: int = 0) -> StoreFull:
    """The error for a job that there is no room for; not `certain` when an earlier try may have been stored."""
    text = f"job {job_id} {_so(certain)}, the store is full: {reason}; workers make room, enqueue the job again later"
    return StoreFull(text, job_id, refused=certain, code=code)


def _so(certain: bool) -> str:
    return "is not stored" if certain else "may not be stored: after a try without an answer"


def _api_error(refusal: Refusal) -> APIError:
    try:
        APIError.from_error(msgspec.structs.asdict(refusal))
    except APIError as error:
        return error
    raise AssertionError("from_error always raises")


def not_stored(job_id: str, error: Exception, *, certain: bool = True) -> EnqueueFailed:
    """The error for a job that cannot be stored by this user or on this server.

    Where the answers are denied, and not the publishing, the job may be stored all the same; so it may where an
    earlier try had no answer (`certain` false).
    """
    deaf = isinstance(error, PermissionDenied) and error.operation == SUBSCRIBE
    said = "is not stored" if certain and not deaf else "may not be stored, no confirmation can come"
    return EnqueueFailed(f"job {job_id} {said}: {error_text(error)}", job_id, refused=certain and not deaf)


def unconfirmed(job_id: str, tries: int, error: Exception) -> EnqueueFailed:
    """The error for a job that the server has not answered for."""
    return EnqueueFailed(
        f"job {job_id} may not be stored: {tries} tries were not confirmed ({error_text(error)}); "
        "enqueueing the same job again stores it once",
        job_id,
        refused=False,
    )
