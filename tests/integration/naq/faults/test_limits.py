"""Limits while workers and servers are killed: what ran at once, from the notes of each run. Each test prints it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from naq.config import Config
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.testing import NatsServer, naq_config, nats_server
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until_at_least
from naq_support.processes import WorkerProcess

__all__ = ["naq_config", "nats_server"]

WORKERS = 5
LIMIT = 3


def most_at_once(folder: Path, killed: dict[str, int]) -> int:
    """The most runs at one moment, from their notes; a run that was cut short ended when its process was killed."""
    changes: list[tuple[int, int]] = []
    for begun in folder.glob("*.begun"):
        name, pid, stamp, _ = begun.name.split(".")
        ended = folder / f"{name}.{pid}.{stamp}.done"
        at = ended.stat().st_mtime_ns if ended.exists() else killed[pid]
        changes += [(begun.stat().st_mtime_ns, 1), (at, -1)]
    most = now = 0
    # At one moment, ends count before beginnings.
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_a_limit_of_three_under_five_workers_that_are_killed(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    monkeypatch.setenv("NAQ_LIMITS__FUNCTIONS", f"naq_support.jobs:note={LIMIT}")
    config = configured(naq_config, worker={"ack_wait": 2.0, "heartbeat_ttl": 2.0})
    total = 30 * kills
    batch = [Job.create(jobs.note, (str(tmp_path), f"job{number}", 0.05)) for number in range(total)]
    (await enqueue_batch(batch, config)).raise_for_failures()
    drawn, killed = random.Random(kills), dict[str, int]()
    with contextlib.ExitStack() as running:
        alive = [running.enter_context(WorkerProcess(config)) for _ in range(WORKERS)]
        for number in range(1, kills + 1):
            await until_at_least(lambda: len(jobs.noted(tmp_path)), 20 * number, 120)
            # A worker that has a job, and so a place.
            busy = {
                path.name.split(".")[1] for path in tmp_path.glob("*.begun") if not path.with_suffix(".done").exists()
            }
            chosen = next((one for one in alive if str(one.pid) in busy), drawn.choice(alive))
            alive.remove(chosen)
            await asyncio.to_thread(chosen.signal, signal.SIGKILL)
            killed[str(chosen.pid)] = time.time_ns()
            alive.append(running.enter_context(WorkerProcess(config)))
        queue = Queue(config=config)
        for job in batch:
            await queue.result(job, timeout=120)
    begun, done = jobs.noted(tmp_path, "begun"), jobs.noted(tmp_path)
    cut = sum(begun.values()) - sum(done.values())
    most, lost = most_at_once(tmp_path, killed), total - len(done)
    print(
        f"\n{WORKERS} workers, {kills} killed: at most {most} at once of {LIMIT}, {lost} of {total} lost, {cut} cut short"
    )
    assert most == LIMIT
    assert lost == 0
    assert cut <= kills * LIMIT


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_a_limit_of_three_while_the_server_is_killed(kills: int) -> None:
    key = f"server {kills}"
    with NatsServer() as server:
        limits = {"functions": "naq_support.jobs:run_at_once=3"}
        config = configured(server.config, limits=limits, worker={"ack_wait": 5.0, "heartbeat_ttl": 6.0, "modules": "naq_support"})
        queue = Queue(config=config)
        batch = await queue.enqueue_batch([queue.job(jobs.run_at_once, key, 0.02) for _ in range(80 * kills)])
        workers = [Worker(config=config, concurrency=4) for _ in range(WORKERS)]
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        for number in range(1, kills + 1):
            await until_at_least(lambda: jobs.at_once.all.get(key, 0), 60 * number, 120)
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.start)
        for job in batch.stored:
            await queue.result(job, timeout=120)
        for worker in workers:
            worker.stop()
        await asyncio.gather(*tasks)
    most, runs = jobs.at_once.most[key], jobs.at_once.all[key]
    print(f"\nserver killed {kills} times: at most {most} at once of {LIMIT}, {runs} runs of {len(batch.stored)} jobs")
    assert most == LIMIT


def test_the_count_of_what_ran_at_once_counts(tmp_path: Path) -> None:
    for name, begun, done in (("a", 10, 40), ("b", 20, 30), ("c", 30, 50), ("d", 35, None)):
        for ending, at in (("begun", begun), ("done", done)):
            if at is not None:
                path = tmp_path / f"{name}.7.{name}.{ending}"
                path.touch()
                os.utime(path, ns=(at, at))
    assert most_at_once(tmp_path, {"7": 60}) == 3
