"""Workers that stall, die and are replaced by others, with old and with new code. Each test prints its counts."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from naq.config import Config
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until, until_at_least
from naq_support.processes import TESTS, WorkerProcess, environment_of

OLD = "async def a(n):\n    return n\n"
NEW = OLD + "async def b(n):\n    import asyncio\n    await asyncio.sleep(0.02)\n    return n\n"


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_workers_stalled_killed_and_continued(naq_config: Config, tmp_path: Path, rounds: int) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5, "concurrency": 3, "prefetch": 3, "max_lost": 10})
    queue, rng = Queue(config=config), random.Random(14)
    batch = [Job.create(jobs.note_async, (str(tmp_path), f"job{number}", 0.1)) for number in range(40 * rounds)]
    (await enqueue_batch(batch, config)).raise_for_failures()
    with WorkerProcess(config):
        for number in range(1, rounds + 1):
            with WorkerProcess(config) as worker:
                await until_at_least(lambda: len(jobs.noted(tmp_path)), 15 * number, 120)
                worker.stall()
                # Longer and shorter than the ack wait.
                await asyncio.sleep(rng.choice([0.5, 2.5]))
                worker.go_on()
                await asyncio.sleep(rng.choice([0.0, 0.3]))
                await asyncio.to_thread(worker.signal, signal.SIGKILL)
        results = [await queue.result(job, timeout=120) for job in batch]
        await until(lambda: _is_empty(queue), 60)
    lost = len(batch) - len(jobs.noted(tmp_path))
    failed, stuck = await FailedJobs(config).count(), await queue.depth()
    begun = jobs.noted(tmp_path, "begun")
    again = sum(begun.values()) - len(batch)
    print(f"\nworkers stalled and killed {rounds} times: {lost} lost, {failed} failed, {stuck} stuck, {again} begun again")
    assert results == [job.args[1] for job in batch]
    assert (lost, failed, stuck) == (0, 0, 0)
    # A stall and a kill each interrupt only the jobs of one worker.
    assert again <= 2 * rounds * config.worker.concurrency


@contextmanager
def command(config: Config, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`naq worker` in a folder with a version of the application."""
    environment = {**os.environ, **environment_of(config), "PYTHONPATH": str(TESTS)}
    process = subprocess.Popen(
        [sys.executable, "-m", "naq.cli", "worker", "--quiet"], env=environment, cwd=folder, stderr=subprocess.DEVNULL
    )
    try:
        yield process
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_deploys_with_old_and_new_code(naq_config: Config, tmp_path: Path, rounds: int) -> None:
    config = configured(naq_config, worker={"import_delay": 0.2, "concurrency": 2, "ack_wait": 5.0})
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, code in ((old, OLD), (new, NEW)):
        folder.mkdir()
        folder.joinpath("app.py").write_text(code)
    queue, enqueued = Queue(config=config), []
    for _ in range(rounds):
        with command(config, old), command(config, old):
            # A newer producer comes before the first newer worker.
            for number in range(20):
                enqueued.append((await queue.enqueue("app:b", number), number))
                enqueued.append((await queue.enqueue("app:a", number), number))
            with command(config, new):
                enqueued += [(await queue.enqueue("app:b", number), number) for number in range(20)]
                results = [await queue.result(job, timeout=120) for job, _ in enqueued]
                # A process that has not started completely is ended by the signal itself, without the code of the worker.
                await until(lambda: _are_up(config, 3), 120)
    failed, stuck = await FailedJobs(config).count(), await queue.depth()
    wrong = sum(result != number for result, (_, number) in zip(results, enqueued, strict=True))
    print(f"\n{rounds} deploys, {len(enqueued)} jobs: {failed} failed, {wrong} wrong, {stuck} stuck")
    assert (failed, wrong, stuck) == (0, 0, 0)


async def _are_up(config: Config, number: int) -> bool:
    return len(await Status(config).workers()) >= number


async def _is_empty(queue: Queue) -> bool:
    return await queue.depth() == 0
