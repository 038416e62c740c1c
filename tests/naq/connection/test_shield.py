"""Work that a caller's cancellation does not cut."""

from __future__ import annotations

import asyncio

import pytest

from naq.connection.shield import shielded
from support.leftovers import nothing_left


def test_it_goes_on_when_the_waiting_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    done = []

    async def main() -> None:
        gate, ended = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            await gate.wait()
            done.append("work")
            ended.set()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shielded(work()), 0.001)
        assert done == []
        gate.set()
        await ended.wait()

    with nothing_left(caplog):
        asyncio.run(main())
    assert done == ["work"]


def test_a_failure_that_nobody_waits_for_any_more_is_nobodys(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        gate = asyncio.Event()
        failed = []

        async def work() -> None:
            await gate.wait()
            failed.append(True)
            raise ValueError("of the work")

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shielded(work()), 0.001)
        assert not failed
        gate.set()
        while not failed:
            await asyncio.sleep(0)
        with pytest.raises(ValueError, match="of the work"):
            await shielded(work())

    with nothing_left(caplog):
        asyncio.run(main())
