"""The same job enqueued again: it is stored, or it is on the queue already, or `enqueue` says that it is not stored."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import AlreadyDone, EnqueueFailed, JobTimeout
from naq.job import Job
from naq.queue import deduplication
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.memory import Memory
from naq.queue.pipeline import Pipeline
from naq.queue.streams import names
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop

Enqueue = Callable[[Queue, Job], Awaitable[object]]


async def alone(queue: Queue, job: Job) -> object:
    return await queue.enqueue(job)


async def in_a_batch(queue: Queue, job: Job) -> object:
    result = await queue.enqueue_batch([job])
    result.raise_for_failures()
    return result


BOTH = pytest.mark.parametrize("enqueue", [alone, in_a_batch])


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """An empty memory, as in a process that has just started."""
    fresh = Memory()
    monkeypatch.setattr(deduplication, "MEMORY", fresh)
    return fresh


async def work_off(config: Config, *queues: str) -> None:
    await Worker(queues or "default", config, burst=True).run(handle_signals=False)


@BOTH
@on_loop
async def test_a_job_that_was_taken_off_is_stored_on_another_queue(naq_config: Config, enqueue: Enqueue) -> None:
    first, second = Queue("in", naq_config), Queue("out", naq_config)
    await first.enqueue(jobs.add, 1, 1)
    job = await first.dequeue()
    assert job is not None
    await enqueue(second, job)
    assert (await first.depth(), await second.depth()) == (0, 1)
    assert await second.dequeue() == second.job(job)


@BOTH
@on_loop
async def test_a_job_on_two_queues_is_stored_on_both(naq_config: Config, enqueue: Enqueue) -> None:
    queues = [Queue(name, naq_config) for name in ("one", "two")]
    job = queues[0].job(jobs.add, 1, 1)
    for queue in queues:
        await enqueue(queue, job)
    assert [await queue.depth() for queue in queues] == [1, 1]


@BOTH
@on_loop
async def test_a_job_that_was_taken_off_is_stored_on_the_same_queue(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=naq_config)
    job: Job | None = await queue.enqueue(jobs.add, 1, 1)
    for _ in range(5):
        job = await queue.dequeue()
        assert job is not None
        await enqueue(queue, job)
        assert await queue.depth() == 1


@BOTH
@on_loop
async def test_a_job_is_stored_again_after_a_purge(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.add, 1, 1)
    for _ in range(3):
        for _ in range(2):
            await enqueue(queue, job)
        assert await queue.depth() == 1
        assert await queue.purge() == 1


@BOTH
@on_loop
async def test_a_job_that_failed_for_good_is_stored_again_and_its_failure_forgotten(
    naq_config: Config, enqueue: Enqueue
) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.fail_at_first, f"again-{naq_config.queue.prefix}", 1)
    await enqueue(queue, job)
    await work_off(naq_config)
    await enqueue(queue, job)
    assert await queue.depth() == 1
    with pytest.raises(JobTimeout):
        await queue.result(job, timeout=0)
    await work_off(naq_config)
    assert await queue.result(job) == 2


@BOTH
@on_loop
async def test_a_failed_job_out_of_the_failed_store_is_stored(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.fail)
    await work_off(naq_config)
    (failed,) = await FailedJobs(naq_config).list()
    await enqueue(queue, failed.job(naq_config))
    assert await queue.depth() == 1


@BOTH
@on_loop
async def test_of_a_job_that_is_done_enqueue_says_that_it_is_not_stored(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.add, 1, 1)
    await enqueue(queue, job)
    await work_off(naq_config)
    with pytest.raises(AlreadyDone, match=f"job {job.id} is not stored.* is done") as caught:
        await enqueue(queue, job)
    assert caught.value.refused
    assert await queue.depth() == 0
    assert await queue.result(job) == 2


@BOTH
@on_loop
async def test_an_outcome_counts_before_its_message_is_acknowledged(
    naq_config: Config, enqueue: Enqueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the outcome is visible, the job can be enqueued again at once."""
    queue = Queue(config=naq_config)
    job = queue.job(jobs.fail)
    await queue.enqueue(job)
    stored = asyncio.Event()
    request = Pipeline.request

    async def held_up(pipeline: Pipeline, subject: str, payload: bytes = b"", *rest: object, **named: object) -> Msg:
        if subject.startswith("$JS.ACK"):
            stored.set()
            await asyncio.sleep(0.5)
        return await request(pipeline, subject, payload, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "request", held_up)
    working = asyncio.create_task(work_off(naq_config))
    await stored.wait()
    await enqueue(queue, job)
    assert await queue.depth() == 2
    await working
    assert len(await FailedJobs(naq_config).list()) == 2


