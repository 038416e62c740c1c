"""What the server sends is parsed as nats-py does, however it is cut on its way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import nats.errors
import pytest
from nats.protocol.parser import Parser

from naq.config import NatsConfig
from naq.connection import parsing
from naq.connection.client import PooledClient
from naq.connection.parsing import MessageParser

# Subscription, subject, reply subject, payload and headers; or another line that the client was told of.
Seen = list[tuple[Any, ...]]

STREAM = (
    b"MSG a.b 1 5\r\nhello\r\n"
    b"MSG a.b 2 _INBOX.x 0\r\n\r\n"
    b"PING\r\n+OK\r\n"
    b"HMSG a 1 12 15\r\nNATS/1.0\r\n\r\nabc\r\n"
    b"HMSG a 3 r.1 22 22\r\nNATS/1.0 503\r\nA: b\r\n\r\n\r\n"
    b"MSG  spaced\t1  4\r\nMSG \r\n"
    b"PONG\r\n"
    b'INFO {"x": 1}\r\n'
    b"-ERR 'Permissions Violation'\r\n"
    b"MSG last 1 6\r\n\r\nMSG \r\n"
)


class Recorder:
    """A client that notes what its parser hands over."""

    def __init__(self) -> None:
        self.seen: Seen = []
        self.on_message: Callable[[], None] = lambda: None

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        self.seen.append((sid, subject, reply, data, headers or b""))
        self.on_message()

    async def _process_ping(self) -> None:
        self.seen.append(("ping",))

    async def _process_pong(self) -> None:
        self.seen.append(("pong",))

    async def _process_info(self, info: dict[str, Any]) -> None:
        self.seen.append(("info", info))

    async def _process_err(self, error: str) -> None:
        self.seen.append(("error", error))


def parsed(chunks: list[bytes], *, direct: int = 0) -> Seen:
    """Return what is handed over; messages of the subscription `direct` are taken by the parser's receiver."""
    client: Any = Recorder()

    def take(sid: int, *message: bytes) -> bool:
        if sid == direct:
            client.seen.append((sid, *message))
        return sid == direct

    return _fed(client, MessageParser(client, take), chunks)


def _fed(client: Any, parser: Parser, chunks: list[bytes]) -> Seen:
    async def main() -> None:
        for chunk in chunks:
            await parser.parse(chunk)

    asyncio.run(main())
    return client.seen  # type: ignore[no-any-return]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def test_messages_are_those_that_nats_py_finds() -> None:
    client: Any = Recorder()
    expected = _fed(client, Parser(client), [STREAM])
    assert len(expected) == 10
    dice = random.Random(1)
    ways = [[place] for place in range(len(STREAM))]
    ways += [sorted(dice.sample(range(len(STREAM)), dice.randrange(2, 60))) for _ in range(100)]
    for places in ways:
        for direct in (0, 1):
            assert parsed(cut(STREAM, places), direct=direct) == expected, places


@pytest.mark.parametrize(
    "line", [b"MSG a x 1\r\n", b"MSG a 1 -1\r\n", b"MSG a\r\n", b"junk\r\n", b"\r\n"]
)
def test_what_is_not_of_the_protocol_is_an_error(line: bytes) -> None:
    for data in (line, b"MSG a 1 1\r\nx\r\n" + line):
        with pytest.raises(nats.errors.ProtocolError):
            parsed([data])


def test_a_large_message_is_not_looked_at_with_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bytes] = []
    original = parsing._message_line
    monkeypatch.setattr(parsing, "_message_line", lambda line: looked.append(line) or original(line))
    chunks = [b"MSG a 1 50000\r\n", *[b"x" * 1000] * 50, b"\r\nMSG b 1 1\r\ny\r\n"]
    assert parsed(chunks) == [(1, b"a", b"", b"x" * 50_000, b""), (1, b"b", b"", b"y", b"")]
    assert len(looked) == 3


def test_what_a_lost_connection_has_sent_is_not_mixed_with_the_next() -> None:
    client: Any = Recorder()
    parser = MessageParser(client, lambda *_: False)
    # A message whose handling waits, until the connection is lost and another is made.
    client.on_message = parser.reset

    async def main() -> None:
        await parser.parse(b"MSG a 1 1\r\nx\r\nMSG b 1 1\r\ny\r\nMSG c")
        client.on_message = lambda: None
        await parser.parse(b"MSG d 1 1\r\nz\r\n")

    asyncio.run(main())
    assert [message[1] for message in client.seen] == [b"a", b"d"]


def test_the_client_parses_with_it() -> None:
    assert isinstance(PooledClient(NatsConfig())._ps, MessageParser)
