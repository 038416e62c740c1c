"""The users of `docs/permissions.md` on a real server: each has the rights on the page, and no others."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import nats.errors
import pytest

from naq.cli import main
from naq.config import Config, EventsConfig, NatsConfig
from naq.connection import nats_connection, nats_jetstream
from naq.errors import EnqueueFailed, JobCancelled, JobFailed, PermissionDenied
from naq.events.publisher import EventPublisher
from naq.job import Job, JobOptions
from naq.metrics.reading import Reader
from naq.option_values import PRIORITIES
from naq.queue.core import Queue
from naq.queue.limit_status import limits_in_use
from naq.queue.purging import delete_jobs, find_jobs
from naq.queue.scheduled import ScheduledQueue
from naq.records import JobResult, encode
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.dashboards import browsing

PAGE = (Path(__file__).parents[3] / "docs" / "permissions.md").read_text(encoding="utf-8")
CONFIGURATION = re.search(r"<!-- server -->\n```\n(.*?)```\n<!-- end of server -->", PAGE, re.DOTALL)
AT_ONCE = 60
ASKING = "ask for a job to be cancelled: a running job is aborted, a waiting job ends at its turn"
PROGRAMS = str(Path(sys.executable).parent)


def user(server: NatsServer, name: str) -> Config:
    """A program's settings, as the page has them."""
    prefix = f"_INBOX_{name}"
    settings = NatsConfig(servers=(server.url,), user=name, password="change-me", inbox_prefix=prefix)
    return configured(Config(nats=settings), queue={"publish_timeout": 300.0}, worker={"shutdown_timeout": 5.0})


async def is_seen(config: Config, job_id: str, expected: str) -> bool:
    """Return whether this user sees a job in the expected state."""
    state = await Status(config).job(job_id)
    return state is not None and state.state == expected


@pytest.fixture(scope="module")
def server() -> Iterator[NatsServer]:
    assert CONFIGURATION is not None
    with NatsServer(ServerOptions(extra=CONFIGURATION[1])) as running:
        [line] = re.findall(r"^    (NAQ_\S+ .*naq worker .*)$", PAGE, re.MULTILINE)
        environment = {**os.environ, "NAQ_NATS__SERVERS": running.url, "PATH": os.pathsep.join((PROGRAMS, os.environ["PATH"]))}
        subprocess.run(["bash", "-c", line.replace("PASSWORD=...", "PASSWORD=change-me")], env=environment, check=True, timeout=120)
        yield running


