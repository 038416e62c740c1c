"""Fixes of acquisitions: which of them are safe, which only unsafe, and which are refused."""

from __future__ import annotations

import pytest

from flake8_naq.fixer import fix_source
from lint.fixer.fixing import NAQ_IMPORT, NATS_IMPORT, assert_only_unsafe, fixed, reasons

FAILED = "where the acquisition failed, line 10 raised another exception"


def in_a_try(release: str, before: str = "nc = None") -> str:
    return (
        f"{NATS_IMPORT}async def f(url, nc):\n    {before}\n    try:\n        nc = await nats.connect(url)\n"
        f"        await nc.flush()\n    finally:\n        {release}\n"
    )


@pytest.mark.parametrize(
    ("release", "before"),
    [
        ("if nc.is_connected:\n            await nc.close()", "nc = None"),
        ("await nc.close()", "pass"),
        ("if nc:\n            await nc.close()", "pass"),
    ],
    ids=["guard fails for None", "a parameter", "a parameter, with a guard"],
)
def test_a_finally_that_raised_after_a_failed_acquisition_is_only_unsafe(release: str, before: str) -> None:
    assert_only_unsafe(in_a_try(release, before), FAILED)


@pytest.mark.parametrize(
    "release",
    [
        "await nc.close()",
        "if nc:\n            await nc.close()",
        "if nc is not None and nc.is_connected:\n            await nc.close()",
    ],
)
def test_what_passes_over_none_or_is_naq104_is_safe(release: str) -> None:
    expected = (
        f"{NATS_IMPORT}async def f(url, nc):\n    async with await nats.connect(url) as nc:\n        await nc.flush()\n"
    )
    assert fixed(in_a_try(release)) == expected


def test_a_constructor_changes_with_an_acquisition_that_moves_above_its_try() -> None:
    before = (
        f"{NAQ_IMPORT}class A:\n    def __init__(self, nats_url):\n        self.nats_url = nats_url\n\n"
        "    async def f(self, work):\n        try:\n            nc = await get_nats_connection(self.nats_url)\n"
        "            await nc.flush()\n        finally:\n            work()\n            await close_nats_connection(nc)\n"
    )
    after = fixed(before, unsafe=True)
    assert (
        "    def __init__(self, config: Config | None = None):\n        self.config = config or get_config()\n" in after
    )
    assert "        async with nats_connection(self.config) as conn:\n            try:\n" in after


@pytest.mark.parametrize(
    "body",
    [
        "    nc = await nats.connect(url)\n    await nc.drain()\n",
        "    nc = await nats.connect(url)\n    try:\n        pass\n    finally:\n        await nc.close()\n",
        "    nc = await nats.connect(url)\n    await nc.close()\n    return nc\n",
        "    nc = None\n    try:\n        nc = await nats.connect(url)\n    finally:\n        if nc:\n            await nc.close()\n",
    ],
)
def test_a_probe_that_is_opened_and_closed_at_once_is_left(body: str) -> None:
    source = f"{NATS_IMPORT}async def up(url):\n{body}"
    assert fixed(source, unsafe=True) == source
    assert reasons(source, unsafe=True) == ["nothing happens between its acquisition and its close"]


@pytest.mark.parametrize("leaves", ["return True", "return", "break"])
def test_a_probe_that_leaves_at_once_leaves_from_the_block(leaves: str) -> None:
    source = f"{NATS_IMPORT}async def up(url):\n    while url:\n        nc = await nats.connect(url)\n        await nc.close()\n        {leaves}\n"
    after = f"{NATS_IMPORT}async def up(url):\n    while url:\n        async with await nats.connect(url):\n            {leaves}\n"
    assert fixed(source) == after


TWO = "async def f(a, b):\n    one = await nats.connect(a)\n    two = await nats.connect(b)\n    await one.flush()\n    await two.flush()\n"
NESTED = (
    "async def f(a, b):\n    async with await nats.connect(a) as one:\n        async with await nats.connect(b) as two:\n"
    "            await one.flush()\n            await two.flush()\n"
)


def test_of_two_that_overlap_no_half_is_fixed_safely() -> None:
    source = f"{NATS_IMPORT}{TWO}    await one.close()\n    await two.close()\n"
    assert fixed(source) == source
    assert reasons(source) == [
        "only with --unsafe-fixes: the connection of line 10 would be closed before this one",
        "only with --unsafe-fixes: the connection of line 5 is closed inside of the new block",
    ]
    assert fixed(source, unsafe=True) == f"{NATS_IMPORT}{NESTED}"


def test_of_two_that_are_nested_both_are_fixed_safely() -> None:
    assert fixed(f"{NATS_IMPORT}{TWO}    await two.close()\n    await one.close()\n") == f"{NATS_IMPORT}{NESTED}"


def test_the_message_names_what_the_fix_writes() -> None:
    source = (
        "from nats.aio.client import Client\n\n\nasync def f(url):\n    nc = Client()\n    await nc.connect(url)\n"
        "    await nc.flush()\n    await nc.close()\n"
    )
    result = fix_source(source)
    assert "    async with nc:\n        await nc.flush()\n" in result.source
    assert [one.finding.message.partition("; ")[2] for one in result.applied] == ["use 'async with nc'"]


def test_the_reason_names_lines_of_the_text_before_and_of_the_text_after() -> None:
    source = (
        f"{NATS_IMPORT}async def f(url):\n    nc = await nats.connect(url)\n    try:\n        await nc.flush()\n    finally:\n"
        "        await nc.close()\n\n\nasync def g(url, xs):\n    if xs:\n        nc = await nats.connect(url)\n    if xs:\n        await nc.close()\n"
    )
    [left] = [one for one in fix_source(source).unfixed if one.finding.code == "NAQ101"]
    said = "it is acquired under the condition on line {} and released on line {}"
    assert (left.reason_before, left.reason) == (said.format(13, 16), said.format(10, 13))


def test_what_a_function_returns_in_a_container_is_not_fixed() -> None:
    source = (
        f"{NATS_IMPORT}async def made(urls):\n    return [await nats.connect(url) for url in urls]\n\n\n"
        "async def f(urls):\n    clients = await made(urls)\n    await clients[0].flush()\n"
    )
    assert reasons(source, unsafe=True) == ["'made' returns it inside a container or an object"]
