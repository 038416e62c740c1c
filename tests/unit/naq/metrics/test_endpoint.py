"""Metrics and health checks of a real worker, read over HTTP as Prometheus and Kubernetes do."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import sys
from types import SimpleNamespace
from typing import NamedTuple, get_args
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from naq.config import Config, NatsConfig
from naq.errors import ConfigError
from naq.metrics.http import AT_ONCE, TEXT, Answer, HttpServer
from naq.metrics.prometheus import MOST_FUNCTIONS, OTHER, OUTCOMES, WorkerMetrics
from naq.metrics.reading import Reader
from naq.metrics.serving import Watch
from naq.queue.core import Queue
from naq.records import State
from naq.settings.addresses import Address
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.vitals import Vitals
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

LISTENING = re.compile(r"http://(\S+) serves (.*)")


class Got(NamedTuple):
    code: int
    kind: str
    text: str

    @property
    def json(self) -> dict[str, object]:
        return dict(json.loads(self.text))


def fetch(url: str, **headers: str) -> Got:
    try:
        with urlopen(Request(url, headers=headers), timeout=30) as answer:
            return Got(answer.status, answer.headers["Content-Type"], answer.read().decode())
    except HTTPError as error:
        with error:
            return Got(error.code, error.headers["Content-Type"], error.read().decode())


async def get(url: str, **headers: str) -> Got:
    return await asyncio.to_thread(fetch, url, **headers)


def listening(caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    """The base address of what is served, by the paths."""
    found = (LISTENING.fullmatch(record.getMessage()) for record in caplog.records)
    return {match[2]: f"http://{match[1]}" for match in found if match}


def samples(text: str) -> dict[tuple[str, ...], float]:
    """The values by name and values of labels: of the queue, of the function, of the outcome, of the others."""
    order = ["queue", "function", "outcome", "stream", "le"]
    return {
        (one.name, *(one.labels[label] for label in order if label in one.labels)): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.fixture
def served(naq_config: Config, caplog: pytest.LogCaptureFixture) -> Config:
    caplog.set_level(logging.INFO, "naq")
    return configured(naq_config, worker={"metrics": "127.0.0.1:0", "health": "localhost:0"})


@on_loop
async def test_jobs_are_counted_by_outcome_and_function(served: Config, caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue("mail", served)
    done = await queue.enqueue(jobs.add, 1, 2)
    await queue.options(max_retries=1, retry_delay=0.01).enqueue(jobs.fail)
    await queue.enqueue("shop.nowhere:hostile")
    gate = jobs.gate("measured")
    worker = Worker("mail", configured(served, worker={"import_patience": 0, "import_tries": 1}))
    working = asyncio.create_task(worker.run())
    assert await queue.result(done, 60) == 3
    held = await queue.enqueue(jobs.pass_gate, "measured")
    await until(lambda: worker.counts.failed == 2 and worker.status().running == 1)
    base = listening(caplog)["/metrics, /healthz, /readyz"]
    got = await get(f"{base}/metrics", Accept="text/plain")
    assert (got.code, got.kind.partition(";")[0]) == (200, "text/plain")
    found = samples(got.text)
    assert found["naq_jobs_total", "mail", "naq_support.jobs:add", "succeeded"] == 1
    assert found["naq_jobs_total", "mail", "naq_support.jobs:fail", "retried"] == 1
    assert found["naq_jobs_total", "mail", "naq_support.jobs:fail", "failed"] == 1
    assert found["naq_jobs_total", "mail", "", "failed"] == 1, "a job that did not run gives no label"
    assert "hostile" not in got.text
    assert found["naq_job_duration_seconds_count", "mail", "naq_support.jobs:fail"] == 2
    assert found["naq_job_wait_seconds_count", "mail"] == 3, "a retry has not waited"
    assert found[("naq_jobs_running", "mail")] == 1
    assert found[("naq_queue_taken", "mail")] == 1
    assert found[("naq_queue_waiting", "mail")] == 0
    assert found[("naq_queue_failed", "mail")] == 2
    assert found["naq_stream_messages", f"{served.queue.prefix}_failed"] == 2
    assert found["naq_stream_bytes", f"{served.queue.prefix}_jobs"] > 0
    assert found[("naq_account_bytes",)] > 0
    assert found[("naq_worker_up",)] == found[("naq_worker_connected",)] == found[("naq_server_answers",)] == 1
    assert found[("naq_worker_reconnects_total",)] == 0
    assert found[("naq_worker_concurrency",)] == worker.concurrency
    assert ("process_cpu_seconds_total",) in found, "the application's own metrics are served as well"
    assert (await get(f"{base}/metrics", Accept="application/openmetrics-text")).text.endswith("# EOF\n")
    gate.set()
    await queue.result(held, 60)
    worker.stop()
    await working
    with pytest.raises(OSError, match="refused"):
        await get(f"{base}/metrics")


@on_loop
async def test_health_follows_the_worker_and_its_server(
    served: Config, caplog: pytest.LogCaptureFixture, tmp_path: object
) -> None:
    with NatsServer(ServerOptions()) as server:
        worker = Worker("mail", configured(served, nats={"servers": (server.url,), "reconnect_time_wait": 0.05}))
        working = asyncio.create_task(worker.run())
        await until(lambda: len(listening(caplog)) == 2)
        base = listening(caplog)["/healthz, /readyz"]
        await until_ready(base)
        assert (await get(f"{base}/healthz")).json == {
            "status": "ok", "worker": worker.worker_id, "connected": True, "running": 0,
        }  # fmt: skip
        missing = await get(f"{base}/metrics")
        assert missing.code == 404
        assert "/healthz, /readyz" in missing.text
        server.kill()

        async def lost() -> bool:
            return (await get(f"{base}/readyz")).json.get("reason") == "no connection to the server"

        await until(lost)
        alive = await get(f"{base}/healthz")
        assert (alive.code, alive.json["connected"]) == (200, False), "a restart would not bring the server back"
        metrics = samples((await get(f"{listening(caplog)['/metrics, /healthz, /readyz']}/metrics")).text)
        assert metrics[("naq_worker_up",)] == metrics[("naq_server_answers",)] == 0
        server.start()
        await until_ready(base)
        metrics = samples((await get(f"{listening(caplog)['/metrics, /healthz, /readyz']}/metrics")).text)
        assert metrics[("naq_worker_reconnects_total",)] >= 1
        worker.stop()
        await working


async def until_ready(base: str) -> None:
    async def ready() -> bool:
        return (await get(f"{base}/readyz")).code == 200

    await until(ready)


def vitals(**changes: object) -> Vitals:
    plain = {
        "worker_id": "w", "queues": ("mail",), "concurrency": 1, "started": 0.0, "running": 0,
        "connected": True, "pulling": True, "stopping": False, "reconnects": 0,
    }  # fmt: skip
    return Vitals(**{**plain, **changes})  # type: ignore[arg-type]


@on_loop
async def test_a_blocked_event_loop_is_not_healthy() -> None:
    watch = Watch(vitals, 0.2)
    for path in ("healthz", "readyz"):
        assert (await asyncio.to_thread(getattr(watch, path), "")).code == 200
        # Called on the event loop, it blocks the loop.
        answer = getattr(watch, path)("")
        assert (answer.code, b"blocked the event loop" in answer.body) == (503, True)
    starting, stopping = Watch(lambda: vitals(pulling=False), 60.0), Watch(lambda: vitals(stopping=True), 60.0)
    assert b"is starting" in starting.readyz("").body
    assert b"is stopping" in stopping.readyz("").body
    assert starting.healthz("").code == stopping.healthz("").code == 200


@on_loop
async def test_a_taken_port_is_said_and_the_worker_works(
    naq_config: Config, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "naq")
    monkeypatch.setattr("naq.metrics.serving.AGAIN", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        worker = Worker(config=configured(naq_config, worker={"health": address}))
        working = asyncio.create_task(worker.run())
        queue = Queue(config=naq_config)
        assert await queue.result(await queue.enqueue(jobs.add, 1, 2), 60) == 3
        assert f"worker.health: {address} is in use by another program; jobs run without it" in caplog.text
    await until(lambda: listening(caplog))
    assert (await get(f"http://{address}/healthz")).code == 200
    worker.stop()
    await working


@pytest.mark.parametrize("address", ["192.0.2.1:9400", "nowhere.invalid:9400"])
@on_loop
async def test_an_address_of_another_machine_is_refused(naq_config: Config, address: str) -> None:
    worker = Worker(config=configured(naq_config, worker={"metrics": address}))
    with pytest.raises(ConfigError, match=rf"worker\.metrics: cannot listen on {address}: \w+"):
        await worker.run()


@on_loop
async def test_without_prometheus_client_the_remedy_is_named(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "naq.metrics.prometheus", raising=False)
    worker = Worker(config=configured(naq_config, worker={"metrics": "127.0.0.1:0"}))
    with pytest.raises(ConfigError, match=r"pip install 'naq\[metrics\]'"):
        await worker.run()
    # Health checks need no other package.
    await Worker(config=configured(naq_config, worker={"health": "127.0.0.1:0"}), burst=True).run()


@on_loop
async def test_a_right_to_the_account_is_asked_for_once() -> None:
    users = """authorization { users = [ {user: a, password: x}, {user: b, password: x, permissions: {publish: [
      "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.INFO.>"], subscribe: ["_INBOX.>"]}} ] }"""
    with NatsServer(ServerOptions(extra=users)) as server:
        admin, special = (
            Config(nats=NatsConfig(servers=(server.url,), user=name, password="x")) for name in ("a", "b")
        )
        await Queue("mail", admin).enqueue(jobs.add, 1, 2)
        for _ in range(2):
            reader = Reader(special, ("mail",))
            read = await asyncio.to_thread(reader.sizes)
            assert read is not None
            assert read.account is None
            assert read.queues["mail"].failed == 0
            assert read is await asyncio.to_thread(reader.sizes), "two scrapes within a second read once"
            reader._read_at = 0.0
            assert await asyncio.to_thread(reader.sizes) is not None
        assert len(re.findall(r"Publish Violation.*\$JS\.API\.INFO", server.log)) == 2, "once for each worker"


@on_loop
async def test_reconnects_of_a_session_that_has_ended_count(naq_config: Config) -> None:
    worker = Worker(config=naq_config)
    session = SimpleNamespace(reconnects=2, running=0, connected=True, pulling=True)
    with worker._present(session):  # type: ignore[arg-type]
        assert worker.vitals().reconnects == 2
    assert worker.vitals().reconnects == 2
    assert not worker.vitals().connected


@on_loop
async def test_functions_beyond_the_limit_share_a_label() -> None:
    metrics = WorkerMetrics(vitals, lambda: None)
    labels = {metrics._label(f"m:f{number}") for number in range(2 * MOST_FUNCTIONS)}
    assert len(labels) == MOST_FUNCTIONS + 1
    assert OTHER in labels
    assert metrics._label("m:f0") == "m:f0"


def test_each_state_in_which_a_job_is_left_has_an_outcome() -> None:
    assert set(get_args(State)) - {"running", "scheduled"} <= set(OUTCOMES)


def test_slow_clients_cost_a_bounded_number_of_threads() -> None:
    server = HttpServer(Address("127.0.0.1", 0), {"/": lambda _: Answer(200, TEXT, b"here")})
    try:
        slow = [socket.create_connection(server.address) for _ in range(AT_ONCE)]
        with socket.create_connection(server.address, timeout=30) as refused:
            assert refused.recv(1) == b""
        for one in slow:
            one.close()
        while True:
            try:
                assert fetch(f"http://{server.address}/").text == "here"
                break
            except (ConnectionError, OSError):
                continue
        request = Request(f"http://{server.address}/", data=b"x")
        with pytest.raises(HTTPError) as caught:
            urlopen(request, timeout=30)
        caught.value.close()
        assert caught.value.code == 501
    finally:
        server.close()
