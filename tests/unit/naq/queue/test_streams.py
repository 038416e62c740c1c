"""Streams are made also if the first answer is lost; an error of a purge must not look like an empty stream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import ServiceUnavailableError

from naq.config import Config
from naq.connection import nats_connection
from naq.queue.streams import ensure_stream, purge_stream
from naq_support.aio import on_loop


@dataclass
class Answer:
    data: bytes


class Answers:
    """The part of a connection that is used here, which always returns the same answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    async def request(self, subject: str, payload: bytes, timeout: float) -> Answer:
        return Answer(json.dumps(self._answer).encode())


@on_loop
async def test_an_error_is_not_taken_for_an_empty_queue() -> None:
    error = {"code": 503, "err_code": 10008, "description": "JetStream system temporarily unavailable"}
    with pytest.raises(ServiceUnavailableError, match="temporarily unavailable"):
        await purge_stream(cast(Client, Answers({"error": error})), "naq_jobs", "naq.queue.a")


class Slow:
    """The used part of a JetStream context: a cluster that is slow to place a stream, and loses an answer."""

    def __init__(self, silences: int) -> None:
        self.asked: list[StreamConfig] = []
        self._silences = silences

    async def add_stream(self, config: StreamConfig) -> str:
        self.asked.append(config)
        if len(self.asked) <= self._silences:
            raise nats.errors.TimeoutError
        return "made"


@on_loop
async def test_a_stream_is_asked_for_again_when_no_answer_comes() -> None:
    wanted = StreamConfig(name="naq_jobs")
    slow = Slow(silences=1)
    assert await ensure_stream(cast(JetStreamContext, slow), wanted) == "made"
    assert slow.asked == [wanted, wanted]
    with pytest.raises(nats.errors.TimeoutError):
        await ensure_stream(cast(JetStreamContext, Slow(silences=2)), wanted)


@on_loop
async def test_a_stream_that_is_missing_has_nothing(naq_config: Config) -> None:
    async with nats_connection(naq_config) as connection:
        assert await purge_stream(connection, f"{naq_config.queue.prefix}_jobs") == 0