@BOTH
@on_loop
async def test_a_job_put_back_by_who_has_received_it_is_stored(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=naq_config)
    put = await queue.enqueue(jobs.add, 1, 1)
    async with queue.receive() as job:
        assert job == put
        await enqueue(queue, job)
    assert await queue.depth() == 1


@BOTH
@on_loop
async def test_a_received_job_that_was_given_back_is_on_its_queue(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=configured(naq_config, queue={"max_retries": 3}))
    job = await queue.enqueue(jobs.add, 1, 1)
    with contextlib.suppress(KeyError):
        async with queue.receive():
            raise KeyError
    await enqueue(queue, job)
    assert await queue.depth() == 1


@BOTH
@on_loop
async def test_another_job_with_the_same_id_is_not_passed_over_in_silence(naq_config: Config, enqueue: Enqueue) -> None:
    queue = Queue(config=naq_config)
    await enqueue(queue, Job.create(jobs.add, (1, 1), job_id="order-7"))
    await enqueue(queue, Job.create(jobs.add, (1, 1), job_id="order-7"))
    with pytest.raises(EnqueueFailed, match="job order-7 is not stored: another job with this id") as caught:
        await enqueue(queue, Job.create(jobs.add, (1, 2), job_id="order-7"))
    assert caught.value.refused
    assert await queue.depth() == 1


@BOTH
@on_loop
async def test_two_processes_that_put_the_same_job_back_store_it_once(
    naq_config: Config, enqueue: Enqueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.add, 1, 1)
    await enqueue(queue, job)
    await queue.purge()
    for _ in range(3):
        monkeypatch.setattr(deduplication, "MEMORY", Memory())
        await enqueue(queue, job)
    assert await queue.depth() == 1


