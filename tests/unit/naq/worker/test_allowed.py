"""A worker runs only allowed functions: a job with another function goes to the failed store and is not run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import naq.tasks as registry
from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import ConfigError, JobFailed, NotAllowed
from naq.job import Job
from naq.queue.core import Queue
from naq.queue.streams import names
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs, tasks
from naq_support.aio import configured, on_loop


async def publish(config: Config, function: str, *args: object) -> None:
    """Publish a job without the library, as every user with the right to publish to the queue can."""
    await Queue(config=config).setup()
    async with nats_jetstream(config) as (_, js):
        wire = {"id": "x", "function": function, "queue": "default", "enqueued_at": 0, "call": [args, {}]}
        await js.publish(names(config).queue("default"), json.dumps(wire).encode())


@pytest.mark.parametrize("path", ["os:system", "naq_support.jobs:os.system", "subprocess:getoutput", "pytest:main"])
@on_loop
async def test_a_function_of_another_module_is_not_run(naq_config: Config, tmp_path: Path, path: str) -> None:
    mark = tmp_path / "ran"
    await publish(naq_config, path, f"touch {mark}")
    worker = Worker(config=naq_config, burst=True)
    await worker.run()
    assert not mark.exists()
    assert (worker.counts.succeeded, worker.counts.failed, worker.counts.waited) == (0, 1, 0)
    (failed,) = await FailedJobs(naq_config).list()
    assert (failed.details.kind, failed.details.function) == ("not allowed", path)
    assert "worker.modules" in failed.details.error
    with pytest.raises(JobFailed, match="not allowed"):
        await Queue(config=naq_config).result("x")


@on_loop
async def test_everything_runs_where_it_is_asked_for(naq_config: Config, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    await publish(naq_config, "os:system", f"touch {mark}")
    await Worker(config=configured(naq_config, worker={"modules": ["*"]}), burst=True).run()
    assert mark.exists()


@on_loop
async def test_registered_functions_alone(naq_config: Config) -> None:
    config = configured(naq_config, worker={"modules": [], "imports": ["naq_support.tasks"]})
    queue = Queue(config=config)
    good, later = await queue.enqueue(tasks.double, 21), await queue.enqueue(tasks.double_later, 2)
    method, bad = await queue.enqueue(tasks.Shop.sell, "milk"), await queue.enqueue(jobs.add, 1, 2)
    await Worker(config=config, burst=True).run()
    assert [await queue.result(job) for job in (good, later, method)] == [42, 4, "sold milk"]
    with pytest.raises(JobFailed, match=r"naq_support\.jobs:add is not allowed.*functions registered with @task;"):
        await queue.result(bad)


@on_loop
async def test_the_same_is_allowed_in_a_separate_process(naq_config: Config, tmp_path: Path) -> None:
    config = configured(naq_config, worker={"modules": [], "isolation": "process"})
    queue = Queue(config=config)
    good, bad = await queue.enqueue(tasks.double, 21), await queue.enqueue(jobs.add, 1, 2)
    await publish(config, "os:system", f"touch {tmp_path / 'ran'}")
    await Worker(config=config, burst=True).run()
    assert await queue.result(good) == 42
    for job in (bad.id, "x"):
        with pytest.raises(JobFailed, match="not allowed"):
            await queue.result(job)
    assert not (tmp_path / "ran").exists()


@on_loop
async def test_a_registered_module_that_another_process_lacks_stops_no_other_job(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "naq_only_here", {"gone"})
    config = configured(naq_config, worker={"modules": [], "isolation": "process"})
    queue = Queue(config=config)
    good = await queue.enqueue(tasks.double, 21)
    await Worker(config=config, burst=True).run()
    assert await queue.result(good) == 42


@on_loop
async def test_a_job_that_comes_without_a_message_is_held_to_the_same(naq_config: Config) -> None:
    worker = Worker(config=configured(naq_config, worker={"modules": []}))
    with pytest.raises(NotAllowed, match=r"worker\.modules"):
        await worker.process_job(Job.create(jobs.add, (1, 2)).serialize())


@on_loop
async def test_a_worker_without_its_modules_does_not_start(naq_config: Config) -> None:
    worker = Worker(config=configured(naq_config, worker={"imports": ["naq_nowhere"]}))
    with pytest.raises(ConfigError, match="naq_nowhere cannot be imported"):
        await worker.run()


@on_loop
async def test_the_command_imports_what_it_is_given(naq_config: Config, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from naq import task\n@task\ndef double(x): return 2 * x\ndef drop(): return 'dropped'\n"
    )
    (tmp_path / "other.py").write_text("def plain(): return 'plain'\n")
    queue = Queue(config=naq_config)
    good, unmarked = await queue.enqueue("shop:double", 21), await queue.enqueue("shop:drop")
    other = await queue.enqueue("other:plain")
    server = ["--server", naq_config.nats.servers[0], "--prefix", naq_config.queue.prefix]
    command = [sys.executable, "-m", "naq.cli", *server, "worker", "--burst"]
    done = subprocess.run(
        [*command, "--import", "shop"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "1 succeeded, 2 failed, 0 retried\n"), done.stderr
    assert "it runs functions registered with @task\n" in done.stderr
    assert await queue.result(good) == 42
    for job in (unmarked, other):
        with pytest.raises(JobFailed, match="not allowed"):
            await queue.result(job)
    again = await queue.enqueue("other:plain")
    done = subprocess.run(
        [*command, "--modules", "other"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert await queue.result(again) == "plain", done.stderr
    done = subprocess.run(
        [*command, "--import", "naq_nowhere"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("naq: worker.imports: naq_nowhere cannot be imported")
