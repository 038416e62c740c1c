"""Many concurrent requests over one connection, each with an answer.

nats-py's `publish_async` (2.16) never resolves the future of a publish that the server refuses, and its `request` takes
a third longer than necessary. So answers are matched here: one subscription for all, one token for each request. The
pipeline of a leased connection is kept with it. Knows subjects and bytes, not jobs.
"""

import asyncio
from typing import Self

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import NoStreamResponseError

from naq.connection.client import PooledClient
from naq.connection.denials import PUBLISH
from naq.connection.lease import kept_with
from naq.errors import PermissionDenied

NO_RESPONDERS = "503"
MOST_AT_ONCE = 1000


class UnreadableAnswer(nats.errors.Error):
    """The answer to a publish did not come from a stream, so it is unknown whether the message is stored."""


class Refusal(msgspec.Struct, frozen=True):
    """Why the server did not store a message."""

    code: int = 0
    err_code: int = 0
    description: str = ""


class Stored(msgspec.Struct, frozen=True):
    """The server's answer to a publish; `error` is None when the message is stored."""

    stream: str = ""
    seq: int = 0
    duplicate: bool = False
    error: Refusal | None = None


_answer_decoder = msgspec.json.Decoder(Stored)


class Pipeline:
    """Requests over one connection, from one event loop. Each request ends with an answer or with a timeout."""

    def __init__(self, connection: Client) -> None:
        self._connection = connection
        self._inbox = connection.new_inbox()
        self._cut = len(self._inbox) + 1
        # By token: the future of the answer, its deadline, and the subject of the request.
        self._waiting: dict[str, tuple[asyncio.Future[Msg], float, str]] = {}
        # One timer for the earliest deadline: a timer for each request would take more time than all other work here.
        self._timer: asyncio.TimerHandle | None = None
        self._denials = connection.denials if isinstance(connection, PooledClient) else None
        self._last = 0
        # Limits concurrent calls that publish one message each: more of them would wait in a buffer and time out.
        self.turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._loop = asyncio.get_running_loop()

    async def open(self) -> Self:
        """Subscribe to the answers; the subscription lasts as long as the connection."""
        answers = f"{self._inbox}.*"
        if isinstance(self._connection, PooledClient):
            self._connection.denials.watch(self._on_denial)
            await self._connection.subscribe_directly(answers, self._on_answer)
        else:
            await self._connection.subscribe(answers, cb=self._handle_answer)
        return self

    @property
    def max_payload(self) -> int:
        """The server's limit for a message, headers included, in bytes."""
        return self._connection.max_payload

    @property
    def in_flight(self) -> int:
        """The number of requests without an answer; one whose caller has stopped waiting counts until its deadline."""
        return len(self._waiting)

    async def send(
        self, subject: str, payload: bytes, headers: dict[str, str] | None, timeout: float
    ) -> asyncio.Future[Msg]:
        """Send a request and return a future of its answer.

        After `timeout` seconds the future raises nats-py's TimeoutError, and `PermissionDenied` if this user may not
        publish the request. The call itself raises `PermissionDenied` if this user may not subscribe to answers.
        """
        if self._denials is not None and self._denials.subscriptions:
            self._check_inbox(self._denials.subscriptions)
        self._last += 1
        token = str(self._last)
        future: asyncio.Future[Msg] = self._loop.create_future()
        deadline = self._loop.time() + timeout
        self._waiting[token] = (future, deadline, subject)
        if self._timer is None or deadline < self._timer.when():
            self._set_timer(deadline)
        try:
            await self._connection.publish(subject, payload, f"{self._inbox}.{token}", headers)
        except BaseException:
            self._forget(token)
            raise
        return future

    async def request(
        self, subject: str, payload: bytes = b"", headers: dict[str, str] | None = None, timeout: float = 5.0
    ) -> Msg:
        """Send a request and return its answer; raises what the future of `send` raises."""
        return await (await self.send(subject, payload, headers, timeout))

    async def publish(
        self, subject: str, payload: bytes, headers: dict[str, str] | None = None, timeout: float = 5.0
    ) -> Stored:
        """Publish to a stream and return the server's answer; see `request` and `stored` for the errors."""
        return stored(await self.request(subject, payload, headers, timeout))

    async def _handle_answer(self, msg: Msg) -> None:
        self._on_answer(msg)

    def _on_answer(self, msg: Msg) -> None:
        future = self._forget(msg.subject[self._cut :])
        if future is not None and not future.done():
            future.set_result(msg)

    def _set_timer(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        """End the requests whose deadline has passed, and set the timer for the next."""
        self._timer = None
        now = self._loop.time()
        for token, (future, deadline, _) in list(self._waiting.items()):
            if deadline <= now:
                del self._waiting[token]
                if not future.done():
                    future.set_exception(nats.errors.TimeoutError())
                    # Retrieved, so that asyncio does not log it if the caller has stopped waiting.
                    future.exception()
        if self._waiting:
            self._set_timer(min(deadline for _, deadline, _ in self._waiting.values()))

    def _check_inbox(self, denied: set[str]) -> None:
        if f"{self._inbox}.*".lower() in denied:
            raise PermissionDenied("subscribe", f"{self._inbox}.*")

    def _on_denial(self, operation: str, subject: str) -> bool:
        """End the requests that will not be answered; returns whether there were any."""
        found = False
        for token, (future, _, requested) in list(self._waiting.items()):
            denied = requested if operation == PUBLISH else f"{self._inbox}.*"
            if denied.lower() == subject:
                self._forget(token)
                if not future.done():
                    future.set_exception(PermissionDenied(operation, denied))
                    # Retrieved, as in `_expire`.
                    future.exception()
                found = True
        return found

    def _forget(self, token: str) -> asyncio.Future[Msg] | None:
        known = self._waiting.pop(token, None)
        return None if known is None else known[0]


async def pipeline_of(connection: Client) -> Pipeline:
    """Return the pipeline that is kept with a leased connection; for another connection, a new pipeline."""
    leased = kept_with(connection)
    if leased is None:
        return await Pipeline(connection).open()
    client, kept = leased
    pipeline: Pipeline | None = kept.get(Pipeline)
    if pipeline is None:
        # Kept before it is open: a concurrent call publishes after the subscription has been sent.
        pipeline = kept[Pipeline] = Pipeline(client)
        await pipeline.open()
    return pipeline


def stored(answer: Msg) -> Stored:
    """Return the acknowledgement or refusal in the server's answer to a publish.

    Raises nats-py's NoStreamResponseError when no stream has the subject, and `UnreadableAnswer` when the answer is not
    that of a stream.
    """
    if answer.headers is not None and answer.headers.get("Status") == NO_RESPONDERS:
        raise NoStreamResponseError
    try:
        return _answer_decoder.decode(answer.data)
    except msgspec.MsgspecError as error:
        raise UnreadableAnswer(f"not an answer of a stream: {error}") from error
