"""Writing results of jobs by compare-and-set, see `naq.worker.record_store`."""

import asyncio
import logging
from typing import Final, NamedTuple

import nats.errors
from nats.js import JetStreamContext

from naq.config import Config
from naq.errors import PermissionDenied
from naq.queue.expiry import TTL, ttl_of
from naq.queue.pipeline import Pipeline, Refusal, stored
from naq.queue.publishing import lacks_room
from naq.queue.results import last_revision, record_of
from naq.queue.revisions import EXPECTED, WRONG_REVISION
from naq.queue.streams import names
from naq.records import JobResult, MessageState, encode
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.not_stored import (
    ATTEMPTS,
    TTL_DISABLED,
    UNANSWERED,
    NoRoom,
    NotStored,
    Unfit,
    after_conflict,
    make_buckets_again,
)
from naq.worker.precedence import is_ours

logger = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 5.0
# Error codes for a message that is never accepted.
UNFIT: Final = frozenset({10054, 10165})


class ResultStore:
    """Writes the results of one worker's jobs over one connection."""

    def __init__(self, js: JetStreamContext, pipeline: Pipeline, config: Config, *, patient: bool = False) -> None:
        self._js = js
        self._pipeline = pipeline
        self._config = config
        self._names = names(config)
        self._patient = patient
        self._timeout = config.queue.publish_timeout

    async def put_result(self, record: JobRecord, result: JobResult, ttl: float, delivery: Delivery | None) -> None:
        """Write a result, as `put` does."""
        await self.put(record, encode(result), {TTL: ttl_of(ttl)}, delivery, f"the result of job {result.job_id}")

    async def put(
        self, record: JobRecord, payload: bytes, headers: dict[str, str], delivery: Delivery | None, what: str
    ) -> None:
        """Write a record to the job's key and wait for the server to confirm it; a patient store tries without limit.

        `what` names the record in errors. Raises `Superseded` when another delivery has stored its outcome, and
        `Unfit`, `NoRoom` or `NotStored`.
        """
        attempt = conflicts = 0
        while True:
            attempt += 1
            try:
                refusal = await self._publish(record, payload, headers, delivery)
                if refusal is None:
                    return
                if delivery is not None and refusal.err_code in WRONG_REVISION:
                    if await self._is_ours(record, payload, headers, delivery):
                        return
                    conflicts = await after_conflict(conflicts, what)
                    continue
                obstacle = _obstacle_of_refusal(refusal, attempt, what)
            except (nats.errors.Error, OSError) as error:
                obstacle = _obstacle_of_error(error, what, self._config.nats.reconnect_time_wait)
            if attempt >= ATTEMPTS and not self._patient:
                raise NotStored(f"{what} could not be stored: {obstacle.text}")
            logger.warning("%s is not stored, try %d: %s", what, attempt, obstacle.text)
            if obstacle.needs_repair:
                await make_buckets_again(self._js, self._config)
            await asyncio.sleep(0 if obstacle.needs_repair and attempt == 1 else obstacle.pause)

    async def _publish(
        self, record: JobRecord, payload: bytes, headers: dict[str, str], delivery: Delivery | None
    ) -> Refusal | None:
        """Publish a result once; returns the server's refusal, None when it is stored. Sets the expected revision."""
        if delivery is not None:
            headers[EXPECTED] = str(delivery.result_revision)
        subject = self._names.key(self._names.results, record.job.id)
        answer = stored(await self._pipeline.request(subject, payload, headers, self._timeout))
        if answer.error is None and delivery is not None:
            delivery.result_revision = answer.seq
        return answer.error

    async def _is_ours(self, record: JobRecord, payload: bytes, headers: dict[str, str], delivery: Delivery) -> bool:
        """Read the present result; see `is_ours`. Raises `Superseded`, and nats-py's errors."""
        where = self._names
        last = await last_revision(self._js, where.results, where.key(where.results, record.job.id))
        ours = is_ours(last, payload, headers, delivery, record.state)
        result = record_of(last.value, JobResult)
        if result is not None and result.seq and not ours:
            # Of another message of the job: after this write, only the state of the job tells its end.
            ended = MessageState(seq=result.seq, stored=result.stored, state=result.state, at=result.at)
            delivery.others = (ended, *(one for one in delivery.others if not result.is_of(one.seq, one.stored)))
        delivery.result_revision = last.revision
        return ours


class _Obstacle(NamedTuple):
    """Why a result is not stored, how long to wait before the next try, and whether to create the buckets again."""

    text: str
    pause: float
    needs_repair: bool


def _obstacle_of_refusal(refusal: Refusal, attempt: int, what: str) -> _Obstacle:
    """Return what to do after the server has refused a write. Raises `NoRoom` or `Unfit` if another try is useless."""
    text = refusal.description
    if lacks_room(refusal.err_code, text):
        raise NoRoom(f"{what} could not be stored: {text}")
    if refusal.err_code in UNFIT:
        raise Unfit(f"{what} cannot be stored: {text}")
    return _Obstacle(text, min(LONGEST_PAUSE, 0.1 * 2 ** min(attempt, 10)), refusal.err_code == TTL_DISABLED)


def _obstacle_of_error(error: Exception, what: str, pause: float) -> _Obstacle:
    """Return what to do after an error of a write. Raises `NotStored` or `Unfit` if another try is useless."""
    if isinstance(error, nats.errors.ConnectionClosedError):
        raise NotStored(f"{what} could not be stored: {error!r}") from error
    if isinstance(error, PermissionDenied):
        raise Unfit(f"{what} cannot be stored: {error}") from error
    return _Obstacle(repr(error), pause, isinstance(error, UNANSWERED))
