"""The outcome of a worker that was stalled for longer than its ack wait does not replace that of another worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import nats.errors
import pytest
from nats.aio.client import Client

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.writing import Writing
from naq.errors import JobFailed
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.fetch import pull_one
from naq.queue.pipeline import pipeline_of
from naq.queue.streams import ensure_buckets, names
from naq.worker.core import Worker
from naq.worker.delivery import Delivery
from naq.worker.failed import FailedJobs
from naq.worker.settler import Settler
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.processes import WorkerProcess


@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("first", ["raise", "stalled"])
@on_loop
async def test_a_stalled_worker_changes_nothing_about_the_success_of_another(
    naq_config: Config, tmp_path: Path, first: str, retries: int
) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5}, queue={"retry_delay": 0.1})
    queue = Queue(config=config).options(max_retries=retries)
    job = await queue.enqueue(jobs.late, str(tmp_path), 1.0, first, "ok")
    with WorkerProcess(config) as stalled:
        await until(lambda: jobs.noted(tmp_path, "begun").get("late"))
        stalled.stall()
        # Another worker also gets the jobs that were not started.
        waiting = [await queue.enqueue(jobs.note_async, str(tmp_path), f"waiting{number}") for number in range(5)]
        with WorkerProcess(config):
            assert await queue.result(job, timeout=60) == "ok"
            assert [await queue.result(one, timeout=60) for one in waiting]
            stalled.go_on()
            await until(lambda: jobs.noted(tmp_path).get("late") == 2)
            await asyncio.sleep(1.0)
            assert await queue.result(job) == "ok"
            assert await queue.depth() == 0
    state = await Status(config).job(job.id)
    assert state is not None
    # A delivery may have gone to the stalled worker in between, as its request is valid for a while.
    assert state.state == "done"
    assert state.attempt >= 2
    assert await FailedJobs(config).count() == 0
    # No third run of this job, and no second run of the others.
    assert jobs.noted(tmp_path, "begun") == {"late": 2, **{f"waiting{number}": 1 for number in range(5)}}


@on_loop
async def test_a_stalled_worker_leaves_what_another_is_at_work_on(naq_config: Config, tmp_path: Path) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5})
    queue = Queue(config=config)
    # The first run ends while the second is under way.
    job = await queue.enqueue(jobs.late, str(tmp_path), 2.5, "raise", "ok")
    with WorkerProcess(config) as stalled:
        await until(lambda: jobs.noted(tmp_path, "begun").get("late"))
        stalled.stall()
        with WorkerProcess(config):
            await until(lambda: jobs.noted(tmp_path, "begun").get("late") == 2)
            stalled.go_on()
            assert await queue.result(job, timeout=60) == "ok"
            await asyncio.sleep(1.0)
            assert await queue.result(job) == "ok"
    assert await FailedJobs(config).count() == 0
    assert jobs.noted(tmp_path, "begun") == {"late": 2}


@on_loop
async def test_a_failure_of_an_earlier_delivery_is_dropped(naq_config: Config) -> None:
    """The same without a stall: the message of an earlier delivery is handled after a later one has succeeded."""
    config = configured(naq_config, worker={"ack_wait": 0.5})
    queue = Queue(config=config).options(max_retries=3)
    job = await queue.enqueue(jobs.fail_at_first, "dropped", 0)
    jobs.runs.pop("dropped", None)
    async with nats_jetstream(config) as (connection, js):
        early = await pull_one(connection, js, config, "default", 5)
        assert early is not None
        await Worker(config=config, burst=True).run()
        assert await queue.result(job) == 1
        jobs.runs["dropped"] = -10
        await Worker(config=config).process_message(early)
    assert await queue.result(job) == 1
    assert await FailedJobs(config).count() == 0
    assert await queue.depth() == 0


class Interlude:
    """Calls a function just before the nth message to a subject with a prefix is sent, at that line of the code."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, beginning: str, number: int, act: Callable[[], Awaitable[None]]
    ) -> None:
        self.left = number
        publish = Client.publish

        async def publish_after_act(connection: Client, subject: str, *args: Any, **kwargs: Any) -> None:
            if subject.startswith(beginning):
                self.left -= 1
                if self.left == 0:
                    await act()
            await publish(connection, subject, *args, **kwargs)

        monkeypatch.setattr(Client, "publish", publish_after_act)
        # Else a publish that need not wait would not be seen.
        monkeypatch.setattr(Writing, "publish", lambda *_: False)


