"""Unique keys with many processes that enqueue, some of which are killed: one job at a time, and no key stays blocked.

Prints its counts.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from naq.config import Config
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until_at_least
from naq_support.processes import TESTS, WorkerProcess, environment_of

# Enqueues jobs with a few keys until its input ends, and prints the id of each and whether it was there.
PRODUCER = """
import asyncio, random, sys, threading
from naq.errors import NaqError
from naq.queue.core import Queue
from naq_support import jobs
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
async def main():
    while not ended.is_set():
        key = "k%d" % random.randrange(3)
        job = await Queue().options(unique=key).enqueue(jobs.exclusive, sys.argv[1], key, 0.05)
        print(key, job.id, int(job.existing), flush=True)
asyncio.run(main())
"""
# Enqueues one job as soon as its input ends.
STARTER = """
import asyncio, sys
from naq.queue.core import Queue
from naq_support import jobs
async def main():
    queue = Queue().options(unique="start")
    await queue.depth()
    print("ready", flush=True)
    sys.stdin.read()
    job = await queue.enqueue(jobs.nothing)
    print(job.id, int(job.existing), flush=True)
asyncio.run(main())
"""


def started(config: Config, script: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **environment_of(config), "PYTHONPATH": str(TESTS)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> list[list[str]]:
    """End a process by its input, or after it was killed; returns the words of its lines."""
    out, _ = process.communicate(timeout=60)
    return [line.split() for line in out.splitlines()]


@pytest.mark.faults
@pytest.mark.timeout(600)
@on_loop
async def test_twenty_processes_store_one_job(naq_config: Config) -> None:
    await Queue(config=naq_config).setup()
    processes = [started(naq_config, STARTER) for _ in range(20)]
    for process in processes:
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    got = [(await asyncio.to_thread(ended, process))[0] for process in processes]
    print(f"\n20 processes: {len({job for job, _ in got})} job, {sum(there == '0' for _, there in got)} stored it")
    assert len({job for job, _ in got}) == 1
    assert sorted(there for _, there in got) == ["0", *["1"] * 19]
    assert await Queue(config=naq_config).depth() == 1


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2))
@on_loop
async def test_producers_and_workers_are_killed(naq_config: Config, tmp_path: Path, seed: int) -> None:
    config = configured(naq_config, worker={"ack_wait": 2.0, "max_lost": 100})
    rng, queue = random.Random(seed), Queue(config=config)
    await queue.setup()
    counts = Counter[str]()
    stored: set[str] = set()
    steady = [started(config, PRODUCER, str(tmp_path)) for _ in range(4)]
    for _ in range(5):
        short = [started(config, PRODUCER, str(tmp_path)) for _ in range(3)]
        with WorkerProcess(config), WorkerProcess(config):
            await until_at_least(lambda: len(list(tmp_path.glob("*.ran"))), counts["ran before"] + 20)
            await asyncio.sleep(rng.uniform(0.0, 0.2))
            for process in short:
                process.kill()
        counts["ran before"] = len(list(tmp_path.glob("*.ran")))
        counts["killed producers"] += 3
        counts["killed workers"] += 2
        for process in short:
            for line in await asyncio.to_thread(ended, process):
                counts["calls"] += 1
                stored |= {line[1]} if line[2:] == ["0"] else set()
    for process in steady:
        for _, job_id, there in await asyncio.to_thread(ended, process):
            counts["calls"] += 1
            stored |= {job_id} if there == "0" else set()
    await Worker(config=config, burst=True).run()
    for key in ("k0", "k1", "k2"):
        job = await queue.options(unique=key).enqueue(jobs.nothing)
        assert not job.existing, f"{key} is blocked"
    counts["stored"], counts["clashes"] = len(stored), len(list(tmp_path.glob("*.clash")))
    counts["runs"] = len(list(tmp_path.glob("*.ran")))
    print(f"\nseed {seed}: {dict(counts)}")
    assert counts["clashes"] == 0
    assert counts["stored"] <= counts["runs"]
    assert await FailedJobs(config).count() == 0
