"""Work that a caller's cancellation does not cut."""

from __future__ import annotations

import asyncio

import pytest

from naq.connection.shield import shielded
from support.leftovers import nothing_left


def test_it_goes_on_when_the_waiting_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    done = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        done.append("work")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shielded(work()), 0.001)
        assert done == []
        await asyncio.sleep(0.05)

    with nothing_left(caplog):
        asyncio.run(main())
    assert done == ["work"]


def test_a_failure_that_nobody_waits_for_any_more_is_nobodys(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        await asyncio.sleep(0.02)
        raise ValueError("of the work")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shielded(work()), 0.001)
        await asyncio.sleep(0.05)
        with pytest.raises(ValueError, match="of the work"):
            await shielded(work())

    with nothing_left(caplog):
        asyncio.run(main())
