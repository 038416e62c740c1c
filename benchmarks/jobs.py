"""Measures queue and worker: what a job costs beside a bare publish, how many a worker does, how soon one starts.

`make bench` runs this; alone: `python benchmarks/jobs.py`. The ways take turns on the same server and in the same
process; what is printed are medians, and the medians of the ratios of each turn. The memory of a worker is read after
1,000 and after 100,000 jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable

import nats
import psutil
from library import by_turns, table
from nats.js.client import JetStreamContext

from naq.config import Config
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.server import NatsServer
from naq.worker.core import Worker

BATCH = 2_000
# Jobs that wait for a worker in each turn.
BACKLOG = 2_000
LATENCY_JOBS = 400

started: list[float] = []


def no_op() -> None:
    """Nothing, in a thread."""


async def no_op_async() -> None:
    """Nothing, on the loop."""


async def note_start(sent: float) -> None:
    """Notes how long it has waited."""
    started.append(time.time() - sent)


async def enqueueing(config: Config, held: JetStreamContext, turns: int) -> None:
    queue = Queue("bench", config)
    payload = queue.job(no_op).serialize()

    async def enqueue() -> None:
        await queue.enqueue(no_op)

    async def publish() -> None:
        await held.publish(queue.subject, payload)

    ways = {"queue.enqueue(function)": (enqueue, 300), "js.publish, held open": (publish, 300)}
    table("One job at a time", await by_turns(ways, turns))
    await queue.purge()


async def batches(config: Config, held: JetStreamContext, turns: int) -> None:
    queue = Queue("bench", config)
    payload = queue.job(no_op).serialize()

    async def batch() -> None:
        (await enqueue_batch([queue.job(no_op) for _ in range(BATCH)], config)).raise_for_failures()

    async def raw() -> None:
        await asyncio.gather(*[await held.publish_async(queue.subject, payload) for _ in range(BATCH)])

    results = await by_turns({"enqueue_batch(jobs)": (batch, 1), "publish_async, held open": (raw, 1)}, turns)
    table(f"{BATCH:,} jobs at once, made and sent", {name: [s / BATCH for s in v] for name, v in results.items()})
    await queue.purge()


async def working(config: Config, turns: int) -> None:
    """From the start of a worker until the last of the jobs that wait for it is settled."""
    ways: dict[str, tuple[Callable[..., object], float | None]] = {
        "async function, result kept": (no_op_async, None),
        "async function, not kept": (no_op_async, 0),
        "plain function in a thread, result kept": (no_op, None),
        "plain function in a thread, not kept": (no_op, 0),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, (function, ttl) in ways.items():
            queue = Queue("bench", config).options(result_ttl=ttl)
            (await enqueue_batch([queue.job(function) for _ in range(BACKLOG)], config)).raise_for_failures()
            gc.collect()
            start = time.perf_counter()
            await Worker("bench", config, 10, burst=True).run()
            rates[name].append(BACKLOG / (time.perf_counter() - start))
    print(f"\nA worker, 10 jobs at once, {BACKLOG:,} no-op jobs waiting\n\n| way | jobs/s |\n| --- | --- |")
    for name, found in rates.items():
        print(f"| {name} | {statistics.median(found):,.0f} |")


async def latency(config: Config) -> None:
    """From enqueueing to the first line of the job, one at a time, with a worker that has nothing else to do."""
    queue = Queue("bench", config).options(result_ttl=0)
    worker = Worker("bench", config)
    running = asyncio.create_task(worker.run())
    started.clear()
    for number in range(LATENCY_JOBS + 50):
        await queue.enqueue(note_start, time.time())
        while len(started) <= number:
            await asyncio.sleep(0)
    worker.stop()
    await running
    waited = sorted(started[50:])
    p50, p99 = waited[len(waited) // 2], waited[len(waited) * 99 // 100]
    print(f"\nFrom enqueue to start: p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms ({len(waited)} jobs)")


async def memory(config: Config, most: int) -> None:
    """Resident memory of this process, with one worker that goes on working."""
    queue = Queue("bench", config).options(result_ttl=1)
    worker = Worker("bench", config)
    running = asyncio.create_task(worker.run())
    process, sizes = psutil.Process(), {}
    done = 0
    batch: list[Job] = []
    for goal in sorted({1_000, max(1_000, most // 10), max(1_000, most)}):
        while done < goal:
            part = min(1_000, goal - done)
            batch = [Job.create(no_op_async, queue="bench", options=queue.job(no_op).options) for _ in range(part)]
            (await enqueue_batch(batch, config)).raise_for_failures()
            done += part
            while worker.counts.succeeded < done:
                await asyncio.sleep(0.01)
        batch.clear()
        gc.collect()
        sizes[goal] = process.memory_info().rss / 1e6
    worker.stop()
    await running
    print("\nMemory of a worker\n\n| jobs done | MB |\n| --- | --- |")
    for goal, size in sizes.items():
        print(f"| {goal:,} | {size:.1f} |")


async def measure(config: Config, url: str, turns: int, most: int) -> None:
    # First, while the process is small.
    await memory(config, most)
    async with await nats.connect(url) as conn:
        held = conn.jetstream()
        await enqueueing(config, held, turns)
        await batches(config, held, turns)
    await working(config, max(3, turns // 5))
    await latency(config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=25)
    parser.add_argument("--most", type=int, default=100_000, help="jobs of the memory measurement")
    arguments = parser.parse_args()
    with NatsServer() as server:
        print(f"\nqueue and worker: Python {sys.version.split()[0]}, {os.cpu_count()} cores, {arguments.turns} turns")
        asyncio.run(measure(server.config, server.url, arguments.turns, arguments.most))


if __name__ == "__main__":
    # Imported by its own name: functions of a script that is being run cannot be enqueued.
    import jobs

    jobs.main()
