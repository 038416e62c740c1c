"""Workers and cancellers that are killed while jobs are cancelled: each job ends once, and nothing is left behind.

Prints its counts.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from naq.config import Config
from naq.errors import JobCancelled
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop
from naq_support.processes import TESTS, WorkerProcess, environment_of

# Cancels each job of its standard input, and writes each answer to a separate file.
CANCELLER = """
import asyncio, sys
from pathlib import Path
from naq.queue.core import Queue
async def one(queue, job_id):
    found = await queue.cancel(job_id, 2.0)
    Path(sys.argv[1], job_id + ".answer").write_text(found.answer)
async def main():
    queue = Queue()
    for job_id in sys.stdin.read().split():
        await one(queue, job_id)
asyncio.run(main())
"""


class Canceller:
    """A process that cancels jobs, to be killed."""

    def __init__(self, config: Config, folder: Path, ids: list[str]) -> None:
        environment = {**os.environ, **environment_of(config), "PYTHONPATH": str(TESTS)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CANCELLER, str(folder)], env=environment, stdin=subprocess.PIPE
        )
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(ids).encode())
        self.process.stdin.close()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
@on_loop
async def test_workers_and_cancellers_are_killed(naq_config: Config, tmp_path: Path, seed: int) -> None:
    config = configured(naq_config, worker={"ack_wait": 2.0, "concurrency": 5, "max_lost": 100})
    rng, queue = random.Random(seed), Queue(config=config)
    await queue.setup()
    made = [await queue.enqueue(jobs.note_async, str(tmp_path), f"n{number}", 0.6) for number in range(150)]
    names = {job.id: f"n{number}" for number, job in enumerate(made)}
    # In the order of the queue, so that many of them run when they are cancelled.
    chosen = [made[number].id for number in sorted(rng.sample(range(150), 75))]
    kills = Counter[str]()
    for start in range(0, 75, 15):
        with WorkerProcess(config), WorkerProcess(config):
            canceller = Canceller(config, tmp_path, chosen[start : start + 15])
            await asyncio.sleep(rng.uniform(0.8, 2.5))
            kills["canceller"] += canceller.process.poll() is None
            canceller.kill()
            kills["worker"] += 2
    with WorkerProcess(config):
        await asyncio.to_thread(Canceller(config, tmp_path, chosen).process.wait, 300)
    answers = {path.stem: read(path) for path in tmp_path.glob("*.answer")}
    await Worker(config=config, burst=True).run()
    outcomes = Counter[str]()
    for job in made:
        try:
            assert await queue.result(job, 10) == names[job.id]
            outcome = "done"
        except JobCancelled:
            outcome = "cancelled"
        outcomes[outcome] += 1
        expected = {"done"} if job.id not in answers else {"done": {"done"}, "asked": {"done", "cancelled"}}.get(
            answers[job.id], {"cancelled"}
        )
        assert outcome in expected, (job.id, answers.get(job.id), outcome)
    begun = jobs.noted(tmp_path, "begun")
    early = sum(names[one] in begun for one, answer in answers.items() if answer == "cancelled")
    assert set(answers) == set(chosen)
    assert (await queue.depth(), await FailedJobs(config).count()) == (0, 0)
    assert len(jobs.noted(tmp_path)) <= outcomes["done"] + sum(answers[one] in ("aborted", "asked") for one in answers)
    print(f"\nseed {seed}: killed {dict(kills)}; answers {dict(Counter(answers.values()))}; outcomes {dict(outcomes)}; "
          f"answered 'cancelled' after a run of a killed worker had begun: {early}")  # fmt: skip