@on_loop
async def test_producer_worker_and_viewer_do_their_work(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    producer, viewer = user(server, "producer"), user(server, "viewer")
    queue = Queue("mail", producer)
    worker = Worker("mail", user(server, "worker"))
    async with asyncio.timeout(AT_ONCE):
        working = asyncio.create_task(worker.run())
        added = await queue.enqueue(jobs.add, 1, 2)
        assert await queue.result(added, 30) == 3
        batch = await queue.enqueue_batch([queue.job(jobs.add, number, 1) for number in range(3)])
        assert [await queue.result(job, 30) for job in batch.stored] == [1, 2, 3]
        together = await queue.enqueue_batch([queue.job(jobs.add, number, 2) for number in range(3)], atomic=True)
        after = await queue.options(depends_on=together.stored).enqueue(jobs.add, 5, 5)
        assert await queue.result(after, 30) == 10
        retried = await queue.options(max_retries=2, retry_delay=0.01).enqueue(jobs.fail_at_first, "permitted", 1)
        assert await queue.result(retried, 30) == 2
        failed = await queue.enqueue(jobs.fail, "on purpose")
        with pytest.raises(JobFailed, match="on purpose"):
            await queue.result(failed, 30)
        later = await ScheduledQueue("mail", producer).enqueue_in(0.1, jobs.add, 2, 2)
        assert await queue.result(later, 30) == 4
        await ScheduledQueue("mail", producer).schedule(jobs.add, 1, 1, cron="0 3 * * *", schedule_id="nightly")
        assert await queue.depth() == 0
        (shown,) = await until(lambda: Status(viewer).workers())
        assert shown.worker_id == worker.worker_id
        assert (await Status(viewer).job(failed.id)).state == "failed"  # type: ignore[union-attr]
        # The viewer may not read results: it sees that a job which ran has left its queue.
        assert (await Status(viewer).job(added.id)).state == "done"  # type: ignore[union-attr]
        async with aclosing(Status(viewer).watch_job(added.id)) as states:
            assert [state.state async for state in states] == ["done"]
        gate = jobs.gate("viewed")
        slow = await queue.enqueue(jobs.pass_gate, "viewed")
        await until(lambda: is_seen(viewer, slow.id, "running"))
        async with aclosing(Status(viewer).watch_job(slow.id)) as states:
            assert (await anext(states)).state == "running"
            gate.set()
            assert [state.state async for state in states] == ["done"]
        assert [one.details.job_id for one in await FailedJobs(viewer).list()] == [failed.id]
        worker.stop()
        await working
    waiting = await queue.enqueue(jobs.add, 1, 2)
    assert (await added.status()).state == "done"
    with pytest.raises(PermissionDenied, match=r"STREAM\.MSG\.GET\.naq_jobs"):
        await waiting.status()
    monkeypatch.setenv("NAQ_NATS__SERVERS", server.url)
    for key, value in (("USER", "viewer"), ("PASSWORD", "change-me"), ("INBOX_PREFIX", "_INBOX_viewer")):
        monkeypatch.setenv(f"NAQ_NATS__{key}", value)
    commands = (
        ["status"],
        ["status", failed.id],
        ["status", waiting.id],
        ["failed", "list"],
        ["list", "mail"],
        ["peek", "mail"],
    )
    for command in commands:
        assert await asyncio.to_thread(main, command) == 0, capsys.readouterr().err
    denied = set(re.findall(r'Publish Violation.*?Subject "([^"]+)"', server.log))
    assert denied
    making = r"\$JS\.API\.(STREAM|CONSUMER)\.(CREATE|UPDATE)\."
    # The page lists these rights as optional.
    optional = [
        *more("enqueue the same `Job` object a second time"),
        *more("`naq status JOB_ID` of a job whose worker was killed after the result, as a viewer"),
    ]
    expected = "|".join([making, *(re.escape(one).replace(">", ".+") for one in optional)])
    missing = [subject for subject in denied if not re.match(expected, subject)]
    assert not missing, "a right is missing on the page"
    await Queue("mail", user(server, "admin")).purge()


@on_loop
async def test_a_schedule_goes_to_every_queue_as_security_md_says(server: NatsServer) -> None:
    await Queue("images", user(server, "admin")).setup()
    headers = {"Nats-Schedule": "@at 2020-01-01T00:00:00Z", "Nats-Schedule-Target": "naq.queue.images"}
    async with nats_jetstream(user(server, "producer")) as (_, js):
        await js.publish("naq.sched.mail.any", Job.create(jobs.add, (1, 2)).serialize(), headers=headers)
    await until(lambda: Queue("images", user(server, "admin")).depth())


@on_loop
async def test_the_viewer_hears_events(server: NatsServer) -> None:
    heard: list[bytes] = []

    async def hear(msg: Any) -> None:
        heard.append(msg.data)

    async with nats_connection(user(server, "viewer")) as connection:
        await connection.subscribe("events.>", cb=hear)
        await connection.flush()
        await EventPublisher(configured_events(user(server, "admin"))).publish_event("order.paid", {})
        await until(lambda: heard)


def configured_events(config: Config) -> Config:
    return config.model_copy(update={"events": EventsConfig(enabled=True)})


async def forge_result(config: Config) -> None:
    """Write the result of a job that another user enqueued."""
    async with nats_jetstream(config) as (_, js):
        await js.publish("$KV.naq_results.x", encode(JobResult(job_id="x", state="done")), timeout=300)


async def take(config: Config) -> None:
    await Queue("mail", config).dequeue()


async def cancel_a_job(config: Config) -> None:
    admin = config.model_copy(update={"nats": NatsConfig(servers=config.nats.servers, user="admin", password="change-me")})
    job = await Queue("mail", admin).enqueue(jobs.nothing)
    await Queue("mail", config).cancel(job.id)


async def listen(config: Config) -> None:
    """Read the answers to a worker from the inbox of that other user."""
    async with nats_connection(config) as connection:
        await connection.subscribe("_INBOX_worker.>")
        await connection.flush()
        if "_inbox_worker.>" in connection.denials.subscriptions:  # type: ignore[attr-defined]
            raise PermissionDenied("subscribe", "_INBOX_worker.>")


async def delete_stream(config: Config) -> None:
    async with nats_jetstream(config) as (_, js):
        await js.delete_stream("naq_jobs")


@pytest.mark.parametrize(
    ("name", "deed"),
    [
        ("producer", lambda config: Queue("images", config).enqueue(jobs.add, 1, 2)),
        ("producer", lambda config: ScheduledQueue("images", config).enqueue_in(60, jobs.add, 1, 2)),
        ("producer", forge_result),
        ("producer", take),
        ("producer", listen),
        ("producer", delete_stream),
        ("producer", lambda config: Queue("mail", config).purge()),
        ("producer", cancel_a_job),
        ("producer", lambda config: Queue("mail", config).options(unique="x").enqueue(jobs.add, 1, 2)),
        ("producer", lambda config: Queue("mail", config).peek()),
        ("producer", lambda config: FailedJobs(config).list()),
        ("worker", lambda config: Queue("mail", config).enqueue(jobs.add, 1, 2)),
        ("worker", delete_stream),
        ("worker", lambda config: Worker("images", config).run()),
        ("viewer", lambda config: Queue("mail", config).enqueue(Job.create(jobs.add, (1, 2)))),
        ("viewer", forge_result),
        ("viewer", take),
        ("viewer", listen),
        ("viewer", delete_stream),
        ("viewer", lambda config: FailedJobs(config).purge()),
        ("viewer", cancel_a_job),
        ("viewer", lambda config: Queue("mail", config).purge()),
    ],
)
@on_loop
async def test_nobody_does_what_another_may(
    server: NatsServer, name: str, deed: Callable[[Config], Awaitable[object]]
) -> None:
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises((PermissionDenied, EnqueueFailed), match="no permission to"):
            await deed(user(server, name))
    assert issubclass(PermissionDenied, nats.errors.Error)


def more(row: str) -> list[str]:
    """The subjects that a row of the page's last table permits in addition."""
    (rights,) = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", PAGE, re.MULTILINE)
    return re.findall(r"`([^`]+)`", rights)


def rights_of(name: str) -> list[str]:
    """The subjects that a user of the page may publish to."""
    assert CONFIGURATION is not None
    (publish,) = re.findall(rf"user: {name}, .*?publish: \[(.*?)\]", CONFIGURATION[1], re.DOTALL)
    return re.findall(r'"([^"]+)"', publish)


async def enqueue_again(config: Config) -> None:
    queue = Queue("mail", config)
    job = queue.job(jobs.add, 1, 2)
    await queue.enqueue(job)
    await queue.enqueue(job)


async def cancel_and_purge(config: Config) -> None:
    scheduled = ScheduledQueue("mail", config)
    later = await scheduled.enqueue_in(600, jobs.add, 1, 2)
    assert await scheduled.cancel(later.id)
    await Queue("mail", config).purge()


async def purge_some(config: Config) -> None:
    admin = config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})})
    await Queue("mail", admin).enqueue(jobs.add, 1, 2)
    found = await find_jobs(config, "mail", function="*:add", older_than=0)
    assert await delete_jobs(config, found) == 1


