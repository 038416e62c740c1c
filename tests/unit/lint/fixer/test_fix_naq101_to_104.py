"""Fixes of acquisitions: which of them are safe, which only unsafe, and which are refused."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NAQ_IMPORT, NATS_IMPORT, assert_only_unsafe, fixed

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
    ["await nc.close()", "if nc:\n            await nc.close()", "if nc is not None and nc.is_connected:\n            await nc.close()"],
)
def test_what_passes_over_none_or_is_naq104_is_safe(release: str) -> None:
    expected = f"{NATS_IMPORT}async def f(url, nc):\n    async with await nats.connect(url) as nc:\n        await nc.flush()\n"
    assert fixed(in_a_try(release)) == expected


def test_a_constructor_changes_with_an_acquisition_that_moves_above_its_try() -> None:
    before = (
        f"{NAQ_IMPORT}class A:\n    def __init__(self, nats_url):\n        self.nats_url = nats_url\n\n"
        "    async def f(self, work):\n        try:\n            nc = await get_nats_connection(self.nats_url)\n"
        "            await nc.flush()\n        finally:\n            work()\n            await close_nats_connection(nc)\n"
    )
    after = fixed(before, unsafe=True)
    assert "    def __init__(self, config: Config | None = None):\n        self.config = config or get_config()\n" in after
    assert "        async with nats_connection(self.config) as conn:\n            try:\n" in after


def test_a_probe_that_is_opened_and_closed_at_once_is_left() -> None:
    source = f"{NATS_IMPORT}async def up(url):\n    nc = await nats.connect(url)\n    await nc.close()\n    return True\n"
    assert fixed(source) == source
