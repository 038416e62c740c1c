"""A job as a handle: its result and its status, and that it stays a value."""

from __future__ import annotations

import asyncio
import copy
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cloudpickle
import msgspec
import pytest

from naq import Config, Queue, Worker
from naq.errors import ConnectFailed, InvalidJob, JobFailed, JobNotFound, JobTimeout
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.scheduled import ScheduledQueue
from naq.testing import NatsServer
from naq_support import jobs, tasks
from naq_support.aio import configured, on_loop, until
from naq_support.processes import environment_of


@on_loop
async def test_a_job_tells_its_status_and_result(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    job = await queue.enqueue(jobs.add, 1, 2)
    waiting = await job.status()
    assert (waiting.state, waiting.queue, waiting.function) == ("queued", "mail", job.function)
    with pytest.raises(JobTimeout):
        await job.result(timeout=0.01)
    await Worker("mail", naq_config, burst=True).run()
    assert await job.result() == 3
    # Also where the worker's last record has not been stored yet.
    assert (await job.status()).state == "done"


@on_loop
async def test_a_job_that_runs_says_so_and_one_that_fails_why(naq_config: Config) -> None:
    jobs.gate("handle")
    queue = Queue(config=naq_config)
    running = await queue.enqueue(jobs.pass_gate, "handle")
    failing = await queue.enqueue(jobs.fail, "no paper")
    working = asyncio.create_task(Worker(config=naq_config, burst=True).run())

    async def state() -> bool:
        return (await running.status()).state == "running"

    await until(state)
    jobs.gates["handle"].set()
    await working
    with pytest.raises(JobFailed, match="no paper"):
        await failing.result()
    failed = await failing.status()
    assert (failed.state, failed.error) == ("failed", "ValueError: no paper")


@on_loop
async def test_the_outcome_counts_where_the_state_is_gone_or_late(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.add, 1, 2)
    await Worker(config=naq_config, burst=True).run()
    await until(lambda: _delete_state(queue, job))
    assert (await job.status()).state == "done"


async def _delete_state(queue: Queue, job: Job) -> bool:
    from naq.connection import nats_jetstream
    from naq.queue.results import last_value
    from naq.queue.streams import names

    where = names(queue.config)
    async with nats_jetstream(queue.config) as (_, js):
        await js.publish(where.key(where.states, job.id), b"", headers={"KV-Operation": "DEL"})
        return await last_value(js, where.states, where.key(where.states, job.id)) is None


@on_loop
async def test_a_job_for_later_is_scheduled(naq_config: Config) -> None:
    schedules = ScheduledQueue("mail", naq_config)
    job = await schedules.enqueue_at(datetime.now(UTC) + timedelta(days=1), jobs.add, 1, 2)
    assert ((await job.status()).state, (await job.status()).queue) == ("scheduled", "mail")


@on_loop
async def test_an_unknown_job_is_not_found(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    with pytest.raises(JobNotFound, match="job nosuch has no recorded state"):
        await queue.status("nosuch")
    job = await queue.enqueue(jobs.add, 1, 2)
    await queue.purge()
    with pytest.raises(JobNotFound):
        await job.status()
    with pytest.raises(InvalidJob, match="result_ttl=0"):
        await queue.options(result_ttl=0).job(jobs.add, 1, 2).result()


@on_loop
async def test_every_job_of_a_queue_knows_where_it_belongs(naq_config: Config) -> None:
    """No default configuration leads to this server, so an answer shows that the job has brought its own."""
    queue = Queue("mail", naq_config)
    by_hand = Job.create(jobs.add, (1, 2), queue="mail")
    batch = [*await queue.enqueue_batch([by_hand, queue.job(jobs.add, 1, 2)])]
    plain = [*await enqueue_batch([Job.create(jobs.add, queue="mail")], naq_config)]
    peeked = await queue.peek()
    assert peeked is not None
    handles = [*(verdict.job for verdict in batch + plain), peeked]
    assert [(await job.status()).state for job in handles] == ["queued"] * 4
    taken = await queue.dequeue()
    assert taken == by_hand == batch[0].job
    with pytest.raises(JobTimeout):
        await taken.result(timeout=0)
    async with queue.receive() as received:
        assert received is not None
        assert (await received.status()).state == "queued"


@on_loop
async def test_a_job_stays_a_value(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.add, 1, 2)
    alone = Job(**msgspec.structs.asdict(job))
    assert job == alone == pickle.loads(pickle.dumps(job)) == cloudpickle.loads(cloudpickle.dumps(job)) == copy.deepcopy(job)
    assert repr(job) == repr(alone)
    assert job.serialize() == alone.serialize()
    assert queue.options(depends_on=[job]).job(jobs.add).options.depends_on == (job.id,)
    assert alone in [job]


@on_loop
async def test_a_job_without_a_queue_asks_the_default_configuration(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue("mail", naq_config)
    job = pickle.loads(pickle.dumps(await queue.enqueue(jobs.add, 1, 2)))
    monkeypatch.setenv("NAQ_NATS__SERVERS", "nats://127.0.0.1:1")
    with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:1"):
        await job.result()
    for name, value in environment_of(naq_config).items():
        monkeypatch.setenv(name, value)
    assert (await job.status()).state == "queued"
    await Worker("mail", burst=True).run()
    assert await job.result() == 3


@on_loop
async def test_a_worker_honours_the_options_of_its_task(naq_config: Config) -> None:
    """For a job whose producer has not imported the function, and which has no options therefore."""
    config = configured(naq_config, worker={"modules": [], "imports": ["naq_support.tasks"]})
    queue = Queue("mail", config)
    tried = await queue.enqueue(Job(id="tried", function="naq_support.tasks:try_thrice", args=("a",)))
    own = await queue.enqueue(Job(id="own", function="naq_support.tasks:try_thrice", args=("b",), options=tasks.ONCE))
    gone = await queue.enqueue(Job(id="gone", function="naq_support.tasks:leave_nothing"))
    assert tried.options.max_retries is None
    await Worker("mail", config, burst=True).run()
    assert await tried.result() == 3
    with pytest.raises(JobFailed):
        await own.result()
    assert (await gone.status()).state == "done"
    with pytest.raises(JobNotFound):
        await gone.result(timeout=1)


@on_loop
async def test_the_options_count_also_where_the_worker_imports_the_task_only_for_the_job(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "naq_imported_late.py").write_text(
        "from naq import task\nfrom naq_support import jobs\n"
        "@task(max_retries=1, retry_delay=0)\ndef late(): return jobs.fail_at_first('late', 1)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    job = await Queue(config=naq_config).enqueue("naq_imported_late:late")
    await Worker(config=naq_config, burst=True).run()
    assert await job.result() == 2


@on_loop
async def test_a_queue_without_a_name_uses_that_of_the_task(naq_config: Config, nats_server: NatsServer) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(tasks.ring, 1)
    verdicts = await queue.enqueue_batch([queue.job(tasks.ring, 2), queue.job(jobs.add, 1, 2)])
    assert [one.job.queue for one in verdicts] == ["bell", "default"]
    assert (await Queue("bell", naq_config).depth(), await queue.depth()) == (2, 1)
    assert await queue.enqueue(job) == job
    assert await Queue("bell", naq_config).depth() == 2