async def enqueue_unique(config: Config) -> None:
    queue = Queue("mail", config).options(unique="permitted")
    job = await queue.enqueue(jobs.nothing)
    assert await queue.enqueue(jobs.nothing) == job
    scheduled = ScheduledQueue("mail", config, options=JobOptions(unique="later"))
    later = await scheduled.enqueue_in(1, jobs.nothing)
    assert await scheduled.enqueue_in(1, jobs.nothing) == later

    async def due() -> bool:
        return await queue.depth() == 2

    await until(due)
    assert await scheduled.enqueue_in(1, jobs.nothing) == later


async def ask_to_cancel(config: Config) -> None:
    queue = Queue("mail", config)
    waiting, run = await queue.enqueue(jobs.nothing), await queue.enqueue(jobs.sleep, 60)
    assert (await queue.cancel(waiting, 0.1)).answer == "asked"
    worker = Worker("mail", config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})}))
    working = asyncio.create_task(worker.run())
    with pytest.raises(JobCancelled, match="while it waited"):
        await queue.result(waiting, 30)
    await until(lambda: any(task.get_name() == f"job {run.id}" for task in asyncio.all_tasks()))
    assert (await queue.cancel(run, 30)).answer == "aborted"
    worker.stop()
    await working


async def cancel_at_once(config: Config) -> None:
    scheduled = ScheduledQueue("mail", config)
    queue = scheduled.queue
    found = [await queue.enqueue(jobs.nothing), await scheduled.enqueue_in(600, jobs.nothing)]
    assert [(await queue.cancel(job.id)).answer for job in found] == ["cancelled"] * 2
    assert await queue.depth() == 0


