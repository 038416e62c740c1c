"""Which files surely have a client that takes no `loop` any more."""

from __future__ import annotations

import pytest

from flake8_naq.engine import lint
from flake8_naq.project.settings import Settings

CLIENT = """\
{first}
from nats.aio.client import Client


async def send(loop):
    nc = Client()
    async with nc:
        await nc.connect(loop=loop)
        await nc.connect(**{{"io_loop": loop}})
        {last}
"""


@pytest.mark.parametrize(
    ("first", "last", "newer"),
    [
        ("import asyncio", "await nc.flush()", False),
        ("import nats.aio.errors", "await nc.flush()", False),
        ("from stan.aio.client import Client as Stan", "await Stan().connect('a', 'b', nats=nc)", False),
        ("import nats.errors", "await nc.flush()", True),
        ("from nats.errors import TimeoutError", "await nc.flush()", True),
        ("from nats import connect", "await nc.flush()", True),
        ("import nats", "await nats.connect()", True),
        ("import nats", "nats.connected", False),
        ("import nats", "nats.errors.Error", True),
        ("import asyncio", "nc.jetstream()", True),
        ("import asyncio", "nc._jetstream()", False),
        ("import faststream", "await nc.flush()", True),
    ],
)
def test_what_a_file_names_says_which_client_it_has(first: str, last: str, newer: bool) -> None:
    text = CLIENT.format(first=first, last=last)
    assert gone_keywords(text, Settings()) == (["loop", "io_loop"] if newer else [])


@pytest.mark.parametrize(
    ("older", "newer", "expected"),
    [(False, True, ["loop", "io_loop"]), (True, False, []), (True, True, [])],
)
def test_what_a_project_lists_says_it_too(older: bool, newer: bool, expected: list[str]) -> None:
    text = CLIENT.format(first="import asyncio", last="pass")
    assert gone_keywords(text, Settings(older_client=older, newer_client=newer)) == expected


def test_a_project_that_lists_the_older_client_has_it_whatever_a_file_names() -> None:
    text = CLIENT.format(first="import nats", last="await nats.connect()")
    assert gone_keywords(text, Settings(older_client=True)) == []


def test_a_keyword_that_no_client_takes_is_reported_in_any_case() -> None:
    text = CLIENT.format(first="import asyncio", last="await nc.connect(looop=loop)")
    assert gone_keywords(text, Settings()) == ["looop"]


def gone_keywords(text: str, settings: Settings) -> list[str]:
    found = [one.message for one in lint(text, settings=settings) if one.code == "NAQ304"]
    return [message.split("no keyword '")[1].split("'")[0] for message in found]


OLDER_CALLS = """\
{first}
from nats.aio.client import Client


async def send(cb):
    nc = Client()
    await nc.connect("u")
    sid = await nc.subscribe("a", cb=cb)
    await nc.auto_unsubscribe(sid, 2)
    await nc.unsubscribe(sid)
    await nc.request("a", b"", expected=2, cb=cb)
    await nc.drain(sid)
    await nc.drain(sid=sid)
    await nc.close()
"""


@pytest.mark.parametrize(
    ("first", "settings", "expected"),
    [
        ("import asyncio", Settings(), []),
        ("import asyncio", Settings(older_client=True), []),
        ("import asyncio", Settings(newer_client=True), [9, 10, 11, 11, 12, 13]),
        ("import nats.js", Settings(), [9, 10, 11, 11, 12, 13]),
    ],
)
def test_what_only_the_older_client_has(first: str, settings: Settings, expected: list[int]) -> None:
    found = [one.line for one in lint(OLDER_CALLS.format(first=first), settings=settings) if one.code == "NAQ304"]
    assert found == expected


def test_what_no_client_has_is_reported_in_any_case() -> None:
    text = OLDER_CALLS.format(first="import asyncio").replace("nc.unsubscribe(sid)", "nc.stop()").replace("nc.close()", "nc.close(sid)")
    assert [one.line for one in lint(text, settings=Settings()) if one.code == "NAQ304"] == [10, 14]


OLDER_EXCEPTIONS = """\
{first}
from nats.aio import client


async def send(nc):
    try:
        await nc.flush()
    except client.NatsError:
        pass
    except (client.ErrTimeout, client.ErrProtocol):
        pass
    except client.ErrOther:
        pass
"""


@pytest.mark.parametrize(
    ("first", "settings", "expected"),
    [
        ("import asyncio", Settings(older_client=True), [12]),
        ("import asyncio", Settings(newer_client=True), [8, 10, 10, 12]),
        ("import asyncio", Settings(), [8, 10, 10, 12]),
        ("import stan", Settings(), [12]),
        ("import stan", Settings(newer_client=True), [8, 10, 10, 12]),
    ],
)
def test_exceptions_that_only_the_older_client_has(first: str, settings: Settings, expected: list[int]) -> None:
    found = [one.line for one in lint(OLDER_EXCEPTIONS.format(first=first), settings=settings) if one.code == "NAQ303"]
    assert found == expected
