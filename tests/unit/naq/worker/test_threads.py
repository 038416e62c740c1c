"""Threads for plain functions: they are reused and replaced, and the pool does not wait for them."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from naq.worker.threads import Threads
from naq_support.aio import on_loop, until

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")


@on_loop
async def test_a_thread_is_used_again() -> None:
    threads = Threads("test")
    names = {await threads.run(lambda: threading.current_thread().name) for _ in range(5)}
    assert len(names) == 1
    threads.close()
    await until(lambda: not [one for one in threading.enumerate() if one.name.startswith("test-")])


@on_loop
async def test_there_are_as_many_as_calls_at_once() -> None:
    threads = Threads("test")
    barrier = threading.Barrier(4, timeout=10)
    await asyncio.gather(*(threads.run(barrier.wait) for _ in range(4)))
    assert repr(threads) == "<4 threads, 4 idle>"
    threads.close()


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
@on_loop
async def test_what_is_raised_comes_out(error: BaseException) -> None:
    threads = Threads("test")

    def fail() -> None:
        raise error

    future = threads.run(fail)
    await asyncio.wait((future,))
    assert future.exception() is error
    threads.close()


@on_loop
async def test_stop_iteration_comes_out_in_another_form() -> None:
    threads = Threads("test")
    with pytest.raises(RuntimeError, match="StopIteration"):
        await threads.run(next, iter(()))
    threads.close()


@on_loop
async def test_the_callers_context_goes_along() -> None:
    threads = Threads("test")
    VARIABLE.set("mine")
    assert await threads.run(VARIABLE.get) == "mine"
    threads.close()


@on_loop
async def test_a_call_that_nobody_waits_for_is_replaced() -> None:
    threads = Threads("test")
    gate = threading.Event()
    stuck = threads.run(gate.wait, 10)
    stuck.cancel()
    assert await threads.run(lambda: 7) == 7
    threads.close()
    gate.set()
    await until(lambda: not [one for one in threading.enumerate() if one.name.startswith("test-")])


def test_a_call_that_ends_with_the_loop_leaves_no_thread() -> None:
    """The thread reports to a loop that runs no more, and is not closed yet."""
    loop, gate = asyncio.new_event_loop(), threading.Event()

    async def leave() -> None:
        threads = Threads("last")
        threads.run(gate.wait, 10).cancel()
        await asyncio.sleep(0)
        threads.close()

    loop.run_until_complete(leave())
    [thread] = [one for one in threading.enumerate() if one.name.startswith("last-")]
    gate.set()
    thread.join(10)
    loop.close()
    assert not thread.is_alive()
