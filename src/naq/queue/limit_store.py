"""The stream of limits that are in use: its configuration, its subjects, and writes by compare-and-set.

A place of a limit is one subject. A job holds the place while the subject has a message, which the server deletes when
its time to live is over: so a worker that dies frees its places, by the server's clock alone. A message is deleted by
its sequence number, so that no worker frees a place that another job has taken meanwhile.
"""

import re
from typing import Final, NamedTuple

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from naq.config import Config
from naq.connection.subjects import subject_counts
from naq.limits import Limited
from naq.queue.expiry import TTL, ttl_of
from naq.queue.pipeline import Pipeline
from naq.queue.revisions import EXPECTED, WRONG_REVISION
from naq.queue.stored_messages import delete_message, nanoseconds
from naq.queue.streams import ensure_stream, names

# Characters that are not one part of a subject as they are; `/` stands for the `:` of an import path.
_OTHER: Final = re.compile(r"[^A-Za-z0-9_./-]")


class Holder(msgspec.Struct, frozen=True):
    """The message of a place: who holds it. `token` is unique, so that a worker finds its own message again."""

    worker: str
    job: str
    limit: int
    token: str


class Stored(NamedTuple):
    """A message of the stream."""

    seq: int
    data: bytes


def key_of(limited: Limited) -> str:
    """Return the first parts of the subjects of a limit, unique for each queue and function."""
    if limited.kind == "queue":
        return f"q.{limited.name}"
    path = limited.name.replace(":", "/")
    return "f." + _OTHER.sub(lambda found: "".join(f"={byte:02x}" for byte in found[0].encode()), path)


def name_of(key: str) -> tuple[str, str]:
    """Return kind and name of the queue or function of a key."""
    kind, _, name = key.partition(".")
    if kind == "q":
        return "queue", name
    raw = re.sub(rb"=([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), name.encode())
    return "function", raw.decode(errors="replace").replace("/", ":")


def limits_stream(config: Config) -> StreamConfig:
    """Return the configuration of the stream."""
    where = names(config)
    return StreamConfig(
        name=where.limits,
        subjects=[where.limit(">")],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType(config.queue.storage),
        num_replicas=config.queue.replicas,
        max_msgs_per_subject=1,
        allow_direct=True,
        allow_msg_ttl=True,
    )


class LimitStore:
    """Reads and writes the stream over one connection. All methods raise nats-py's errors and `PermissionDenied`."""

    def __init__(self, connection: Client, js: JetStreamContext, pipeline: Pipeline, config: Config) -> None:
        self.connection = connection
        self._js = js
        self._pipeline = pipeline
        self._config = config
        self.names = names(config)
        self._timeout = config.queue.publish_timeout

    async def make(self) -> None:
        """Make the stream if it is missing."""
        await ensure_stream(self._js, limits_stream(self._config))

    async def put(self, key: str, data: bytes, expected: int, ttl: int) -> int | None:
        """Write a message if the last one of its subject has the sequence number `expected`, 0 for none.

        Returns its sequence number; None when there is another message.
        """
        headers = {EXPECTED: str(expected), TTL: ttl_of(ttl)}
        subject = self.names.limit(key)
        try:
            answer = await self._pipeline.publish(subject, data, headers, self._timeout)
        except NoStreamResponseError:
            await self.make()
            # The stream is empty.
            headers[EXPECTED] = "0"
            answer = await self._pipeline.publish(subject, data, headers, self._timeout)
        if answer.error is None:
            return answer.seq
        if answer.error.err_code in WRONG_REVISION:
            return None
        raise APIError(code=answer.error.code, err_code=answer.error.err_code, description=answer.error.description)

    async def read(self, key: str) -> Stored | None:
        """Return the message of a subject as the stream's leader has it; None when there is none."""
        try:
            raw = await self._js.get_msg(self.names.limits, subject=self.names.limit(key))
        except NotFoundError:
            return None
        return Stored(raw.seq or 0, raw.data or b"")

    async def delete(self, seq: int) -> None:
        """Delete a message; one that does not exist any more is not an error."""
        await delete_message(self._js, self.names.limits, seq)

    async def keys(self, pattern: str) -> list[str]:
        """Return the keys that match a pattern and have a message."""
        cut = len(self.names.limit(""))
        try:
            found = await subject_counts(self._js, self.names.limits, self.names.limit(pattern))
        except NotFoundError:
            return []
        return [subject[cut:] for subject in found]

    async def now(self) -> float:
        """Return the server's time in seconds since 1970."""
        answer = await self._js._api_request(
            f"{self._js._prefix}.STREAM.INFO.{self.names.limits}", b"", timeout=self._js._timeout
        )
        if "ts" not in answer:
            raise nats.errors.Error("the server tells no time (nats-server 2.10 or newer is needed)")
        return nanoseconds(answer["ts"]) / 1e9
