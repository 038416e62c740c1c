"""Work that is not cancelled, tasks that must end although they swallow cancellations, swallowed cancellations."""

from __future__ import annotations

import asyncio

import pytest

from naq.cancellation import Cancellations, cancel_until_ended, finish, shielded
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


async def cancelled_after(ticks: int, work: asyncio.Task[str]) -> None:
    """Cancel after some steps of the loop."""
    for _ in range(ticks):
        await asyncio.sleep(0)
    work.cancel()


@pytest.mark.parametrize("ticks", range(6))
def test_finish_runs_to_the_end_and_raises_the_cancellation_afterwards(ticks: int) -> None:
    steps: list[int] = []

    async def work() -> str:
        for number in range(4):
            steps.append(number)
            await asyncio.sleep(0)
        return "done"

    async def main() -> None:
        task = asyncio.create_task(finish(work()))
        await asyncio.sleep(0)
        await cancelled_after(ticks, task)
        try:
            assert await task == "done"
        except asyncio.CancelledError:
            assert task.cancelled()

    asyncio.run(main())
    assert steps == [0, 1, 2, 3]


def test_finish_gives_the_result_and_the_error() -> None:
    async def work(fail: bool) -> str:
        await asyncio.sleep(0)
        if fail:
            raise ValueError("of the work")
        return "done"

    async def main() -> None:
        assert await finish(work(False)) == "done"
        with pytest.raises(ValueError, match="of the work"):
            await finish(work(True))

    asyncio.run(main())


def test_a_task_that_swallows_cancellations_is_cancelled_again() -> None:
    swallowed: list[int] = []

    async def stubborn(times: int) -> None:
        for number in range(times):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed.append(number)
        await asyncio.sleep(60)

    async def main() -> None:
        tasks = [asyncio.create_task(stubborn(times)) for times in (0, 2)]
        await asyncio.sleep(0)
        await cancel_until_ended(tasks, 30, again=0.001)
        assert all(task.cancelled() for task in tasks)
        endless = asyncio.create_task(stubborn(10_000))
        await asyncio.sleep(0)
        await cancel_until_ended([endless], 0.01, again=0.001)
        assert not endless.done()
        while not endless.done():
            endless.cancel()
            await asyncio.sleep(0)

    asyncio.run(main())
    assert swallowed[:2] == [0, 1]


def test_a_swallowed_cancellation_is_noticed() -> None:
    async def swallow() -> str:
        await asyncio.sleep(0)
        earlier = Cancellations()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            Cancellations().check()
        earlier.check()
        return "unnoticed"

    async def main() -> None:
        task = asyncio.create_task(swallow())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
