"""Installations with one fault each, on real servers: the fault is found, the remedy fits, and nothing is changed."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from nats.js.api import RetentionPolicy, StreamConfig, StreamInfo

from naq.config import Config, LimitsConfig, NatsConfig, QueueConfig, TlsConfig
from naq.connection import nats_jetstream
from naq.diagnosis import clock
from naq.diagnosis.check import Check
from naq.diagnosis.examine import examine
from naq.diagnosis.rights import ROLES, TRIAL, needs
from naq.queue.core import Queue
from naq.queue.streams import ensure_buckets, names
from naq.records import encode
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.heartbeat import worker_status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

PAGE = (Path(__file__).parents[4] / "docs" / "permissions.md").read_text("utf-8")


async def found(config: Config, level: str = "", **chosen: Any) -> list[tuple[str, str, str]]:
    """Name, text and remedy of each check of this level; without one, of each that is not ok."""
    checks = await examine(config, **chosen)
    assert all(bool(one.remedy) == (one.level != "ok") for one in checks), checks
    assert not [one for one in checks if "Traceback" in one.text]
    wanted = (level,) if level else ("warning", "error")
    return [(one.check, one.text, one.remedy) for one in checks if one.level in wanted]


async def state(config: Config) -> dict[str, tuple[int, int, int]]:
    """Messages, last number and consumers of every stream of an installation."""
    infos: list[StreamInfo] = []
    async with nats_jetstream(config) as (_, js):
        # The server lists 256 streams in one answer, and the tests before have left more than that.
        while len(infos) < (await js.account_info()).streams:
            infos += await js.streams_info(offset=len(infos))
    return {
        info.config.name or "": (info.state.messages, info.state.last_seq, info.state.consumer_count)
        for info in infos
        if config.queue.prefix in (info.config.name or "")
    }


@on_loop
async def test_a_sound_installation_has_no_finding_and_is_not_changed(naq_config: Config) -> None:
    assert await found(naq_config) == []
    assert await state(naq_config) == {}
    queue = Queue(config=naq_config)
    worker = Worker(config=naq_config)
    gate = jobs.gate("doctor")
    working = asyncio.create_task(worker.run())
    job = await queue.enqueue(jobs.pass_gate, "doctor")
    await until(lambda: worker.status().running)
    await until(lambda: _heard(naq_config))
    before = await state(naq_config)
    assert await found(naq_config, roles=ROLES) == []
    after = await state(naq_config)
    beats = f"KV_{names(naq_config).workers}"
    assert {**after, beats: None} == {**before, beats: None}
    checks = {one.check: one.text for one in await examine(naq_config)}
    assert checks["queues"] == "1 job on 1 queue, each served by a worker"
    assert checks["workers"] == "1 working, each with a recent heartbeat"
    assert checks["consumers"] == "1 queue with a consumer as naq makes it"
    assert checks["clock"] == "this machine and the server agree"
    gate.set()
    assert await queue.result(job, 30) == "through"
    worker.stop()
    await working
    assert worker.counts.failed == 0


async def _heard(config: Config) -> bool:
    """Whether the worker has written a heartbeat and there is its stream of failed jobs."""
    present = await state(config)
    return len(present) == 6 and present[f"KV_{names(config).workers}"][0] > 0


@on_loop
async def test_a_server_that_is_not_there_or_stalls(naq_config: Config) -> None:
    dead = Config(nats=NatsConfig(servers=("nats://127.0.0.1:1",)))
    ((check, text, remedy),) = await found(dead)
    assert (check, text[:43]) == ("server", "no connection to nats://127.0.0.1:1 after 0")
    assert "Connect call failed" in text
    assert remedy.startswith("start the server (`naq server`")
    ((_, text, remedy),) = await found(Config(nats=NatsConfig(servers=("nats://no-such-host.invalid:4222",))))
    assert "check the name of the host" in remedy
    with NatsServer() as server:
        server.suspend()
        settings = NatsConfig(servers=(server.url,), connect_timeout=0.2)
        ((_, text, remedy),) = await found(Config(nats=settings))
        assert text.endswith("it does not answer")
        assert "it may be stalled" in remedy
        server.resume()


@on_loop
async def test_a_server_that_stalls_after_the_connection(naq_config: Config) -> None:
    with NatsServer() as server:
        async with nats_jetstream(server.config) as (_, js):
            server.suspend()
            js._timeout = 0.2
            (first, *_) = await found(server.config)
            server.resume()
        assert first[:2] == ("jetstream", "the server does not answer in time")


@pytest.fixture(scope="module")
def guarded() -> Iterator[NatsServer]:
    with NatsServer(ServerOptions(extra="authorization { users = [{user: a, password: right}] }")) as server:
        yield server


@pytest.mark.parametrize("credentials", [{}, {"user": "a", "password": "wr0ng"}, {"token": "wr0ng"}])
@on_loop
async def test_wrong_credentials(guarded: NatsServer, credentials: dict[str, str]) -> None:
    ((check, text, remedy),) = await found(Config(nats=NatsConfig(servers=(guarded.url,), **credentials)))
    assert (check, text.rpartition(": ")[2]) == ("server", "'Authorization Violation'")
    assert "check nats.user and nats.password" in remedy
    assert "wr0ng" not in text + remedy


@on_loop
async def test_credentials_that_cannot_be_read(guarded: NatsServer, tmp_path: Path) -> None:
    settings = NatsConfig(servers=(guarded.url,), credentials=tmp_path / "none.creds")
    ((check, text, _),) = await found(Config(nats=settings))
    assert check == "settings"
    assert text.startswith("nats.credentials: expected a readable .creds file")


@on_loop
async def test_tls_that_fails(tmp_path: Path, guarded: NatsServer) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    files = f"cert_file: '{tmp_path}/cert.pem', key_file: '{tmp_path}/key.pem'"
    with NatsServer(ServerOptions(extra=f"tls {{ {files} }}")) as server:

        async def checked(tls: TlsConfig | None) -> list[tuple[str, str, str]]:
            return await found(Config(nats=NatsConfig(servers=(server.url,), tls=tls, connect_timeout=30.0)))

        for tls in (None, TlsConfig()):
            ((check, text, remedy),) = await checked(tls)
            assert check == "server"
            assert "certificate verify failed" in text
            assert "ca_file is the certificate of the authority" in remedy
        assert await checked(TlsConfig(ca_file=tmp_path / "ca.pem")) == []
    plain = NatsConfig(servers=(guarded.url,), tls=TlsConfig(), user="a", password="right", connect_timeout=30.0)
    ((check, text, remedy),) = await found(Config(nats=plain))
    assert check == "server"
    assert "a server without TLS needs no nats.tls" in remedy


ACCOUNTS = "accounts { A: {jetstream: enabled, users: [{user: a, password: x}]}, B: {users: [{user: b, password: x}]} }"


@pytest.mark.parametrize("account", [False, True])
@on_loop
async def test_a_server_or_an_account_without_jetstream(account: bool) -> None:
    with NatsServer(ServerOptions(jetstream=account, extra=ACCOUNTS if account else "")) as server:
        user = {"user": "b", "password": "x"} if account else {}
        ((check, text, remedy),) = await found(Config(nats=NatsConfig(servers=(server.url,), **user)))
    assert check == "jetstream"
    assert "has no JetStream, which keeps the jobs" in text
    assert ("enable it" if account else "naq server") in remedy


@pytest.fixture(scope="module")
def permitted() -> Iterator[NatsServer]:
    """A server with the users of docs/permissions.md, and one who may do nothing."""
    page = re.search(r"<!-- server -->\n```\n(.*?)```\n<!-- end of server -->", PAGE, re.DOTALL)
    assert page is not None
    nothing = '{ user: nothing, password: change-me, permissions: { publish: "none", subscribe: "none" } }'
    with NatsServer(ServerOptions(extra=page[1].replace("users: [", f"users: [\n{nothing}", 1))) as server:
        asyncio.run(Worker("mail", user_of(server, "admin"), burst=True).run())
        yield server


def user_of(server: NatsServer, name: str) -> Config:
    prefix = f"_INBOX_{name}" if name != "admin" else "_INBOX"
    return Config(nats=NatsConfig(servers=(server.url,), user=name, password="change-me", inbox_prefix=prefix))


async def lacking(config: Config, role: str) -> list[str]:
    """Return the messages about the rights that a user lacks for a role."""
    checks = await found(config, "error", names=["mail"], roles=[role])
    return [text for check, text, _ in checks if check == "rights"]


@pytest.mark.parametrize("role", ROLES)
@on_loop
async def test_each_user_of_the_page_has_the_rights_of_its_role_and_no_others(permitted: NatsServer, role: str) -> None:
    config = user_of(permitted, role)
    before = await state(user_of(permitted, "admin"))
    assert await found(config, "error", names=["mail"], roles=[role]) == []
    others = [one for one in ROLES if one != role]
    lacking = [
        text for check, text, _ in await found(config, "error", names=["mail"], roles=others) if check == "rights"
    ]
    assert [re.match(r"this user may not be a (\w+) of mail: no permission to ", text)[1] for text in lacking] == others  # type: ignore[index]
    # Without a role that is required, a right that is missing is a warning.
    assert await found(config, "error", names=["mail"]) == []
    assert "if it has to be one" in str(await found(config, "warning", names=["mail"]))
    # Another queue is another subject.
    wrong = await found(config, "error", names=["images"], roles=[role])
    assert bool(wrong) is (role != "viewer")
    assert await state(user_of(permitted, "admin")) == before


@on_loop
async def test_a_worker_with_limits_needs_more(permitted: NatsServer) -> None:
    limited = LimitsConfig(queues=("mail=3",))
    worker = user_of(permitted, "worker").model_copy(update={"limits": limited})
    assert await lacking(user_of(permitted, "worker"), "worker") == []
    (text,) = await lacking(worker, "worker")
    assert "this user may not be a worker of mail: no permission to publish to naq.limit.naq-doctor" in text
    admin = user_of(permitted, "admin").model_copy(update={"limits": limited})
    assert await lacking(admin, "worker") == []
    # The subjects are those of the page.
    before, after = needs("worker", user_of(permitted, "worker"), "mail"), needs("worker", worker, "mail")
    added = {one for old, new in zip(astuple(before), astuple(after), strict=True) for one in {*new} - {*old}}
    row = re.search(r"^\| work under limits \| (.*) \|$", PAGE, re.MULTILINE)
    assert row is not None
    assert {one.replace(TRIAL, ">") for one in added} == set(re.findall(r"`([^`]+)`", row[1]))


@on_loop
async def test_a_user_without_rights_gets_a_clear_answer(
    permitted: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    checks = await found(user_of(permitted, "nothing"), names=["mail"])
    assert [check for check, _, _ in checks] == ["rights"] * 4
    assert re.match(r"this user may not receive answers: no permission to subscribe to _INBOX_nothing\.", checks[0][1])
    assert "nats.inbox_prefix" in checks[0][2]
    # Each thing that could not be checked is named once.
    for role in ROLES:
        checks = await found(user_of(permitted, role), names=["mail"])
        unchecked = [check for check, text, _ in checks if "not checked" in text]
        assert len(unchecked) == len(set(unchecked))
    # A denied subscription was expected.
    assert [one for one in caplog.records if "naq-doctor" in one.getMessage() and one.levelname == "ERROR"] == []


@on_loop
async def test_streams_that_may_not_be_made(permitted: NatsServer) -> None:
    config = user_of(permitted, "worker")
    config = config.model_copy(update={"queue": QueueConfig(prefix="other")})
    missing = [one for one in await found(config, "error", names=["mail"]) if one[0] == "streams"]
    assert [text for _, text, _ in missing] == [
        "missing: other_jobs, other_failed, KV_other_results, KV_other_states, KV_other_workers, KV_other_cancels; this user may not make them"
    ]


@on_loop
async def test_streams_and_consumers_that_differ_are_named(naq_config: Config) -> None:
    where = names(naq_config)
    await Queue(config=naq_config).setup()
    async with nats_jetstream(naq_config) as (_, js):
        made = (await js.stream_info(where.jobs)).config
        await js.update_stream(made.evolve(max_bytes=1_000_000, duplicate_window=60.0))
        await js.update_stream((await js.stream_info(where.failed)).config.evolve(max_age=5.0, duplicate_window=5.0))
        await js.delete_stream(f"KV_{where.states}")
        consumer = (await js.consumer_info(where.jobs, where.consumer("default"))).config
        await js.add_consumer(where.jobs, consumer.evolve(ack_wait=7.0, max_ack_pending=10))
    checks = await found(configured(naq_config, queue={"replicas": 3}), names=["default"])
    said = [text for _, text, _ in checks]
    assert f"stream {where.jobs}: num_replicas is 1, expected 3 (queue.replicas)" in said
    assert f"stream {where.jobs}: duplicate_window is 60 s, expected 120 s (queue.duplicate_window)" in said
    assert f"stream {where.failed}: max_age is 5 s, expected 2592000 s (queue.failed_max_age)" in said
    assert "queue default: ack_wait is 7 s, expected 30 s (worker.ack_wait)" in said
    assert "queue default: max_ack_pending is 10, expected 1000000" in said
    assert any("limits (max_bytes=1e+06), at which the server drops the oldest jobs" in text for text in said)
    assert {one for one, _, _ in checks} == {"streams", "consumers", "store"}
    # A bucket that is missing is made on first use.
    listed = [one.text for one in await examine(naq_config) if one.check == "streams" and one.level == "ok"]
    assert listed == [f"missing: KV_{where.states}; made on first use"]


@on_loop
async def test_a_stream_of_another_program_is_an_error(naq_config: Config) -> None:
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (_, js):
        await js.add_stream(
            StreamConfig(name=where.jobs, subjects=["other"], retention=RetentionPolicy.LIMITS, no_ack=True)
        )
    checks = await found(naq_config, "error")
    assert [text for _, text, _ in checks] == [
        f"stream {where.jobs}: no_ack is on",
        f"stream {where.jobs}: retention is limits, expected workqueue",
    ]
    assert all("set another queue.prefix" in remedy for _, _, remedy in checks)
    lacking = [text for _, text, remedy in await found(naq_config, "warning") if "it adds this" in remedy]
    assert f"stream {where.jobs}: it has no subject {', '.join(where.job_subjects)}" in lacking[0]
    assert f"stream {where.jobs}: allow_direct is False, expected True" in lacking


@on_loop
async def test_a_paused_queue(naq_config: Config) -> None:
    where = names(naq_config)
    await Queue(config=naq_config).setup()
    await Queue(config=naq_config).enqueue(jobs.add, 1, 2)
    async with nats_jetstream(naq_config) as (connection, _):
        pause = msgspec.json.encode({"pause_until": "2100-01-01T00:00:00Z"})
        await connection.request(f"$JS.API.CONSUMER.PAUSE.{where.jobs}.{where.consumer('default')}", pause)
    ((check, text, remedy),) = await found(naq_config, "error")
    assert (check, text) == ("consumers", "queue default: paused, the server delivers no job")
    assert remedy == f"nats consumer resume {where.jobs} {where.consumer('default')}"


@on_loop
async def test_jobs_that_no_worker_works_on(naq_config: Config) -> None:
    await Queue("mail", naq_config).enqueue(jobs.add, 1, 2)
    await Queue("mail", naq_config).options(priority="low").enqueue(jobs.add, 1, 2)
    ((check, text, remedy),) = await found(naq_config)
    assert (check, remedy) == ("queues", "naq worker mail")
    assert re.fullmatch(r"no worker serves queue mail, which has 2 jobs; the oldest is there for \d+ s", text)


@on_loop
async def test_many_queues_without_a_worker_are_one_line(naq_config: Config) -> None:
    for number in range(7):
        await Queue(f"q{number}", naq_config).enqueue(jobs.add, 1, 2)
    ((_, text, _),) = await found(naq_config)
    assert text == "no worker serves 7 queues with 7 jobs: q0, q1, q2, q3, q4 and 2 more"


@on_loop
async def test_jobs_that_a_worker_here_would_refuse(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    for path in ("naq_support.jobs:add", "os:getcwd", "os:getcwd", "no_such_module:f"):
        await queue.enqueue(path)
    worker = [text for check, text, _ in await found(naq_config, roles=["worker"]) if check == "code"]
    assert [text.partition("here: ")[2][:24] for text in worker] == [
        "os:getcwd is not allowed",
        "no_such_module:f: Module",
    ]
    # A producer or viewer need not have the code.
    assert [check for check, _, _ in await found(naq_config)] == ["queues"]
    async with nats_jetstream(naq_config) as (_, js):
        await js.publish(queue.subject, b"not a job")
    (message,) = [text for check, text, _ in await found(naq_config, roles=["worker"]) if check == "code"]
    assert message.startswith("message 5 of queue default is not a job")


@on_loop
async def test_workers_that_stall_or_have_a_wrong_clock(naq_config: Config) -> None:
    where, at = names(naq_config), time.time()

    async def beat(name: str, beat: float) -> None:
        status = worker_status(name, ("default",), 1, at, stopping=False, running=1, succeeded=0, failed=0, retried=0)
        async with nats_jetstream(naq_config) as (_, js):
            await ensure_buckets(js, naq_config)
            await js.publish(where.key(where.workers, name), encode(msgspec.structs.replace(status, beat=beat)))

    await beat("early", at + 100)
    await beat("late", at - 5)
    await beat("right", at)
    checks = await examine(naq_config)
    clocks = sorted((one.level, one.text) for one in checks if one.check == "clock" and one.level != "ok")
    assert clocks[0] == ("error", "the clock of worker early is 100 s ahead of the server's")
    assert re.fullmatch(r"the clock of worker late is [56] s behind the server's", clocks[1][1])
    assert (len(clocks), clocks[1][0]) == (2, "warning")
    # So short an interval that the last heartbeats are old.
    impatient = configured(naq_config, worker={"heartbeat_interval": 0.001})
    stalled = [
        text for check, text, remedy in await found(impatient) if check == "workers" and "its jobs are" in remedy
    ]
    assert len(stalled) == 3
    assert re.fullmatch(r"worker early has given no sign of life for \d s; 1 job ran in it", stalled[0])


@on_loop
async def test_this_machine_with_a_wrong_clock(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    await Queue(config=naq_config).setup()
    now = time.time
    for offset, level, text in ((-4000, "error", "4000 s behind"), (5, "warning", "5 s ahead of")):
        monkeypatch.setattr(clock.time, "time", lambda offset=offset: now() + offset)
        ((check, said, remedy),) = await found(naq_config, level)
        assert (check, said) == ("clock", f"the clock of this machine is {text} the server's")
        assert "NTP" in remedy


@on_loop
async def test_a_store_that_is_nearly_full() -> None:
    limits = "accounts { A: {jetstream: {max_file: 1000000, max_streams: 7}, users: [{user: a, password: x}]} }"
    with NatsServer(ServerOptions(extra=limits)) as server:
        config = Config(nats=NatsConfig(servers=(server.url,), user="a", password="x"))
        await Queue(config=config).setup()
        checks = {one.text: one.level for one in await examine(config) if one.check == "limits"}
        assert checks["streams: 6 of 7 that the account may use"] == "warning"
        async with nats_jetstream(config) as (_, js):
            for _ in range(9):
                await js.publish("naq.queue.default", b"x" * 100_000)
        (one,) = [one for one in await examine(config) if one.check == "limits" and "storage" in one.text]
        assert (one.level, one.text[:8]) == ("warning", "storage:")
        assert "naq failed purge" in one.remedy


@on_loop
async def test_the_code_of_a_worker(naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "doctor_broken.py").write_text("def f(:\n")
    (tmp_path / "doctor_plain.py").write_text("def f():\n    pass\n")
    (tmp_path / "doctor_tasks.py").write_text("from naq import task\n\n\n@task\ndef f():\n    pass\n")
    modules = ("doctor_broken", "doctor_nosuch", "doctor_plain", "doctor_tasks")
    checks = await found(configured(naq_config, worker={"imports": modules}))
    assert [(check, text.partition(":")[2].partition(":")[0]) for check, text, _ in checks] == [
        ("code", " doctor_broken cannot be imported"),
        ("code", " doctor_nosuch cannot be imported"),
        ("code", " doctor_plain registers no function with @task"),
    ]
    open_to_all = configured(naq_config, worker={"modules": ("*",)}).model_copy(update={"serializer": "cloudpickle"})
    assert len(await found(open_to_all, "warning")) == 2
    (one,) = [
        one for one in await examine(configured(naq_config, worker={"imports": modules[3:]})) if one.check == "code"
    ]
    assert one == Check("code", "ok", "a worker here runs functions registered with @task; imported: doctor_tasks")