async def list_schedules(config: Config) -> None:
    later = await ScheduledQueue("mail", config).enqueue_in(600, jobs.add, 1, 2)
    assert later.id in [one.id for one in await ScheduledQueue("mail", config).list()]


async def requeue_and_purge(config: Config) -> None:
    admin = config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})})
    for _ in range(2):
        await Queue("mail", admin).enqueue(jobs.fail)
    await Worker("mail", admin, burst=True).run()
    first, *_ = await FailedJobs(config).list()
    await FailedJobs(config).requeue(first.sequence)
    assert await FailedJobs(config).purge() == 1


async def publish_events(config: Config) -> None:
    admin = config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})})
    seen = await EventPublisher(configured_events(admin)).publish_system_event("job.none", {})
    await Queue("mail", configured_events(config)).enqueue(jobs.add, 1, 2)
    async with nats_jetstream(admin) as (_, js):

        async def kept() -> bool:
            return (await js.stream_info("naq_events")).state.last_seq > seen

        await until(kept)


async def show_dashboard(config: Config) -> None:
    await prepare_dashboard(config)
    async with browsing(config) as client:
        page = (await client.get("/")).text
        assert "no van" in page
        assert ">Taken<" in page
        for path in ("/queues/mail", "/failures", "/failures/1", "/workers", "/jobs/none"):
            assert (await client.get(path)).status_code in (200, 404)


async def prepare_dashboard(config: Config) -> None:
    """Have the administrator put a failed job and a waiting one on the server."""
    admin = configured(config, nats={"user": "admin", "inbox_prefix": "_INBOX_admin"})
    await Queue("mail", admin).enqueue(jobs.fail, "no van")
    await Worker("mail", admin, burst=True).run()
    await Queue("mail", admin).enqueue(jobs.add, 1, 2)


async def read_account(config: Config) -> None:
    read = await asyncio.to_thread(Reader(config, ("mail",)).sizes)
    assert read is not None
    assert read.account is not None


async def receive(config: Config) -> None:
    await Queue("mail", config).enqueue(jobs.add, 1, 2)
    async with Queue("mail", config).receive() as job:
        assert job is not None
    await Queue("mail", config).enqueue(jobs.add, 1, 2)
    assert await Queue("mail", config).dequeue() is not None


async def enqueue_high(config: Config) -> None:
    await Queue("mail", config).options(priority="high").enqueue(jobs.add, 1, 2)


