"""Least privilege: existing streams are used without the right to make them, and errors name a missing permission."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import nats.errors
import pytest

from naq.cli import main
from naq.config import Config, NatsConfig, QueueConfig
from naq.connection import nats_connection, nats_jetstream
from naq.errors import EnqueueFailed, JetStreamDisabled, JobError, JobFailed, PermissionDenied
from naq.events.subscriber import EventSubscriber
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import ensure_consumer, ensure_jobs, names
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop

USERS = """authorization { users = [
  {user: admin, password: x},
  {user: worker, password: x, permissions: {publish: {deny: ["$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>",
    "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.DURABLE.CREATE.>"]}}},
  {user: mute, password: x, permissions: {publish: {deny: ["*.queue.mute", "*.sched.>", "$KV.unwritten_results.>"]}}},
  {user: idle, password: x, permissions: {publish: {deny: ["$JS.API.CONSUMER.MSG.NEXT.>"]}}},
  {user: outside, password: x, permissions: {publish: ["other.>"], subscribe: ["_INBOX.>"]}},
  {user: deaf, password: x, permissions: {subscribe: ["other.>"]}},
  {user: own, password: x, permissions: {subscribe: {deny: ["_INBOX.>"]}}}
] }"""
# The time that a request would have: a test that waits it out is a failure.
PATIENT = {"publish_timeout": 300.0}
AT_ONCE = 60


@pytest.fixture(scope="module")
def server() -> Iterator[NatsServer]:
    with NatsServer(ServerOptions(extra=USERS)) as running:
        yield running


@pytest.fixture
def as_user(server: NatsServer, request: pytest.FixtureRequest) -> Callable[..., Config]:
    """The configuration of a user, with a prefix that no other test uses."""
    prefix = f"p{abs(hash(request.node.nodeid))}"

    def config(user: str, prefix: str = prefix, **nats: Any) -> Config:
        settings = NatsConfig(servers=(server.url,), user=user, password="x", **nats)
        return Config(nats=settings, queue=QueueConfig(prefix=prefix, **PATIENT))

    return config


AsUser = Callable[..., Config]


async def set_up(config: Config) -> None:
    """Make everything that a worker needs, as a user with the rights for it."""
    await Worker(config=config, burst=True).run()


@on_loop
async def test_a_request_that_is_not_permitted_ends_at_once_and_names_its_subject(as_user: AsUser) -> None:
    async with asyncio.timeout(AT_ONCE), nats_connection(as_user("outside")) as connection:
        answered = connection.request("other.Place", timeout=300)
        denied = connection.request("Another.Place", timeout=300)
        with pytest.raises(PermissionDenied) as caught:
            await denied
        assert (caught.value.operation, caught.value.subject) == ("publish", "Another.Place")
        assert isinstance(caught.value, nats.errors.Error)
        with pytest.raises(nats.errors.NoRespondersError):
            await answered


@on_loop
async def test_only_the_requests_to_the_denied_subject_end(as_user: AsUser) -> None:
    async with nats_connection(as_user("admin")) as admin, nats_connection(as_user("outside")) as connection:
        answer = asyncio.Event()

        async def reply(msg: Any) -> None:
            await answer.wait()
            await msg.respond(b"here")

        await admin.subscribe("other.slow", cb=reply)
        await admin.flush()
        slow = asyncio.create_task(connection.request("other.slow", timeout=60))
        denied = [asyncio.create_task(connection.request("not.this", timeout=300)) for _ in range(3)]
        async with asyncio.timeout(AT_ONCE):
            for task in denied:
                with pytest.raises(PermissionDenied, match=r'publish to "not\.this"'):
                    await task
        assert not slow.done()
        answer.set()
        assert (await slow).data == b"here"


@on_loop
async def test_a_publish_that_no_request_waits_for_is_logged(as_user: AsUser, caplog: pytest.LogCaptureFixture) -> None:
    async with nats_connection(as_user("outside")) as connection:
        await connection.publish("not.this", b"")
        await connection.flush()
    assert [one.levelno for one in caplog.records if "not.this" in one.getMessage()] == [logging.ERROR]


@on_loop
async def test_without_the_right_to_hear_answers_that_right_is_named(as_user: AsUser) -> None:
    async with asyncio.timeout(AT_ONCE), nats_connection(as_user("deaf")) as connection:
        for _ in range(2):
            with pytest.raises(PermissionDenied, match=r'to subscribe to "_INBOX\.'):
                await connection.request("other.place", timeout=300)


@on_loop
async def test_answers_come_by_a_prefix_of_ones_own(as_user: AsUser) -> None:
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises(PermissionDenied, match="_INBOX"):
            await Queue(config=as_user("own")).depth()
        config = as_user("own", inbox_prefix="_INBOX_own")
        job = await Queue(config=config).enqueue(jobs.add, 1, 2)
        await set_up(config)
        assert await Queue(config=config).result(job) == 3


@on_loop
async def test_a_worker_works_on_what_exists(as_user: AsUser) -> None:
    await set_up(as_user("admin"))
    config = as_user("worker")
    job = await Queue(config=config).enqueue(jobs.add, 1, 2)
    async with asyncio.timeout(AT_ONCE):
        await Worker(config=config, burst=True).run()
    assert await Queue(config=config).result(job) == 3


@on_loop
async def test_a_worker_works_without_the_bucket_of_cancelled_jobs(
    as_user: AsUser, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(as_user("admin"))
    config = as_user("worker")
    async with nats_jetstream(as_user("admin")) as (_, js):
        await js.delete_stream(f"KV_{names(config).cancels}")
    job = await Queue(config=config).enqueue(jobs.add, 1, 2)
    async with asyncio.timeout(AT_ONCE):
        await Worker(config=config, burst=True).run()
    assert await job.result() == 3
    waiting = await Queue(config=config).enqueue(jobs.add, 1, 2)
    with pytest.raises(JobError, match=f"is not cancelled: the bucket {names(config).cancels} does not exist"):
        await waiting.cancel()
    assert f"no job can be cancelled: the bucket {names(config).cancels} does not exist" in caplog.text


@on_loop
async def test_a_worker_that_may_not_pull_does_not_start(as_user: AsUser) -> None:
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises(PermissionDenied, match=r"CONSUMER\.MSG\.NEXT\."):
            await Worker(config=as_user("idle")).run()
        with pytest.raises(PermissionDenied, match=r"CONSUMER\.MSG\.NEXT\..*\.default-workers"):
            await Queue(config=as_user("idle")).dequeue()


@on_loop
async def test_what_is_missing_and_may_not_be_made_is_named(as_user: AsUser) -> None:
    config = as_user("worker")
    where = names(config)
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises(PermissionDenied, match=rf"STREAM\.CREATE\.{where.jobs}"):
            await Worker(config=config).run()
        with pytest.raises(EnqueueFailed, match=rf"is not stored: .*STREAM\.CREATE\.{where.jobs}"):
            await Queue(config=config).enqueue(jobs.add, 1, 2)
        await Queue("other", as_user("admin")).setup()
        with pytest.raises(PermissionDenied, match=rf"CONSUMER\.CREATE\.{where.jobs}\.default-workers"):
            await Worker(config=config).run()


@on_loop
async def test_a_stream_that_may_not_be_changed_is_used_as_it_is(
    as_user: AsUser, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(as_user("admin"))
    where = names(as_user("admin"))
    async with nats_jetstream(as_user("admin")) as (_, js):
        made = (await js.stream_info(where.jobs)).config
        await js.update_stream(made.evolve(subjects=[*(made.subjects or [])[:1], *(made.subjects or [])[2:]]))
    config = as_user("worker")
    async with asyncio.timeout(AT_ONCE), nats_jetstream(config) as (connection, js):
        await ensure_jobs(connection, js, config)
        await ensure_consumer(js, config, "default")
    assert f"stream {where.jobs} lacks settings that this version needs" in caplog.text


@pytest.mark.parametrize("atomic", [False, True])
@on_loop
async def test_a_producer_is_told_what_it_may_not_do(as_user: AsUser, atomic: bool) -> None:
    await set_up(as_user("admin"))
    config = as_user("mute")
    mute, default = Queue("mute", config), Queue("default", config)
    subject = names(config).queue("mute")
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises(EnqueueFailed, match=f'no permission to publish to "{subject}"') as caught:
            await mute.enqueue(jobs.add, 1, 2)
        assert caught.value.refused
        with pytest.raises(EnqueueFailed, match=r"\.sched\."):
            await ScheduledQueue("default", config).enqueue_in(60, jobs.add, 1, 2)
        if atomic:
            with pytest.raises(EnqueueFailed, match=subject):
                await mute.enqueue_batch([mute.job(jobs.add, 1, 2), mute.job(jobs.add, 3, 4)], atomic=True)
        else:
            verdicts = list(await mute.enqueue_batch([mute.job(jobs.add, 1, number) for number in range(20)]))
            assert {str(one.error).partition(" is ")[2] for one in verdicts} == {
                f'not stored: the server gives this user no permission to publish to "{subject}"'
            }
        await default.enqueue(jobs.add, 1, 2)
    assert (await mute.depth(), await default.depth()) == (0, 1)


@on_loop
async def test_a_job_whose_result_may_not_be_written_fails_and_says_so(as_user: AsUser) -> None:
    admin = as_user("admin", "unwritten")
    await set_up(admin)
    job = await Queue(config=admin).enqueue(jobs.add, 1, 2)
    async with asyncio.timeout(AT_ONCE):
        await Worker(config=as_user("mute", "unwritten"), burst=True).run()
    (failed,) = await FailedJobs(admin).list()
    assert f"$KV.unwritten_results.{job.id}" in failed.details.error
    with pytest.raises(JobFailed, match="permission"):
        await Queue(config=admin).result(job)


ACCOUNTS = "accounts { A: {jetstream: enabled, users: [{user: a, password: x}]}, B: {users: [{user: b, password: x}]} }"


@pytest.fixture(scope="module", params=["server", "account"])
def without_jetstream(request: pytest.FixtureRequest) -> Iterator[Config]:
    account = request.param == "account"
    with NatsServer(ServerOptions(jetstream=account, extra=ACCOUNTS if account else "")) as running:
        user = {"user": "b", "password": "x"} if account else {}
        yield Config(nats=NatsConfig(servers=(running.url,), **user), queue=QueueConfig(**PATIENT))


@pytest.mark.parametrize(
    "operation",
    [
        lambda config: Worker(config=config).run(),
        lambda config: Queue(config=config).setup(),
        lambda config: Queue(config=config).depth(),
        lambda config: Queue(config=config).dequeue(),
        lambda config: Queue(config=config).purge(),
        lambda config: ScheduledQueue(config=config).list(),
        lambda config: FailedJobs(config).list(),
        lambda config: Status(config).workers(),
        lambda config: EventSubscriber("job.*", config, durable="x").listen(print),
    ],
)
@on_loop
async def test_a_server_without_jetstream_is_told_so(
    without_jetstream: Config, operation: Callable[[Config], Awaitable[object]]
) -> None:
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises(JetStreamDisabled, match="has no JetStream, which keeps the jobs"):
            await operation(without_jetstream)


@on_loop
async def test_a_passing_subscriber_without_the_right_is_told_so(as_user: AsUser) -> None:
    async with asyncio.timeout(AT_ONCE):
        with pytest.raises(PermissionDenied, match=r'subscribe to "events\.job\.\*"'):
            await EventSubscriber("job.*", as_user("deaf")).listen(print)


@on_loop
async def test_nothing_is_enqueued_without_jetstream(without_jetstream: Config) -> None:
    queue = Queue(config=without_jetstream)
    begun = time.monotonic()
    with pytest.raises(EnqueueFailed, match=r"is not stored: .* no JetStream") as caught:
        await queue.enqueue(jobs.add, 1, 2)
    assert caught.value.refused
    (verdict,) = await queue.enqueue_batch([queue.job(jobs.add, 1, 2)])
    assert "no JetStream" in str(verdict.error)
    with pytest.raises(EnqueueFailed, match="no JetStream"):
        await queue.enqueue_batch([queue.job(jobs.add, 1, 2)], atomic=True)
    with pytest.raises(EnqueueFailed, match="no JetStream"):
        await ScheduledQueue(config=without_jetstream).enqueue_in(60, jobs.add, 1, 2)
    assert time.monotonic() - begun < AT_ONCE


def test_the_command_says_it_in_one_line(
    without_jetstream: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(without_jetstream)
    monkeypatch.setenv("NAQ_NATS__SERVERS", config.nats.servers[0])
    if config.nats.user:
        monkeypatch.setenv("NAQ_NATS__USER", config.nats.user)
        monkeypatch.setenv("NAQ_NATS__PASSWORD", "x")
    for command in (["status"], ["worker", "--quiet"], ["enqueue", "m:f"], ["failed", "list"], ["schedules"]):
        assert main(command) == 1
        assert "no JetStream, which keeps the jobs" in capsys.readouterr().err
