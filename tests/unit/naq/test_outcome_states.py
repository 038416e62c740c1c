"""The end of a job whose result is kept is told by its result: the state of the job is then not written again."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import msgspec
import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import AlreadyDone
from naq.queue.cancelling import Scene, _store, cancel_job
from naq.queue.core import Queue
from naq.queue.fetch import pull_one
from naq.queue.finding import Found
from naq.queue.results import last_value
from naq.queue.streams import ensure_buckets, names
from naq.records import JobResult, JobState, MessageState, State, decode, encode
from naq.worker.answers import Answers
from naq.worker.core import Worker
from naq.worker.delivery import Delivery
from naq.worker.delivery_history import Records
from naq.worker.failed import FailedJobs
from naq.worker.handling import Counts
from naq.worker.settlement import Settlement
from naq.worker.settler import Settler
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.dashboards import browsing

OWN, OTHER = (7, "1700"), (3, "1600")


def state_of(name: State, message: tuple[int, str] = OWN, *, storing: str = "", at: float = 10.0) -> JobState:
    other = MessageState(seq=3, stored="1600", state="running", at=1.0)
    seq, stored = message
    return JobState(
        job_id="x",
        state=name,
        queue="q",
        seq=seq,
        stored=stored,
        at=at,
        worker="w",
        storing=storing,
        progress=0.5,
        progress_text="half",
        others=(other,),
    )


def result_of(name: str, message: tuple[int, str] = OWN) -> JobResult:
    return JobResult(job_id="x", state=name, seq=message[0], stored=message[1], at=20.0, error="e")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "result", "expected"),
    [
        (state_of("running"), None, "running"),
        (state_of("running"), result_of("done"), "done"),
        # States that a delivery has written which lost the job: the outcome of a message is stored once.
        (state_of("retrying"), result_of("done"), "done"),
        (state_of("failed", storing="error"), result_of("done"), "done"),
        (state_of("cancelled"), result_of("done"), "done"),
        (state_of("running"), result_of("cancelled"), "cancelled"),
        # The outcome of another message of the job.
        (state_of("running"), result_of("done", OTHER), "running"),
        (state_of("queued", (0, "")), result_of("done"), "queued"),
        # Jobs that did not come from a queue.
        (state_of("running", (0, ""), at=30.0), result_of("done", (0, "")), "running"),
        (state_of("running", (0, ""), at=10.0), result_of("done", (0, "")), "done"),
        # A message that was found by its number alone.
        (state_of("running", (7, "1700")), result_of("done", (7, "")), "done"),
    ],
)
def test_an_outcome_replaces_the_state_of_its_message(state: JobState, result: JobResult | None, expected: str) -> None:
    found = state.with_outcome(result)
    assert found.state == expected
    changed = expected != state.state
    assert (found.at, found.error) == ((20.0, "e") if changed else (state.at, ""))
    assert (found.progress, found.progress_text) == ((None, "") if changed else (0.5, "half"))
    assert (found.worker, found.queue, found.seq) == ("w", "q", state.seq)
    other = found.of_message(*OTHER)
    assert other is not None
    assert (other.state, other.at) == (("done", 20.0) if result == result_of("done", OTHER) else ("running", 1.0))


@pytest.mark.parametrize(("ttl", "expected"), [(None, "running"), (100.0, "done"), (86_400.0, "running"), (0.0, "done")])
@on_loop
async def test_every_reader_sees_that_the_job_is_done(naq_config: Config, ttl: float | None, expected: str) -> None:
    queue = Queue(config=naq_config).options(result_ttl=ttl, unique="key")
    job = await queue.enqueue(jobs.add, 1, 2)
    async with nats_jetstream(naq_config) as (_, js):
        watching = asyncio.create_task(watched(naq_config, job.id))
        await Worker(config=naq_config, burst=True).run()
        # The result tells it where it is kept for as long as the state.
        assert await is_written(js, naq_config, job.id, expected)
        status = await Status(naq_config).job(job.id)
        assert status is not None
        assert (status.state, status.function, status.queue) == ("done", job.function, "default")
        assert (await queue.status(job)).state == (await queue.status(job.id)).state == "done"
        async with asyncio.timeout(20):
            assert (await watching)[-1] == "done"
        assert (await cancel_job(naq_config, job.id)).answer == "done"
        dependent = await queue.options(depends_on=job, unique=None).enqueue(jobs.add, 3, 4)
        await Worker(config=naq_config, burst=True).run()
        assert (await dependent.status()).state == "done"
        with pytest.raises(AlreadyDone):
            await queue.enqueue(job)
        async with browsing(naq_config) as client:
            page = await client.get(f"/jobs/{job.id}")
            assert "done" in page.text
            assert "running" not in page.text
        # The key is free.
        assert (await queue.enqueue(jobs.add, 5, 6)).id != job.id
    assert await FailedJobs(naq_config).count() == 0


async def watched(config: Config, job_id: str) -> list[str]:
    async with aclosing(Status(config).watch_job(job_id)) as states:
        return [state.state async for state in states]


@pytest.mark.parametrize("way", ["later", "beside", "retried"])
@on_loop
async def test_a_job_on_two_queues_is_not_run_again_when_its_acknowledgement_is_lost(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The result of the second message replaces that of the first, whose end is then told by the state alone."""
    config = configured(naq_config, worker={"ack_wait": 0.5})
    first, second, key = Queue("first", config), Queue("second", config), naq_config.queue.prefix
    job, gate = first.job(jobs.pass_gate, key), jobs.gate(key)
    if way == "retried":
        job = first.options(max_retries=1, retry_delay=0.01).job(jobs.fail_if, key, (False, True, False))
    answer, settle = Answers._answer, Settler.settle

    async def lost_of_first(self: Answers, delivery: Delivery, settlement: Settlement) -> bool:
        return delivery.queue == "first" or await answer(self, delivery, settlement)

    async def second_later(self: Settler, delivery: Delivery, settlement: Settlement) -> Settlement | None:
        if delivery.queue == "second":
            await asyncio.wait({earlier})
        return await settle(self, delivery, settlement)

    async with nats_jetstream(config) as (connection, js):
        for queue in (first, second):
            await queue.setup()
        await first.enqueue(job)
        message = await pull_one(connection, js, config, "first", 5)
        assert message is not None
        with monkeypatch.context() as losing:
            losing.setattr(Answers, "_answer", lost_of_first)
            losing.setattr(Settler, "settle", second_later)
            earlier = asyncio.create_task(Worker("first", config).process_message(message))
            if way == "beside":
                # The second message starts before the first has ended, and ends later.
                await until(lambda: is_written(js, config, job.id, "running"))
                await second.enqueue_batch([msgspec.structs.replace(job, queue="second")])
                later = asyncio.create_task(run_empty("second", config))
                await until(lambda: is_of_queue(js, config, job.id, "second"))
                gate.set()
                await asyncio.gather(earlier, later)
            else:
                gate.set()
                await earlier
                await second.enqueue_batch([msgspec.structs.replace(job, queue="second")])
                await run_empty("second", config)
        await asyncio.sleep(0.6)
        counts = await run_empty("first", config)
    assert counts.succeeded == counts.failed == 0
    assert await first.depth() == await second.depth() == 0


