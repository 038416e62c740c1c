"""The public interface of a worker, against a real server: from enqueueing to the result."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import nats
import pytest

from naq.config import Config
from naq.errors import ConnectFailed, InvalidJob, InvalidName, JobFailed, JobNotFound, NaqError
from naq.job import Job
from naq.queue.core import Queue
from naq.worker.core import Hooks, Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


async def work_off(config: Config, queue: str = "default", **options: object) -> Worker:
    """Run a worker until the queue is empty."""
    worker = Worker(queue, config, burst=True, **options)  # type: ignore[arg-type]
    await worker.run()
    return worker


@on_loop
async def test_plain_and_async_functions_run_and_return(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    plain = await queue.enqueue(jobs.add, 1, b=2)
    later = await queue.enqueue(jobs.add_later, 3, 4)
    through_class = await queue.enqueue(jobs.Greeter.greet, "naq")
    worker = await work_off(naq_config)
    assert await queue.result(plain) == 3
    assert await queue.result(later) == 7
    assert await queue.result(through_class) == "hello naq"
    assert (worker.counts.succeeded, worker.counts.failed) == (3, 0)
    assert await queue.depth() == 0


@on_loop
async def test_plain_functions_run_in_threads(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.thread_name)
    worker = await work_off(naq_config)
    assert (await queue.result(job)).startswith(f"naq-{worker.worker_id}")


@on_loop
async def test_a_failure_is_retried_after_its_delay(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=3, retry_delay=[0.01, 0.02])
    job = await queue.enqueue(jobs.fail_at_first, "retried", 2)
    worker = await work_off(naq_config)
    assert await queue.result(job) == 3
    assert worker.counts.retried == 2


@on_loop
async def test_without_retries_left_it_is_stored_with_its_traceback(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=1, retry_delay=0.01)
    job = await queue.enqueue(jobs.fail, "said so")
    await work_off(naq_config)
    with pytest.raises(JobFailed, match="said so") as caught:
        await queue.result(job)
    assert "in fail" in caught.value.traceback
    (failed,) = await FailedJobs(naq_config).list()
    assert (failed.details.kind, failed.details.failures, failed.details.job_id) == ("error", 2, job.id)
    assert failed.details.traceback == caught.value.traceback
    assert failed.job(naq_config) == job


@on_loop
async def test_what_asks_for_no_retry_gets_none(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=5)
    await queue.enqueue(jobs.fail_for_good)
    worker = await work_off(naq_config)
    assert (worker.counts.retried, worker.counts.failed) == (0, 1)


@pytest.mark.parametrize("function", [jobs.sleep, jobs.block])
@on_loop
async def test_a_job_that_takes_too_long_fails_as_if_it_had_raised(naq_config: Config, function: object) -> None:
    queue = Queue(config=naq_config).options(timeout=0.1)
    job = await queue.enqueue(function, 0.5)  # type: ignore[arg-type]
    await work_off(naq_config)
    with pytest.raises(JobFailed, match=r"longer than its 0\.1 s"):
        await queue.result(job)
    assert (await FailedJobs(naq_config).list())[0].details.kind == "timeout"


@on_loop
async def test_a_job_that_calls_exit_fails_and_the_worker_goes_on(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    left, after = await queue.enqueue(jobs.leave), await queue.enqueue(jobs.add, 1, 1)
    await work_off(naq_config)
    with pytest.raises(JobFailed, match="SystemExit: 3"):
        await queue.result(left)
    assert await queue.result(after) == 2


@pytest.mark.parametrize(("function", "args"), [(jobs.give_object, ()), (jobs.give_bytes, (2_000_000,))])
@on_loop
async def test_a_result_that_cannot_be_kept_is_a_failure_without_retry(
    naq_config: Config, function: object, args: tuple[int, ...]
) -> None:
    queue = Queue(config=naq_config).options(max_retries=3)
    job = await queue.enqueue(function, *args)  # type: ignore[arg-type]
    worker = await work_off(naq_config)
    assert worker.counts.retried == 0
    with pytest.raises(JobFailed, match=r"the result of naq_support\.jobs"):
        await queue.result(job)


@on_loop
async def test_without_a_result_kept_nothing_is_to_be_had(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(result_ttl=0)
    job = await queue.enqueue(jobs.give_object)
    await work_off(naq_config)
    with pytest.raises(InvalidJob, match="no result is kept"):
        await queue.result(job)
    with pytest.raises(JobNotFound, match="not kept"):
        await queue.result(job.id)
    failed = await queue.enqueue(jobs.fail, "all the same")
    await work_off(naq_config)
    with pytest.raises(JobFailed, match="all the same"):
        await queue.result(failed.id)


@on_loop
async def test_a_dependency_comes_first(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(retry_delay=0.05, max_retries=2)
    needed = queue.job(jobs.fail_at_first, "needed", 1)
    dependent = await queue.options(depends_on=needed).enqueue(jobs.add, 1, 1)
    await queue.enqueue(needed)
    worker = await work_off(naq_config)
    assert await queue.result(dependent) == 2
    # Waiting is not an attempt.
    assert worker.counts.waited >= 1
    assert worker.counts.failed == 0


@on_loop
async def test_a_failed_dependency_fails_the_dependent(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    needed = await queue.enqueue(jobs.fail)
    dependent = await queue.options(depends_on=[needed]).enqueue(jobs.add, 1, 1)
    await work_off(naq_config)
    with pytest.raises(JobFailed, match=needed.id):
        await queue.result(dependent)


@on_loop
async def test_a_dependency_that_never_comes_is_waited_for_so_long(naq_config: Config) -> None:
    config = configured(naq_config, worker={"dependency_timeout": 0.01})
    queue = Queue(config=config)
    job = await queue.options(depends_on="nowhere").enqueue(jobs.add, 1, 1)
    await asyncio.sleep(0.02)
    await work_off(config)
    with pytest.raises(JobFailed, match="waited too long for job nowhere"):
        await queue.result(job)


@pytest.mark.parametrize("payload", [b"\xff\x00", b"{}", b"[]", b'{"id":"a","function":"x","queue":"q","enqueued_at":1}'])
@on_loop
async def test_what_is_not_a_job_goes_to_the_failed_store_as_it_came(naq_config: Config, payload: bytes) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    conn = await nats.connect(naq_config.nats.servers[0])
    await conn.jetstream().publish(queue.subject, payload)
    await conn.close()
    after = await queue.enqueue(jobs.add, 1, 1)
    await work_off(naq_config)
    assert await queue.result(after) == 2
    (failed,) = await FailedJobs(naq_config).list()
    assert (failed.details.kind, failed.payload, failed.details.deliveries) == ("undecodable", payload, 1)


@pytest.mark.parametrize("path", ["naq_nowhere.module:function", "naq_support.jobs:nothing_of_the_kind"])
@on_loop
async def test_a_function_that_cannot_be_imported_is_given_back_twice(naq_config: Config, path: str) -> None:
    config = configured(naq_config, worker={"import_delay": 0.02, "import_patience": 0})
    queue = Queue(config=config).options(max_retries=7)
    job = await queue.enqueue(path)
    worker = await work_off(config)
    (failed,) = await FailedJobs(config).list()
    assert (failed.details.kind, failed.details.deliveries, failed.details.job_id) == ("import", 3, job.id)
    assert worker.counts.waited == 2


@on_loop
async def test_a_function_that_cannot_be_imported_is_tried_for_a_time_too(naq_config: Config) -> None:
    config = configured(naq_config, worker={"import_delay": 0.1, "import_tries": 2, "import_patience": 1.0})
    queue = Queue(config=config)
    # The time since the first try counts, not the time on the queue.
    await queue.enqueue("naq_nowhere.module:function")
    await asyncio.sleep(1.2)
    worker = await work_off(config)
    (failed,) = await FailedJobs(config).list()
    assert failed.details.kind == "import"
    assert 4 <= worker.counts.waited <= 10


@on_loop
async def test_pickled_arguments_are_not_touched_unless_asked_for(naq_config: Config) -> None:
    pickling = naq_config.model_copy(update={"serializer": "cloudpickle"})
    queue = Queue(config=pickling)
    refused = await queue.enqueue(jobs.add, 1, 2)
    await work_off(naq_config)
    (failed,) = await FailedJobs(naq_config).list()
    assert failed.details.kind == "undecodable"
    assert "a pickle is refused" in failed.details.error
    await FailedJobs(pickling).requeue(failed.sequence)
    await work_off(pickling)
    assert await queue.result(refused) == 3


@on_loop
async def test_hooks_are_called_around_everything(naq_config: Config) -> None:
    seen: list[str] = []

    class Around:
        def __init__(self, job: Job) -> None:
            self.job = job

        async def __aenter__(self) -> None:
            seen.append(f"before {self.job.function.rpartition(':')[2]}")

        async def __aexit__(self, *error: object) -> None:
            seen.append(f"after, {'failed' if error[0] else 'well'}")

    async def on_start(worker: Worker) -> None:
        seen.append("start")

    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.nothing)
    hooks = Hooks(on_start=on_start, on_stop=lambda worker: seen.append("stop"), around_job=Around)
    await work_off(naq_config, hooks=hooks, concurrency=1)
    await queue.enqueue(jobs.fail)
    await work_off(naq_config, hooks=Hooks(around_job=Around))
    assert seen == ["start", "before nothing", "after, well", "stop", "before fail", "after, failed"]


@on_loop
async def test_what_a_hook_suppresses_counts_as_done(naq_config: Config) -> None:
    @contextlib.asynccontextmanager
    async def suppressing(job: Job) -> AsyncIterator[None]:
        with contextlib.suppress(ValueError):
            yield

    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.fail)
    await work_off(naq_config, hooks=Hooks(around_job=suppressing))
    assert await queue.result(job) is None


@on_loop
async def test_a_worker_can_run_again_and_not_twice_at_once(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    worker = Worker(config=naq_config, burst=True)
    for number in range(2):
        job = await queue.enqueue(jobs.add, number, 1)
        await worker.run()
        assert await queue.result(job) == number + 1
    assert worker.counts.succeeded == 2
    gate = jobs.gate("again")
    await queue.enqueue(jobs.pass_gate, "again")
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    with pytest.raises(NaqError, match="runs already"):
        await worker.run()
    gate.set()
    await task


@on_loop
async def test_a_hook_that_fails_at_the_start_keeps_the_worker_from_starting(naq_config: Config) -> None:
    def on_start(worker: Worker) -> None:
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        await work_off(naq_config, hooks=Hooks(on_start=on_start))


@on_loop
async def test_several_queues_are_worked_on_side_by_side(naq_config: Config) -> None:
    first, second = Queue("first", naq_config), Queue("second", naq_config)
    queued = [await queue.enqueue(jobs.add, 1, number) for number in range(5) for queue in (first, second)]
    worker = Worker(["first", "second"], naq_config, burst=True)
    assert (await worker.run()).succeeded == 10
    assert [await first.result(job) for job in queued] == [1 + number for number in range(5) for _ in range(2)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@on_loop
async def test_a_signal_lets_what_runs_finish_and_gives_the_rest_back(naq_config: Config, number: int) -> None:
    queue = Queue(config=naq_config)
    running = [await queue.enqueue(jobs.sleep, 1.0) for _ in range(2)]
    for _ in range(6):
        await queue.enqueue(jobs.add, 1, 1)
    worker = Worker(config=naq_config, concurrency=2)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running == 2)
    os.kill(os.getpid(), number)
    counts = await task
    assert (counts.succeeded, counts.returned) == (2, 6)
    assert [await queue.result(job) for job in running] == ["slept", "slept"]
    assert await queue.depth() == 6
    # The jobs are given back at once, not after their ack wait.
    assert (await work_off(naq_config)).counts.succeeded == 6


@on_loop
async def test_the_second_signal_stops_at_once(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.sleep, 60)
    await queue.enqueue(jobs.block, 1.0)
    worker = Worker(config=naq_config)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running == 2)
    worker.stop()
    worker.stop()
    async with asyncio.timeout(10):
        counts = await task
    assert (counts.succeeded, counts.returned) == (0, 2)
    assert await queue.depth() == 2
    # Other workers get them at once.
    async with queue.receive() as one, queue.receive() as other:
        assert one is not None
        assert other is not None


@on_loop
async def test_what_takes_longer_than_the_limit_is_given_back(naq_config: Config) -> None:
    config = configured(naq_config, worker={"shutdown_timeout": 0.1})
    queue = Queue(config=config)
    await queue.enqueue(jobs.sleep, 60)
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    worker.stop()
    async with asyncio.timeout(10):
        await task
    assert await queue.depth() == 1


@on_loop
async def test_a_cancelled_worker_gives_back_what_it_has(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.sleep, 60)
    worker = Worker(config=naq_config)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with queue.receive() as job:
        assert job is not None


@on_loop
async def test_a_job_outlives_its_ack_wait(naq_config: Config) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5})
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.count, "long")
    slow = await queue.enqueue(jobs.sleep, 3.5)
    waiting = await queue.enqueue(jobs.count, "prefetched")
    await work_off(config, concurrency=1)
    assert [await queue.result(one) for one in (job, slow, waiting)] == [1, "slept", 1]


@on_loop
async def test_no_server_is_an_error_in_words() -> None:
    config = configured(Config.for_servers("nats://127.0.0.1:1"), nats={"connect_timeout": 0.2})
    with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:1"):
        await Worker(config=config).run()


def test_a_worker_is_refused_what_it_cannot_be(naq_config: Config) -> None:
    with pytest.raises(InvalidName, match=r"'a\.b'"):
        Worker("a.b", naq_config)
    with pytest.raises(InvalidJob, match="at least one queue"):
        Worker([], naq_config)
    with pytest.raises(InvalidJob, match="from 1, not 0"):
        Worker("a", naq_config, concurrency=0)
    with pytest.raises(InvalidJob, match=r"from 1, not 2\.5"):
        Worker("a", naq_config, concurrency=2.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidName, match="worker name"):
        Worker("a", naq_config, name="a b")