class Deafness:
    """A connection that loses answers to publishes; the published messages arrive."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Answers to publishes, lost or received.
        self.answers = self.lost = 0
        self._left = self._heard = self._between = 0
        on_answer = Pipeline._on_answer

        def deaf(pipeline: Pipeline, msg: Msg) -> None:
            is_answer = b'"stream"' in msg.data
            self.answers += is_answer
            if self._left and is_answer:
                if not self._heard:
                    self._left -= 1
                    self.lost += 1
                    self._heard = self._between
                    return
                self._heard -= 1
            on_answer(pipeline, msg)

        monkeypatch.setattr(Pipeline, "_on_answer", deaf)

    def to(self, answers: int, after: int = 0) -> None:
        """Lose so many answers, after so many that arrive."""
        self._left, self._heard = answers, after

    def to_every_other(self) -> None:
        """Lose every other answer from now on."""
        self._left, self._heard, self._between = sys.maxsize, 0, 1


@pytest.fixture
def deafness(monkeypatch: pytest.MonkeyPatch) -> Deafness:
    return Deafness(monkeypatch)


def hasty(config: Config, attempts: int = 3) -> Config:
    return configured(
        config, queue={"publish_timeout": 0.6, "publish_attempts": attempts}, nats={"reconnect_time_wait": 0.05}
    )


@BOTH
@on_loop
async def test_what_was_stored_unheard_and_worked_off_is_stored_once(
    naq_config: Config, enqueue: Enqueue, deafness: Deafness
) -> None:
    """The first try is stored, and the job is done before the second."""
    config = hasty(naq_config)
    queue = Queue(config=config)
    await queue.setup()
    job = queue.job(jobs.count, naq_config.queue.prefix)
    deafness.to(1)
    enqueueing_it = asyncio.create_task(_result_of(enqueue(queue, job)))
    await asyncio.sleep(0.1)
    taken = await queue.dequeue()
    assert taken == job
    await enqueueing_it
    assert deafness.lost == 1
    assert await queue.depth() == 0


@BOTH
@on_loop
async def test_a_call_that_was_not_confirmed_is_stored_once_when_it_is_repeated(
    naq_config: Config, enqueue: Enqueue, deafness: Deafness
) -> None:
    config = hasty(naq_config, attempts=1)
    queue = Queue(config=config)
    await queue.setup()
    job = queue.job(jobs.count, naq_config.queue.prefix)
    deafness.to(1)
    with pytest.raises(EnqueueFailed, match="may not be stored") as caught:
        await enqueue(queue, job)
    assert not caught.value.refused
    await work_off(naq_config)
    await enqueue(queue, job)
    await work_off(naq_config)
    assert jobs.runs[naq_config.queue.prefix] == 1


@BOTH
@on_loop
async def test_a_call_that_was_cancelled_is_stored_once_when_it_is_repeated(
    naq_config: Config, enqueue: Enqueue, deafness: Deafness
) -> None:
    config = hasty(naq_config)
    queue = Queue(config=config)
    await queue.setup()
    job = queue.job(jobs.count, naq_config.queue.prefix)
    deafness.to(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await enqueue(queue, job)
    assert deafness.lost == 1
    await work_off(naq_config)
    await enqueue(queue, job)
    await work_off(naq_config)
    assert jobs.runs[naq_config.queue.prefix] == 1


@BOTH
@on_loop
async def test_a_job_put_back_is_stored_once_though_its_answer_is_lost(
    naq_config: Config, enqueue: Enqueue, deafness: Deafness
) -> None:
    """A duplicate of a message that has left the queue proves nothing about the try whose answer was lost."""
    config = hasty(naq_config)
    queue = Queue(config=config)
    job: Job | None = await queue.enqueue(jobs.add, 1, 1)
    for _ in range(3):
        job = await queue.dequeue()
        assert job is not None
        deafness.to(1)
        await enqueue(queue, job)
        assert await queue.depth() == 1
    assert deafness.lost == 3


@on_loop
async def test_a_job_put_back_under_a_later_id_is_stored_though_its_answer_is_lost(
    naq_config: Config, deafness: Deafness
) -> None:
    """The second message id is a duplicate too, of a second message that has left the queue."""
    config = hasty(naq_config)
    queue = Queue(config=config)
    job = queue.job(jobs.add, 1, 1)
    for _ in range(2):
        await queue.enqueue(job)
        await queue.purge()
    deafness.to(1, after=1)
    await queue.enqueue(job)
    assert deafness.lost == 1
    assert await queue.depth() == 1


@BOTH
@on_loop
async def test_where_a_duplicate_cannot_be_looked_at_enqueue_does_not_return(enqueue: Enqueue) -> None:
    """A producer that may not read messages cannot find out whether the first message is on the queue."""
    rights = """
        authorization { users = [
            { user: admin, password: all }
            { user: producer, password: few, permissions: { publish: { deny: ["$JS.API.STREAM.MSG.GET.>"] } } }
        ] }
    """
    with NatsServer(ServerOptions(extra=rights)) as server:
        base = configured(server.config, queue={"publish_timeout": 0.3, "publish_attempts": 2})
        admin, producer = (
            configured(base, nats={"user": name, "password": word})
            for name, word in (("admin", "all"), ("producer", "few"))
        )
        queue = Queue(config=admin)
        job = await queue.enqueue(jobs.add, 1, 1)
        await queue.purge()
        with pytest.raises(EnqueueFailed, match="may not be stored") as caught:
            await enqueue(Queue(config=producer), job)
        assert not caught.value.refused
        assert await queue.depth() == 0


@on_loop
async def test_a_batch_says_of_each_job_what_became_of_it(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    done, failed, gone, waiting, new = (
        queue.job(function, *arguments)
        for function, arguments in (
            (jobs.add, (1, 1)),
            (jobs.fail, ()),
            (jobs.add, (2, 2)),
            (jobs.add, (3, 3)),
            (jobs.add, (4, 4)),
        )
    )
    await enqueue_batch([done, failed], naq_config)
    await work_off(naq_config)
    await queue.enqueue(gone)
    await queue.purge()
    await queue.enqueue(waiting)
    result = await enqueue_batch([done, failed, gone, waiting, new], naq_config)
    assert [(one.stored, one.duplicate) for one in result] == [
        (False, True),
        (True, False),
        (True, False),
        (True, True),
        (True, False),
    ]
    (refused,) = result.failed
    assert isinstance(refused.error, AlreadyDone)
    assert await queue.depth() == 4


@on_loop
async def test_many_at_once_of_one_job_are_stored_once(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.add, 1, 1)
    await queue.enqueue(job)
    await queue.purge()
    await asyncio.gather(*(queue.enqueue(job) for _ in range(50)))
    assert await queue.depth() == 1


async def _result_of(work: Awaitable[object]) -> object:
    return await work


@BOTH
@on_loop
async def test_putting_a_job_back_costs_the_same_each_time(
    naq_config: Config, enqueue: Enqueue, deafness: Deafness
) -> None:
    """Message ids that earlier calls have used are not tried again."""
    queue = Queue(config=naq_config)
    await queue.setup()
    job = queue.job(jobs.add, 1, 1)
    published = []
    for _ in range(10):
        before = deafness.answers
        await enqueue(queue, job)
        published.append(deafness.answers - before)
        assert await queue.dequeue() == job
    assert max(published) == 2


@on_loop
async def test_each_message_id_that_is_tried_has_the_time_of_a_call(
    naq_config: Config, deafness: Deafness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that does not know the used ids tries all of them, while answers are lost."""
    config = configured(
        naq_config, queue={"publish_timeout": 0.2, "publish_attempts": 2}, nats={"reconnect_time_wait": 0.01}
    )
    queue = Queue(config=config)
    await queue.setup()
    job = queue.job(jobs.add, 1, 1)
    for _ in range(6):
        await queue.enqueue(job)
        assert await queue.purge() == 1
    other = another_process(config, monkeypatch)
    deafness.to_every_other()
    await other.enqueue(job)
    assert await queue.depth() == 1


