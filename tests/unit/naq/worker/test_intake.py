"""The messages that a worker requests, holds and gives back: shares of queues, prefetching, and idle workers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.queue.streams import names
from naq.worker.core import Worker
from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.intake import HOLD, IDLE, Intake
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


def intake(queues: tuple[str, ...] = ("a",), concurrency: int = 4, prefetch: int = 4, stragglers: int = 0) -> Intake:
    one = Intake(queues, concurrency, prefetch, stragglers=lambda: stragglers, gate=Gate(), ack_wait=30.0)
    # As when a job has ended.
    one._known = True
    return one


def delivery(number: int, queue: str = "a") -> Delivery:
    message = Msg(_client=None, subject="s", reply=f"$JS.ACK.jobs.c.1.{number}.{number}.{number}.0")  # type: ignore[arg-type]
    return Delivery.of(message, queue, asyncio.get_running_loop().time())


@on_loop
async def test_no_more_is_taken_than_slots_and_what_may_wait() -> None:
    one = intake()
    assert one.room("a") == 4
    assert one.room_ahead("a", 0) == 0
    assert [one.take(delivery(number)) for number in range(9)] == [True] * 8 + [False]
    assert (one.room("a"), one.room_ahead("a", 0)) == (0, 0)
    assert len(one.in_hand) == 8


@on_loop
async def test_the_first_jobs_are_asked_for_with_one_request() -> None:
    one = Intake(("a",), 4, 3, stragglers=lambda: 0, gate=Gate(), ack_wait=30.0)
    assert (one.room("a"), one.room_ahead("a", 0)) == (7, 0)
    one.take(delivery(1))
    first = await one.next()
    first.settled = True
    one.ended(first, 0.0)
    assert one.room("a") == 4


@on_loop
async def test_room_ahead_is_as_much_as_is_started_at_once() -> None:
    one = intake(prefetch=10)
    for number in range(4):
        one.take(delivery(number))
    taken = [await one.next() for _ in range(4)]
    assert one.room_ahead("a", 0) == 10
    assert one.room_ahead("a", 3) == 7
    for number, each in enumerate(taken):
        each.settled = True
        one.ended(each, HOLD * 4)
        one.take(delivery(10 + number))
        await one.next()
    # A slot is in use for about four times as long as a message may wait: with four slots, one or two will start soon.
    assert 1 <= one.room_ahead("a", 0) <= 2


@on_loop
async def test_what_waits_for_too_long_is_given_back_and_nothing_taken_ahead() -> None:
    one = intake(concurrency=1)
    for number in range(3):
        one.take(delivery(number))
    await one.next()
    assert one.overdue() == []
    await asyncio.sleep(HOLD + 0.05)
    assert [each.seq for each in one.overdue()] == [1, 2]
    assert (len(one.in_hand), one.room_ahead("a", 0)) == (1, 0)
    assert not one.waiting.is_set()


@on_loop
async def test_an_idle_queue_keeps_one_request_and_the_others_share_the_rest() -> None:
    one = intake(("a", "b", "c"), concurrency=10, prefetch=0)
    assert [one.room(name) for name in "abc"] == [1, 1, 1]
    one.take(delivery(0, "a"))
    assert [one.room(name) for name in "abc"] == [7, 1, 1]
    one.take(delivery(1, "b"))
    assert [one.room(name) for name in "abc"] == [3, 3, 1]
    assert IDLE > 0


@on_loop
async def test_code_that_goes_on_holds_its_slot() -> None:
    one = intake(concurrency=4, prefetch=0, stragglers=3)
    assert one.room("a") == 1
    for number in range(2):
        one.take(delivery(number))
    await one.next()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one.next(), 0.05)


@on_loop
async def test_a_message_that_came_too_long_ago_is_not_started() -> None:
    one = intake()
    old, new = delivery(1), delivery(2)
    old.touched -= 31
    one.take(old)
    one.take(new)
    assert await one.next() is new
    assert list(one.in_hand.values()) == [new]


@on_loop
async def test_what_arrives_after_a_stall_is_doubtful() -> None:
    one = intake()
    one.ack_wait = 0.1
    await asyncio.sleep(0.1)
    first, second, third = delivery(1), delivery(2), delivery(3)
    one.take(first)
    one.tick()
    one.take(second)
    assert (first.doubtful, second.doubtful) == (True, True)
    other = intake()
    other.take(third)
    assert not third.doubtful


@on_loop
async def test_long_jobs_do_not_wait_beside_an_idle_worker(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    workers = [Worker(config=naq_config, concurrency=1) for _ in range(3)]
    tasks = [asyncio.create_task(workers[0].run(handle_signals=False))]
    await until(lambda: workers[0].status().running == 0 and workers[0]._session is not None)
    gate = jobs.gate("long")
    waiting = [await queue.enqueue(jobs.pass_gate, "long") for _ in range(3)]
    await until(lambda: workers[0].status().running)
    tasks += [asyncio.create_task(worker.run(handle_signals=False)) for worker in workers[1:]]
    # Sooner than what a worker holds without starting it would come to another: that takes an ack wait of 30 s.
    await until(lambda: [worker.status().running for worker in workers] == [1, 1, 1], 20)
    gate.set()
    for job in waiting:
        await queue.result(job, timeout=60)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*tasks)
    assert [worker.counts.succeeded for worker in workers] == [1, 1, 1]


@on_loop
async def test_several_queues_together_exceed_nothing(naq_config: Config) -> None:
    config = configured(naq_config, worker={"concurrency": 2, "prefetch": 3})
    queues = [Queue(f"q{number}", config) for number in range(4)]
    for queue in queues:
        for _ in range(10):
            await queue.enqueue(jobs.sleep, 0.05)
    worker = Worker([queue.name for queue in queues], config, burst=True)
    task = asyncio.create_task(worker.run())
    most = 0
    while not task.done():
        if worker._session is not None:
            most = max(most, len(worker._session._intake.in_hand))
        await asyncio.sleep(0.005)
    await task
    assert worker.counts.succeeded == 40
    assert 2 < most <= 5


@on_loop
async def test_what_is_given_back_is_there_for_others_at_once(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    worker = Worker(config=naq_config, concurrency=1)
    for _ in range(4):
        await queue.enqueue(jobs.sleep, 60)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    async with nats_jetstream(naq_config) as (_, js):

        async def left() -> bool:
            info = await js.consumer_info(names(naq_config).jobs, queue.consumer_name)
            return info.num_ack_pending - info.num_redelivered == 1 or info.num_ack_pending == 1

        await until(left)
    for _ in range(3):
        assert await queue.dequeue(timeout=5) is not None
    worker.stop()
    worker.stop()
    await task


@pytest.mark.parametrize("concurrency", [1, 3])
@on_loop
async def test_functions_past_their_time_hold_their_slots(
    naq_config: Config, tmp_path: Path, concurrency: int
) -> None:
    queue = Queue(config=naq_config).options(timeout=0.05, max_retries=20, retry_delay=0.01)
    for number in range(5):
        await queue.enqueue(jobs.note, str(tmp_path), f"stuck{number}", 1.0)
    worker = Worker(config=naq_config, concurrency=concurrency)
    task = asyncio.create_task(worker.run())
    end, most = time.monotonic() + 2.5, 0
    while time.monotonic() < end:
        begun, done = jobs.noted(tmp_path, "begun"), jobs.noted(tmp_path)
        most = max(most, sum(begun.values()) - sum(done.values()))
        await asyncio.sleep(0.02)
    worker.stop()
    await task
    assert most == concurrency
