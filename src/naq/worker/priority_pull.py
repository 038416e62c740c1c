"""Pulling the messages of a queue with priorities: each free slot asks for the highest priority that waits.

While slots are free, one request for each priority waits on the server, so that a job of any priority starts at once.
When a slot gets free, the priorities are asked one after the other, in the order of `naq.worker.priority_turns`; a
request that does not wait tells whether there is a message. No message is taken for which there is no free slot.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.connection.client import subscribe_directly
from naq.connection.denials import watch_denials
from naq.errors import PermissionDenied
from naq.names import Names
from naq.option_values import PRIORITIES, Priority
from naq.queue.fetch import next_subject, status_of, wait_for_earlier_requests
from naq.worker.priority_turns import Turns

logger = logging.getLogger(__name__)

# Seconds after which a waiting request expires, and after which it counts as lost.
EXPIRES: Final = 10.0
SILENCE: Final = 5.0
LOOK_AGAIN: Final = 0.5
PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 5.0
# Seconds after which a priority that this worker may not pull is tried again.
BARRED: Final = 30.0
# Time limit in seconds for ending the subscription.
ENDING: Final = 2.0
NO_MESSAGE: Final = frozenset({"404", "408"})


@dataclass(slots=True, eq=False)
class _Request:
    """A request for `count` messages of one priority; `number` is in its reply subject. `ended` has its answer."""

    number: str
    level: Priority
    count: int
    ended: "asyncio.Future[None]"
    lost_at: float
    got: int = 0


class PriorityPuller:
    """Pulls the messages of one queue by priority, once `begin` was called.

    `room()` returns how many messages could start now, `deliver` takes each message, `prepare` makes the consumers.
    """

    def __init__(
        self,
        connection: Client,
        where: Names,
        queue: str,
        *,
        room: Callable[[], int],
        deliver: Callable[[Msg], None],
        prepare: Callable[[], Awaitable[Any]],
    ) -> None:
        self._connection = connection
        self._names = where
        self._queue = queue
        self._room = room
        self._deliver = deliver
        self._prepare = prepare
        self._turns = Turns()
        self._loop = asyncio.get_running_loop()
        self.begun = asyncio.Event()
        self._changed = asyncio.Event()
        self._subjects = {level: next_subject(where.jobs, where.consumer(queue, level)) for level in PRIORITIES}
        self._requests: dict[Priority, _Request] = {}
        self._number = 0
        self._inbox = ""
        self._subscription: Any = None
        self._consumer_lost = False
        # Until when each priority is left out, as this worker may not pull it.
        self._barred: dict[Priority, float] = {}
        self._reconnects = connection.stats["reconnects"]

    @property
    def active(self) -> bool:
        """Whether this pulls the queue's messages."""
        return self.begun.is_set()

    async def begin(self) -> None:
        """Make the consumers and pull from now on. Raises nats-py's errors and `PermissionDenied`."""
        if not self.active:
            await self._prepare()
            logger.info("queue %s has jobs with a priority", self._queue)
            self.begun.set()

    def wake(self) -> None:
        """Check whether there is room for another request."""
        self._changed.set()

    async def run(self) -> None:
        """Pull until cancelled. Raises ConnectionClosedError when the connection is closed permanently."""
        await self.begun.wait()
        self._inbox = self._connection.new_inbox()
        self._subscription = await subscribe_directly(self._connection, f"{self._inbox}.*", self._on_message)
        with contextlib.ExitStack() as watching:
            for subject in self._subjects.values():
                watching.enter_context(watch_denials(self._connection, subject, self._on_denial))
            await self._pull()

    async def stop(self) -> None:
        """Wait for messages that are under way, and unsubscribe. The task of `run` must have ended."""
        if self._subscription is None or not self._connection.is_connected:
            return
        try:
            async with asyncio.timeout(ENDING):
                for level in list(self._requests):
                    await wait_for_earlier_requests(self._connection, self._subjects[level])
                await self._subscription.drain()
        except (nats.errors.Error, TimeoutError, OSError) as error:
            logger.debug("ending the subscription to queue %s: %s", self._queue, error)

    async def _pull(self) -> None:
        pause = PAUSE
        while True:
            if self._connection.is_closed:
                raise nats.errors.ConnectionClosedError
            if not self._connection.is_connected:
                self._requests.clear()
                await asyncio.sleep(PAUSE / 5)
                continue
            try:
                await self._step()
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.warning("pulling from queue %s: %r; next try in %g s", self._queue, error, pause)
                self._requests.clear()
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                pause = PAUSE

    async def _step(self) -> None:
        if self._consumer_lost:
            # See `Puller`: the server reports a deleted stream before it has removed its files.
            await asyncio.sleep(PAUSE)
            await self._prepare()
            self._consumer_lost = False
            self._requests.clear()
        self._forget_lost()
        self._changed.clear()
        if self._room() > 0:
            await self._ask()
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                await self._changed.wait()
        except TimeoutError:
            return

    def _forget_lost(self) -> None:
        """Forget the requests of a lost connection, and those that the server has not answered in time."""
        reconnects = self._connection.stats["reconnects"]
        if reconnects != self._reconnects:
            self._reconnects = reconnects
            self._requests.clear()
        now = self._loop.time()
        for level in [level for level, request in self._requests.items() if request.lost_at < now]:
            del self._requests[level]

    async def _ask(self) -> None:
        """Ask the priorities in turn, until there is no room; those without a message get a request that waits."""
        for level, count in [*self._turns.due(self._room()), *((level, 0) for level in PRIORITIES)]:
            room = self._room()
            if room <= 0:
                return
            if self._may_ask(level):
                await self._ask_one(level, min(room, count or room))
        for level in PRIORITIES:
            if self._room() > 0 and self._may_ask(level):
                await self._send(level, 1, {"batch": 1, "expires": int(EXPIRES * 1e9)}, EXPIRES + SILENCE)

    def _may_ask(self, level: Priority) -> bool:
        """Return whether to ask for a priority: not if it is barred, or a request waits, which has found no message."""
        return level not in self._requests and self._barred.get(level, 0.0) < self._loop.time()

    async def _ask_one(self, level: Priority, count: int) -> None:
        """Take up to `count` messages of a priority that wait now. Raises nats-py's TimeoutError without an answer."""
        request = await self._send(level, count, {"batch": count, "no_wait": True}, SILENCE)
        try:
            async with asyncio.timeout(SILENCE):
                await request.ended
        except TimeoutError:
            raise nats.errors.TimeoutError from None
        self._turns.note(level, count, request.got)

    async def _send(self, level: Priority, count: int, request: dict[str, Any], seconds: float) -> _Request:
        self._number += 1
        sent = _Request(str(self._number), level, count, self._loop.create_future(), self._loop.time() + seconds)
        self._requests[level] = sent
        reply = f"{self._inbox}.{sent.number}"
        await self._connection.publish(self._subjects[level], json.dumps(request).encode(), reply=reply)
        return sent

    def _on_message(self, msg: Msg) -> None:
        status = status_of(msg)
        if status is None:
            request = self._requests.get(self._names.priority_of(msg.subject))
            self._deliver(msg)
            if request is not None:
                request.got += 1
                if request.got >= request.count:
                    self._end(request)
            return
        number = msg.subject.rpartition(".")[2]
        request = next((one for one in self._requests.values() if one.number == number), None)
        if request is None:
            # An answer to a request that was forgotten.
            return
        if status not in NO_MESSAGE:
            logger.info("queue %s, priority %s: %s", self._queue, request.level, status)
            self._consumer_lost = True
        self._end(request)

    def _end(self, request: _Request) -> None:
        if self._requests.get(request.level) is request:
            del self._requests[request.level]
        if not request.ended.done():
            request.ended.set_result(None)
        self._changed.set()

    def _on_denial(self, error: PermissionDenied) -> None:
        """Leave out the priority that this worker may not pull; the others go on."""
        level = next(level for level, subject in self._subjects.items() if subject == error.subject)
        if level not in self._barred:
            logger.error("queue %s: jobs with priority %s are not taken: %s", self._queue, level, error)
        self._barred[level] = self._loop.time() + BARRED
        request = self._requests.get(level)
        if request is not None:
            self._end(request)
