"""The public interface of a queue, against a real server."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import nats.errors
import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import (
    ConnectFailed,
    DeserializationError,
    EnqueueFailed,
    InvalidJob,
    InvalidName,
    JobFailed,
    JobTimeout,
    NotRetryable,
    PayloadTooLarge,
    SerializationError,
)
from naq.job import Job, job_options
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import names
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, deaf_to_cancellation, on_loop


@on_loop
async def test_jobs_come_off_as_they_went_on_in_order(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    put = [await queue.enqueue(jobs.add, number, b=1) for number in range(3)]
    assert await queue.depth() == 3
    assert await queue.peek() == put[0]
    assert [await queue.dequeue() for _ in range(3)] == put
    assert await queue.dequeue(timeout=0) is None
    assert await queue.dequeue(timeout=0.05) is None
    assert await queue.depth() == 0
    assert await queue.peek() is None


@on_loop
async def test_an_empty_installation_has_nothing(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    assert await queue.depth() == 0
    assert await queue.peek() is None
    assert await queue.dequeue(timeout=0) is None


@on_loop
async def test_queues_are_apart(naq_config: Config) -> None:
    mail, images = Queue("mail", naq_config), Queue("images", naq_config)
    await mail.enqueue(jobs.add, 1, 1)
    job = await images.enqueue(jobs.add, 2, 2)
    assert await mail.purge() == 1
    assert (await mail.depth(), await images.depth()) == (0, 1)
    assert await images.dequeue() == job


@on_loop
async def test_the_same_job_enqueued_again_is_stored_once(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.add, 1, 1)
    assert [await queue.enqueue(job) for _ in range(3)] == [job] * 3
    assert await queue.depth() == 1


@on_loop
async def test_beyond_the_duplicate_window_it_is_another(naq_config: Config) -> None:
    config = configured(naq_config, queue={"duplicate_window": 1.0})
    queue = Queue(config=config)
    job = queue.job(jobs.add, 1, 1)
    for _ in range(2):
        await queue.enqueue(job)
    assert await queue.depth() == 1
    await asyncio.sleep(1.3)
    await queue.enqueue(job)
    assert await queue.depth() == 2


@on_loop
async def test_a_job_made_elsewhere_is_taken_over_for_this_queue(naq_config: Config) -> None:
    job = Queue("other", naq_config).options(max_retries=4).job("package.module:function", 1)
    taken = await Queue("mine", naq_config).enqueue(job)
    assert (taken.queue, taken.id, taken.options) == ("mine", job.id, job.options)
    with pytest.raises(InvalidJob, match="carries its own arguments"):
        await Queue("mine", naq_config).enqueue(job, 1)


async def receive_and_raise(queue: Queue, error: BaseException, timeout: float = 10.0) -> Job:
    """Receive a job and fail on it; returns the job."""
    received: list[Job | None] = []

    async def fail() -> None:
        async with queue.receive(timeout=timeout) as job:
            received.append(job)
            raise error

    with pytest.raises(type(error)):
        await fail()
    (found,) = received
    assert found is not None
    return found


@on_loop
async def test_received_jobs_are_acknowledged_on_success(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.add, 1, 1)
    async with queue.receive() as received:
        assert received == job
    assert await queue.depth() == 0
    async with queue.receive(timeout=0) as nothing:
        assert nothing is None


@on_loop
async def test_a_block_that_raises_is_a_failed_run(naq_config: Config) -> None:
    """Delay, count and failed store are as in a worker."""
    queue = Queue(config=naq_config).options(max_retries=2, retry_delay=[0.5, 0.1])
    job = await queue.enqueue(jobs.add, 1, 1)
    assert await receive_and_raise(queue, KeyError("first")) == job
    assert await queue.dequeue(timeout=0) is None
    state = await Status(naq_config).job(job.id)
    assert state is not None
    assert (state.state, state.failures) == ("retrying", 1)
    assert await receive_and_raise(queue, KeyError("second")) == job
    assert await FailedJobs(naq_config).count() == 0
    assert await receive_and_raise(queue, KeyError("third")) == job
    assert await queue.depth() == 0
    (failed,) = await FailedJobs(naq_config).list()
    assert (failed.details.kind, failed.details.failures, failed.job(naq_config)) == ("error", 3, job)
    assert failed.details.error == "KeyError: 'third'"
    with pytest.raises(JobFailed, match="KeyError: 'third'") as caught:
        await queue.result(job)
    assert "in fail" in caught.value.traceback


@on_loop
async def test_a_worker_goes_on_where_a_received_job_failed(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=1, retry_delay=0.1)
    job = await queue.enqueue(jobs.fail)
    await receive_and_raise(queue, KeyError("mine"))
    await Worker(config=naq_config, burst=True).run()
    (failed,) = await FailedJobs(naq_config).list()
    assert (failed.details.failures, failed.details.job_id) == (2, job.id)


@on_loop
async def test_a_block_says_that_a_job_is_not_to_be_retried(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=5)
    await queue.enqueue(jobs.add, 1, 1)
    await receive_and_raise(queue, NotRetryable("never again"))
    assert (await queue.depth(), await FailedJobs(naq_config).count()) == (0, 1)


@on_loop
async def test_a_block_that_is_cut_short_gives_the_job_back_and_counts_nothing(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.add, 1, 1)
    assert await receive_and_raise(queue, asyncio.CancelledError()) == job
    assert await queue.dequeue(timeout=10) == job
    assert await FailedJobs(naq_config).count() == 0


def count_arguments(*args: Any, **kwargs: Any) -> int:
    return len(args) + len(kwargs)


@on_loop
async def test_arguments_may_be_called_as_they_like(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    named = {"function": 1, "self": 2, "job": 3, "args": 4, "kwargs": 5, "when": 6, "delay": 7, "context": 8}
    later = ScheduledQueue(config=naq_config)
    put = [
        await queue.enqueue(count_arguments, **named),
        await later.enqueue_in(0.1, count_arguments, **named),
        await later.enqueue_at(datetime.now(UTC), count_arguments, **named),
    ]
    assert queue.job(count_arguments, **named).kwargs == named
    worker = Worker(config=naq_config)
    running = asyncio.create_task(worker.run())
    assert [await queue.result(job, timeout=30) for job in put] == [8, 8, 8]
    worker.stop()
    await running


@on_loop
async def test_a_received_job_outlives_its_ack_wait(naq_config: Config) -> None:
    # Long enough for a progress report to arrive in time on a busy machine.
    queue = Queue(config=configured(naq_config, worker={"ack_wait": 1.5}))
    await queue.enqueue(jobs.add, 1, 1)
    async with queue.receive() as job:
        assert job is not None
        await asyncio.sleep(3.5)
        assert await queue.dequeue(timeout=0) is None


@pytest.mark.parametrize("error", [None, KeyError("mine")])
@on_loop
async def test_a_sign_of_life_that_hangs_does_not_hold_up_the_end(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    queue = Queue(config=configured(naq_config, worker={"ack_wait": 0.3}))
    await queue.enqueue(jobs.add, 1, 1)
    monkeypatch.setattr(Msg, "in_progress", deaf_to_cancellation())
    async with asyncio.timeout(5):
        with contextlib.nullcontext() if error is None else pytest.raises(KeyError):
            async with queue.receive() as job:
                assert job is not None
                await asyncio.sleep(0.15)
                if error is not None:
                    raise error


@on_loop
async def test_what_is_not_a_job_is_set_aside(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    for take in (queue.dequeue, queue.receive().__aenter__):
        async with nats_jetstream(naq_config) as (_, js):
            await js.publish(queue.subject, b"not a job")
        with pytest.raises(DeserializationError, match="not a job"):
            await take()
    assert [failed.payload for failed in await FailedJobs(naq_config).list()] == [b"not a job"] * 2
    assert await queue.depth() == 0


@on_loop
async def test_wrong_calls_are_refused_before_anything_is_stored(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    with pytest.raises(InvalidJob, match="is a lambda"):
        await queue.enqueue(lambda: None)
    with pytest.raises(SerializationError, match="is of type bytearray"):
        await queue.enqueue(jobs.add, bytearray(b"1"))
    with pytest.raises(PayloadTooLarge, match="this server accepts"):
        await queue.enqueue(jobs.add, "x" * 1_100_000)
    with pytest.raises(InvalidName, match=r"'a\.b'"):
        Queue("a.b", naq_config)
    with pytest.raises(InvalidJob, match="max_retries"):
        queue.options(max_retries=-1)
    async with nats_jetstream(naq_config) as (_, js):
        assert (await js.stream_info(queue.stream_name)).state.last_seq == 0


@on_loop
async def test_the_largest_job_passes_and_fails_with_room_for_its_reason(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    async with nats_connection(naq_config) as connection:
        limit = connection.max_payload - 4096
    job = queue.job(jobs.fail, "")
    largest = msgspec.structs.replace(job, args=("x" * (limit - len(job.serialize())),))
    assert len(largest.serialize()) == limit
    await queue.enqueue(largest)
    await Worker(config=naq_config, burst=True).run()
    (failed,) = await FailedJobs(naq_config).list()
    assert failed.job(naq_config) == largest
    assert failed.details.error.startswith("ValueError: xxx")


@on_loop
async def test_a_result_is_waited_for(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.add, 1, 2)
    with pytest.raises(JobTimeout, match=job.id):
        await queue.result(job, timeout=0.05)
    waiting = [asyncio.create_task(queue.result(job, timeout=20)) for _ in range(3)]
    await asyncio.sleep(0.05)
    await Worker(config=naq_config, burst=True).run()
    assert await asyncio.gather(*waiting) == [3, 3, 3]
    assert await queue.result(job.id) == 3


@pytest.mark.parametrize("job_id", ["*", ">", "a b", "", None, 3])
@on_loop
async def test_a_result_is_asked_for_by_an_id(naq_config: Config, job_id: Any) -> None:
    """With a pattern as id, the result of any job would be returned."""
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.add, 1, 1)
    await Worker(config=naq_config, burst=True).run()
    with pytest.raises(InvalidName, match="job id"):
        await queue.result(job_id)


@on_loop
async def test_a_result_is_forgotten_after_its_time(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(result_ttl=1)
    job = await queue.enqueue(jobs.add, 1, 2)
    await Worker(config=naq_config, burst=True).run()
    assert await queue.result(job) == 3
    subject = names(naq_config).key(names(naq_config).results, job.id)
    async with nats_jetstream(naq_config) as (_, js):
        raw = await js.get_msg(f"KV_{names(naq_config).results}", subject=subject)
    assert (raw.headers or {})["Nats-TTL"] == "1s"


@on_loop
async def test_a_pickled_result_comes_back(naq_config: Config) -> None:
    config = naq_config.model_copy(update={"serializer": "cloudpickle"})
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, (1,), (2,))
    await Worker(config=config, burst=True).run()
    assert await queue.result(job) == (1, 2)


@on_loop
async def test_no_server_is_said_within_the_time_that_is_set() -> None:
    config = configured(Config.for_servers("nats://127.0.0.1:1"), nats={"connect_timeout": 0.2})
    for operation in (Queue(config=config).depth, Queue(config=config).dequeue):
        with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:1"):
            await operation()
    with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:1"):
        await Queue(config=config).enqueue(jobs.add, 1, 1)


@on_loop
async def test_what_the_server_refuses_is_said_in_its_words(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        config = (await js.stream_info(queue.stream_name)).config
        await js.update_stream(config.evolve(max_msg_size=200))
    with pytest.raises(EnqueueFailed, match="message size exceeds") as caught:
        await queue.enqueue(jobs.add, "x" * 300)
    assert caught.value.refused
    assert await queue.depth() == 0


@on_loop
async def test_a_stream_that_vanished_is_made_again(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.add, 1, 1)
    async with nats_jetstream(naq_config) as (_, js):
        await js.delete_stream(queue.stream_name)
    job = await queue.enqueue(jobs.add, 2, 2)
    assert await queue.dequeue() == job


@on_loop
async def test_a_hundred_operations_leave_nothing_on_the_connection(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.add, 1, 1)
    await queue.dequeue()
    async with nats_connection(naq_config) as connection:
        before = set(connection._subs)
    for _ in range(100):
        job = await queue.enqueue(jobs.add, 1, 1)
        async with queue.receive() as received:
            assert received == job
        assert await queue.dequeue(timeout=0) is None
        with pytest.raises(JobTimeout):
            await queue.result("unknown", timeout=0)
    async with nats_connection(naq_config) as connection:
        assert set(connection._subs) == before


def test_options_add_up(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=3, result_ttl=0).options(timeout=5, max_retries=0)
    options = queue.options(depends_on="a").job(jobs.nothing).options
    assert options == job_options(max_retries=0, result_ttl=0, timeout=5, depends_on="a")
    assert queue.job(jobs.nothing).options.depends_on == ()


def test_a_queue_says_what_it_is(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    assert repr(queue) == f"Queue('mail', stream='{naq_config.queue.prefix}_jobs')"
    assert queue.subject == f"{naq_config.queue.prefix}.queue.mail"
    assert queue.consumer_name == "mail-workers"


def test_errors_of_waiting_are_of_the_builtin_kinds() -> None:
    assert issubclass(JobTimeout, TimeoutError)
    assert issubclass(ConnectFailed, ConnectionError)
    assert not issubclass(JobTimeout, nats.errors.Error)