async def work_under_limits(config: Config) -> None:
    limits = {"queues": ["mail=1", "mail=100/s"], "functions": ["naq_support.jobs:add=1"]}
    admin = config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})})
    await Worker("mail", configured(admin, limits=limits), burst=True).run()
    worker = Worker("mail", configured(config, limits=limits))
    working = asyncio.create_task(worker.run())
    added = [await Queue("mail", admin).enqueue(jobs.add, number, 2) for number in range(5)]
    for number, job in enumerate(added):
        assert await Queue("mail", admin).result(job, 30) == number + 2
    worker.stop()
    await working


async def show_limits(config: Config) -> None:
    admin = config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})})
    await Queue("mail", admin).enqueue(jobs.add, 1, 2)
    await Worker("mail", configured(admin, limits={"queues": ["mail=1/min"]}), burst=True).run()
    assert [use.started for use in await limits_in_use(config)] == [1]


async def work_by_priority(config: Config) -> None:
    admin = config.model_copy(update={"nats": config.nats.model_copy(update={"user": "admin"})})
    await Worker("mail", configured(admin, worker={"priorities": True}), burst=True).run()
    worker = Worker("mail", config)
    working = asyncio.create_task(worker.run())
    await until(lambda: Status(admin).workers())
    for level in PRIORITIES:
        job = await Queue("mail", admin).options(priority=level).enqueue(jobs.add, 1, 2)
        assert await Queue("mail", admin).result(job, 30) == 3
    worker.stop()
    await working


@pytest.mark.parametrize(
    ("row", "deed", "base"),
    [
        ("enqueue the same `Job` object a second time", enqueue_again, "producer"),
        ("cancel a schedule, purge a queue", cancel_and_purge, "producer"),
        (ASKING, ask_to_cancel, "producer"),
        ("enqueue jobs with a unique key", enqueue_unique, "producer"),
        ("cancel a waiting job at once", cancel_at_once, "producer"),
        ("`naq purge` with `--older-than` or `--function`", purge_some, "viewer"),
        ("`naq schedules`, `ScheduledQueue.list`", list_schedules, "producer"),
        ("`naq failed requeue` and `purge`", requeue_and_purge, "viewer"),
        ("publish events of jobs (`events.enabled`)", publish_events, "producer"),
        ("`naq dashboard`, as a viewer", show_dashboard, "viewer alone"),
        ("`naq_account_bytes` in the metrics of a worker", read_account, "worker"),
        ("`dequeue` and `receive`", receive, "producer"),
        ('enqueue jobs with another priority than "normal"', enqueue_high, "producer"),
        ("work on jobs with a priority", work_by_priority, "worker"),
        ("work under limits", work_under_limits, "worker"),
        ("`naq limits`", show_limits, "viewer"),
    ],
)
@on_loop
async def test_more_rights_for_more(row: str, deed: Callable[[Config], Awaitable[None]], base: str) -> None:
    rights = [*rights_of(base.removesuffix(" alone")), *more(row)]
    if base == "viewer":
        rights += rights_of("producer")
    if row.startswith("`dequeue`"):
        rights += [right for right in rights_of("worker") if "mail-workers" in right]
    heard = ["_INBOX_special.>", "$KV.naq_results.*", *(right for right in more(row) if row.startswith("work on"))]
    quoted, subscribed = (", ".join(f'"{right}"' for right in some) for some in (rights, heard))
    users = (
        "authorization { users = [ {user: admin, password: change-me}, {user: special, password: change-me, "
        f'permissions: {{ publish: [{quoted}], subscribe: [{subscribed}] }} }} ] }}'
    )
    with NatsServer(ServerOptions(extra=users)) as server:
        admin = user(server, "admin")
        await Worker("mail", admin, burst=True).run()
        async with asyncio.timeout(AT_ONCE):
            await deed(user(server, "special"))
        denied = set(re.findall(r'Publish Violation.*?Subject "([^"]+)"', server.log))
        making = r"\$JS\.API\.(STREAM|CONSUMER)\.(CREATE|UPDATE)\."
        # Who may only ask tries whether more is permitted.
        optional = set(more("cancel a waiting job at once")) if row == ASKING else set()
        assert not [subject for subject in denied - optional if not re.match(making, subject)]
