"""Waking a job that waits for another job, as soon as the other job has ended.

A waiting job is given back with a delay. The server redelivers a delayed message at once when it is given back a second
time without a delay. If no worker does that, because the worker has ended or watches too many jobs, the message is
redelivered when its delay is over.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.cancellation import spawn
from naq.config import Config
from naq.connection.denials import expect_denials, subscription_denied
from naq.errors import DeserializationError
from naq.queue.streams import names
from naq.records import FINAL, JobState, decode

logger = logging.getLogger(__name__)

# How many jobs, for which others wait, one worker watches at the same time.
MOST_WATCHED: Final = 1_000
# Seconds before the end of its delay in which a message is not given back again, as another worker may have it by then,
# and the job would run twice.
MARGIN: Final = 0.5
# Seconds after which the state of a job is read again. The server may have received the job's final state before the
# subscription, but not have stored it when the state was read first. Without the right to subscribe to results, the
# state is read again and again after the last pause.
LOOK_AGAIN: Final = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class _Sleeper:
    """A message that was given back, and the loop's time at which its delay is over."""

    reply: str
    until: float


class Waker:
    """Wakes messages that one worker has given back because their jobs wait for another job."""

    def __init__(self, connection: Client, config: Config, final_state: Callable[[str], Awaitable[str | None]]) -> None:
        self._connection = connection
        self._names = names(config)
        self._final_state = final_state
        self._loop = asyncio.get_running_loop()
        self._sleeping: dict[str, list[_Sleeper]] = {}
        self._subscriptions: dict[str, list[Any]] = {}
        # Whether this worker may subscribe to results, None before the first try.
        self._hears_results: bool | None = None

    @property
    def watched(self) -> int:
        """The number of watched jobs."""
        return len(self._sleeping)

    async def watch(self, job_id: str, reply: str, delay: float) -> None:
        """Wake the message with this reply subject when a job has ended; it was given back for `delay` seconds."""
        if delay <= MARGIN or (job_id not in self._sleeping and self.watched >= MOST_WATCHED):
            return
        sleeper = _Sleeper(reply, self._loop.time() + delay)
        self._loop.call_later(delay - MARGIN, self._leave_alone, job_id, sleeper)
        known = self._sleeping.get(job_id)
        if known is not None:
            known.append(sleeper)
        else:
            self._sleeping[job_id] = [sleeper]
            try:
                await self._subscribe(job_id)
            except (nats.errors.Error, OSError) as error:
                logger.debug("job %s is not watched: %r", job_id, error)
                self._sleeping.pop(job_id, None)
                return
        await self._check_state(job_id)
        self._look_again(job_id)

    def close(self) -> None:
        """Wake nothing more; the subscriptions end with the connection's lease."""
        self._sleeping.clear()
        self._subscriptions.clear()

    async def _subscribe(self, job_id: str) -> None:
        subscriptions = [await self._subscribe_to_state(job_id)]
        if self._hears_results is not False:
            subscriptions += await self._subscribe_to_result(job_id)
        if job_id in self._sleeping:
            self._subscriptions[job_id] = subscriptions
        else:
            self._end(subscriptions)

    async def _subscribe_to_state(self, job_id: str) -> Any:
        async def on_state(msg: Msg) -> None:
            try:
                ended = decode(msg.data, JobState).state in FINAL
            except DeserializationError:
                return
            if ended:
                await self._wake(job_id)

        return await self._connection.subscribe(self._names.key(self._names.states, job_id), cb=on_state)

    async def _subscribe_to_result(self, job_id: str) -> list[Any]:
        """Subscribe to the result of a job, which may be all that tells its end; returns the subscription, if any."""

        async def on_result(_: Msg) -> None:
            # The server sends the message before it has stored or refused it.
            await self._check_state(job_id)
            self._look_again(job_id)

        subject = self._names.key(self._names.results, job_id)
        with expect_denials(self._connection, [subject]):
            subscription = await self._connection.subscribe(subject, cb=on_result)
            if self._hears_results is None:
                # The answer comes behind a denial.
                await self._connection.flush()
                self._hears_results = not subscription_denied(self._connection, subject)
        if self._hears_results:
            return [subscription]
        self._end([subscription])
        pattern = self._names.key(self._names.results, "*")
        logger.warning("jobs that wait for others may be woken late: no permission to subscribe to %r", pattern)
        return []

    async def _check_state(self, job_id: str) -> None:
        """Wake the messages at once if the job has ended before it was watched."""
        try:
            if await self._final_state(job_id) is not None:
                await self._wake(job_id)
        except (nats.errors.Error, OSError) as error:
            logger.debug("the state of job %s cannot be read: %r", job_id, error)

    def _look_again(self, job_id: str) -> None:
        """Plan to read the state of a job again, while the same messages wait for it."""
        sleepers = self._sleeping.get(job_id)
        if sleepers is not None:
            for pause in LOOK_AGAIN:
                self._loop.call_later(pause, self._check_state_again, job_id, sleepers, pause)

    def _check_state_again(self, job_id: str, sleepers: list[_Sleeper], pause: float) -> None:
        if self._sleeping.get(job_id) is not sleepers or self._connection.is_closed:
            return
        spawn(self._check_state(job_id))
        if not self._hears_results and pause == LOOK_AGAIN[-1]:
            self._loop.call_later(pause, self._check_state_again, job_id, sleepers, pause)

    async def _wake(self, job_id: str) -> None:
        sleepers = self._forget(job_id)
        now = self._loop.time()
        for sleeper in sleepers:
            if now < sleeper.until - MARGIN:
                try:
                    await self._connection.publish(sleeper.reply, b"-NAK")
                except (nats.errors.Error, OSError) as error:
                    logger.debug("a job that waits for %s is not woken: %r", job_id, error)

    def _leave_alone(self, job_id: str, sleeper: _Sleeper) -> None:
        sleepers = self._sleeping.get(job_id, [])
        if sleeper in sleepers:
            sleepers.remove(sleeper)
            if not sleepers:
                self._forget(job_id)

    def _forget(self, job_id: str) -> list[_Sleeper]:
        self._end(self._subscriptions.pop(job_id, []))
        return self._sleeping.pop(job_id, [])

    def _end(self, subscriptions: list[Any]) -> None:
        # In separate tasks: unsubscribing cancels the subscription's handler, which may be the caller.
        if not self._connection.is_closed:
            for subscription in subscriptions:
                spawn(_unsubscribe(subscription))


async def _unsubscribe(subscription: Any) -> None:
    try:
        await subscription.unsubscribe()
    except (nats.errors.Error, OSError) as error:
        logger.debug("unsubscribing: %s", error)