async def run_empty(queue: str, config: Config) -> Counts:
    return await Worker(queue, config, burst=True).run(handle_signals=False)


async def is_written(js: JetStreamContext, config: Config, job_id: str, expected: str) -> bool:
    where = names(config)
    value = await last_value(js, where.states, where.key(where.states, job_id))
    return value is not None and decode(value, JobState).state == expected


async def is_of_queue(js: JetStreamContext, config: Config, job_id: str, queue: str) -> bool:
    where = names(config)
    value = await last_value(js, where.states, where.key(where.states, job_id))
    return value is not None and len(decode(value, JobState).others) == 1


@pytest.mark.parametrize("lost", [state_of("cancelled"), state_of("failed", storing="error"), state_of("retrying")])
@on_loop
async def test_a_state_that_has_lost_against_the_result_is_not_believed(naq_config: Config, lost: JobState) -> None:
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (_, js):
        await ensure_buckets(js, naq_config)
        await js.publish(where.key(where.states, "x"), encode(lost))
        await js.publish(where.key(where.results, "x"), encode(result_of("done")))
        assert await Records(js, naq_config).final_state("x") == "done"
    assert (await Queue(config=naq_config).status("x")).state == "done"


@on_loop
async def test_the_end_of_another_message_is_kept_before_its_result_is_replaced(naq_config: Config) -> None:
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (connection, js):
        await ensure_buckets(js, naq_config)
        await js.publish(where.key(where.states, "x"), encode(state_of("retrying")))
        outcome = msgspec.structs.replace(result_of("done", OTHER), at=time.time())
        await js.publish(where.key(where.results, "x"), encode(outcome))
        delivery = Delivery(Msg(connection), "q", OWN[0], 2, 0.0, 0.0, OWN[1])
        earlier = await Records(js, naq_config).earlier("x", delivery)
    assert not earlier.settled
    assert [(one.seq, one.state) for one in delivery.others] == [(OTHER[0], "done")]


@pytest.mark.parametrize("ran", [False, True])
@on_loop
async def test_a_cancellation_that_loses_against_a_result_leaves_no_trace(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch, ran: bool
) -> None:
    """The worker stores its result after the canceller has written the state, and before it writes the outcome."""
    queue, where, key = Queue(config=naq_config), names(naq_config), naq_config.queue.prefix
    put, gate = Scene.put, jobs.gate(key)

    async def put_and_wait(
        scene: Scene, bucket: str, payload: bytes, ttl: float | None = None, revision: int | None = None
    ) -> bool:
        stored = await put(scene, bucket, payload, ttl, revision)
        if bucket == where.states and not gate.is_set():
            assert decode(payload, JobState).state == "cancelled"
            gate.set()
            await running
        return stored

    monkeypatch.setattr(Scene, "put", put_and_wait)
    async with nats_jetstream(naq_config) as (connection, js):
        await queue.setup()
        job = await queue.enqueue(jobs.pass_gate, key)
        message = await pull_one(connection, js, naq_config, "default", 5)
        assert message is not None
        delivery = Delivery.of(message, "default", 0.0)
        running = asyncio.create_task(Worker(config=naq_config).process_message(message))
        await until(lambda: is_written(js, naq_config, job.id, "running"))
        scene = Scene(connection, js, naq_config, job.id, delivery.seq)
        found = Found(delivery.seq, delivery.stored if ran else "", job)
        assert await _store(scene, found, ran=ran) is False
        if not ran:
            # It was found out that a worker runs the job, which goes on.
            gate.set()
            await running
        assert await is_written(js, naq_config, job.id, "done" if ran else "running")
        assert (await cancel_job(naq_config, job.id)).answer == "done"
        assert (await queue.status(job)).state == "done"
        assert await queue.depth() == 0