@BOTH
@on_loop
async def test_a_lost_answer_to_a_process_that_has_just_started_says_nothing_of_an_older_message(
    naq_config: Config, enqueue: Enqueue, deafness: Deafness, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = hasty(naq_config)
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 1)
    assert await queue.dequeue() == job
    other = another_process(config, monkeypatch)
    deafness.to(1)
    await enqueue(other, job)
    assert deafness.lost == 1
    assert await queue.depth() == 1


def another_process(config: Config, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The same queue, with a new connection and an empty memory."""
    monkeypatch.setattr(deduplication, "MEMORY", Memory())
    return Queue(config=configured(config, nats={"client_name": "another"}))



@BOTH
@on_loop
async def test_where_an_old_outcome_cannot_be_forgotten_the_job_is_not_stored(
    naq_config: Config, enqueue: Enqueue
) -> None:
    """Its new run would be taken for one that has failed."""
    queue = Queue(config=naq_config)
    job = queue.job(jobs.fail)
    await enqueue(queue, job)
    await work_off(naq_config)
    async with nats_jetstream(naq_config) as (_, js):
        stream = (await js.stream_info(f"KV_{names(naq_config).results}")).config
        await js.update_stream(stream.evolve(sealed=True))
    with pytest.raises(EnqueueFailed, match=f"job {job.id} is not stored, the server refuses it") as caught:
        await enqueue(queue, job)
    assert caught.value.refused
    assert await queue.depth() == 0