def state_of(config: Config) -> str:
    return names(config).key(names(config).states, "")


def result_of(config: Config) -> str:
    return names(config).key(names(config).results, "")


def failed_store_of(config: Config) -> str:
    return names(config).failed_queue("default")


STATE, RESULT, FAILED = state_of, result_of, failed_store_of


@dataclass(frozen=True)
class Line:
    """A write of the first worker, just before which the second worker has the job, with the expected records.

    `fails` tells which runs raise. `runs` is how often the function runs. `ttl` is the job's `result_ttl`.
    """

    beginning: Callable[[Config], str]
    number: int
    fails: tuple[bool, bool]
    kept: bool
    state: str
    runs: int
    value: int | None = None
    ttl: float | None = None


LINES = {
    "before the start": Line(STATE, 1, (False, False), True, "done", 2, 1),
    "before the start, the late run fails": Line(STATE, 1, (False, True), True, "done", 2, 1),
    "before the start, nothing kept": Line(STATE, 1, (False, False), False, "done", 2),
    "before the start, nothing kept, the late run fails": Line(STATE, 1, (False, True), False, "done", 2),
    "before the result": Line(RESULT, 1, (False, False), True, "done", 2, 2),
    "before the result, the other has failed": Line(RESULT, 1, (False, True), True, "failed", 2),
    "before the acknowledgement": Line(lambda _: "$JS.ACK.", 1, (False, True), True, "done", 1, 1),
    "before the state after a result that is kept for less": Line(STATE, 2, (False, True), True, "done", 1, 1, 60.0),
    "before the state that is all": Line(STATE, 2, (False, False), False, "done", 2),
    "before the state that is all, the other has failed": Line(STATE, 2, (False, True), False, "failed", 2),
    "before the failure is claimed": Line(STATE, 2, (True, False), True, "done", 2, 2),
    "before the failure is claimed, nothing kept": Line(STATE, 2, (True, False), False, "done", 2),
    "before the failed store": Line(FAILED, 1, (True, False), True, "failed", 1),
    "before the failed store, nothing kept": Line(FAILED, 1, (True, False), False, "failed", 1),
    "before the result of a failure": Line(RESULT, 1, (True, False), True, "failed", 1),
    "before the state of a failure": Line(STATE, 3, (True, False), False, "failed", 1),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@on_loop
async def test_a_worker_that_is_overtaken_at_a_line(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch, line: Line
) -> None:
    config = configured(naq_config, worker={"ack_wait": 0.5})
    queue = Queue(config=config).options(result_ttl=line.ttl if line.kept else 0.0)
    jobs.runs.pop("line", None)

    async def overtake() -> None:
        await asyncio.sleep(0.6)
        await Worker(config=config, burst=True).run()

    # Patched before the connection is made, which keeps references to its methods.
    interlude = Interlude(monkeypatch, line.beginning(config), line.number, overtake)
    job = await queue.enqueue(jobs.fail_if, "line", line.fails)
    async with nats_jetstream(config) as (connection, js):
        early = await pull_one(connection, js, config, "default", 5)
        assert early is not None
        with contextlib.suppress(ValueError):
            await Worker(config=config).process_message(early)
        assert interlude.left <= 0, "it was not overtaken"
    await until(lambda: _is(config, job.id, line.state))
    assert await FailedJobs(config).count() == (line.state == "failed")
    assert jobs.runs["line"] == line.runs
    assert await queue.depth() == 0
    if line.value is not None:
        assert await queue.result(job) == line.value
    elif line.kept:
        with pytest.raises(JobFailed):
            await queue.result(job, timeout=1)


async def _is(config: Config, job_id: str, expected: str) -> bool:
    state = await Status(config).job(job_id)
    return state is not None and state.state == expected


@on_loop
async def test_a_failure_that_was_claimed_and_not_stored_is_stored_by_the_next_delivery(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker ends between the claim and the failed store: the job does not run again, and the failure is stored."""
    config = configured(naq_config, worker={"ack_wait": 0.5})
    queue = Queue(config=config)
    jobs.runs.pop("claimed", None)

    async def end() -> None:
        raise nats.errors.ConnectionClosedError

    interlude = Interlude(monkeypatch, failed_store_of(config), 1, end)
    job = await queue.enqueue(jobs.fail_if, "claimed", (True, False))
    async with nats_jetstream(config) as (connection, js):
        early = await pull_one(connection, js, config, "default", 5)
        assert early is not None
        with monkeypatch.context() as patch, contextlib.suppress(ValueError):
            # As in a process that is killed there: later writes are dropped.
            patch.setattr(Settler, "_not_stored", nothing_is_done)
            await Worker(config=config).process_message(early)
        assert interlude.left == 0
    state = await Status(config).job(job.id)
    assert state is not None
    assert (state.state, state.storing) == ("failed", "error")
    await Worker(config=config, burst=True).run()
    assert jobs.runs["claimed"] == 1
    (failed,) = await FailedJobs(config).list()
    assert (failed.details.kind, failed.details.error) == ("error", "ValueError: run 1")
    with pytest.raises(JobFailed, match="run 1"):
        await queue.result(job, timeout=1)
    await until(lambda: _is_stored(config, job.id))


async def nothing_is_done(*_: object) -> None:
    return None


async def _is_stored(config: Config, job_id: str) -> bool:
    state = await Status(config).job(job_id)
    return state is not None and not state.storing


@on_loop
async def test_two_messages_of_one_job_keep_their_own_tallies(naq_config: Config) -> None:
    """The same id on two queues: each job is tried exactly as often as its options allow."""
    config = configured(naq_config, queue={"retry_delay": 0.05})
    first = Queue("first", config).options(max_retries=3).job(jobs.fail_if, "tally", (True,) * 20)
    second = msgspec.structs.replace(first, queue="second")
    jobs.runs.pop("tally", None)
    for job in (first, second):
        await Queue(job.queue, config).enqueue(job)
    await Worker(["first", "second"], config=config, burst=True).run()
    assert jobs.runs["tally"] == 8
    assert sorted(one.details.failures for one in await FailedJobs(config).list()) == [4, 4]
    assert await Queue("first", config).depth() + await Queue("second", config).depth() == 0


@on_loop
async def test_a_job_that_is_enqueued_again_has_its_start_recorded(naq_config: Config) -> None:
    """The start of the next message replaces the state of the earlier message."""
    config = configured(naq_config, queue={"duplicate_window": 0.2})
    queue, gate = Queue(config=config), jobs.gate("again")
    await queue.setup()
    gate.set()
    job = queue.job(jobs.pass_gate, "again")
    await queue.enqueue(job)
    await Worker(config=config, burst=True).run()
    await until(lambda: _is(config, job.id, "done"))
    gate.clear()
    await asyncio.sleep(0.5)
    await queue.enqueue(job)
    worker = Worker(config=config, burst=True)
    task = asyncio.create_task(worker.run())
    await until(lambda: _is(config, job.id, "running"))
    gate.set()
    await task
    await until(lambda: _is(config, job.id, "done"))
    state = await Status(config).job(job.id)
    assert state is not None
    assert state.seq == 2


@on_loop
async def test_what_is_given_back_late_does_not_replace_the_state_of_another(naq_config: Config) -> None:
    """A worker that stops after a stall gives back a job that another worker has done meanwhile."""
    config = configured(naq_config, worker={"ack_wait": 0.5})
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 1)
    async with nats_jetstream(config) as (connection, js):
        early = await pull_one(connection, js, config, "default", 5)
        assert early is not None
        await ensure_buckets(js, config)
        settler = Settler(connection, js, await pipeline_of(connection), config, "late")
        delivery = Delivery.of(early, "default", asyncio.get_running_loop().time())
        delivery.job = job
        await settler.record_start(job, delivery)
        delivery.started = True
        await until(lambda: delivery.state_revision)
        await asyncio.sleep(0.6)
        await Worker(config=config, burst=True).run()
        await until(lambda: _is(config, job.id, "done"))
        await settler.give_back(delivery)
        await connection.flush()
    state = await Status(config).job(job.id)
    assert state is not None
    assert (state.state, state.attempt) == ("done", 2)


@on_loop
async def test_the_start_of_a_job_is_not_recorded_after_its_end(naq_config: Config) -> None:
    """The state of a job with an earlier message is written again, which may take longer than a short run."""
    first = [Queue("first", naq_config).job(jobs.add, number, 1) for number in range(100)]
    await enqueue_batch(first, naq_config)
    await Worker("first", naq_config, burst=True).run()
    await Queue("second", naq_config).enqueue_batch(first)
    await Worker("second", naq_config, burst=True).run()
    states = [await Status(naq_config).job(job.id) for job in first]
    assert {(state.queue, state.state) for state in states if state is not None} == {("second", "done")}
