"""Measures naq's worker side by side with taskiq-nats on the same server, and with arq on a local Redis.

`make bench` runs this last; alone: `python benchmarks/rivals.py`. Each worker finds the same number of no-op jobs
waiting, and the time runs from its start until the last has been run, with the same number of jobs at once. They take
turns; what is printed are medians. The processor time of the worker's process is printed too, as other programs change
it less on a busy machine. Without a redis-server arq is left out, with a message.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NamedTuple

from naq.config import Config, QueueConfig
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.server import NatsServer
from naq.worker.core import Worker

Runner = Callable[["Round"], Awaitable["Spent"]]


class Counter:
    """Counts runs, and says when all are done; notes how long each job waited."""

    def __init__(self) -> None:
        self.expect(0)

    def expect(self, count: int) -> None:
        self.left = count
        self.done = asyncio.Event()
        self.waited: list[float] = []

    def ran(self, sent: float) -> None:
        self.waited.append(time.time() - sent)
        self.left -= 1
        if self.left == 0:
            self.done.set()


counter = Counter()


async def no_op(sent: float) -> None:
    """The job: nothing but being counted."""
    counter.ran(sent)


@dataclass(frozen=True, slots=True)
class Round:
    """What one worker is to do. With `pace`, jobs come one by one, so many seconds apart, while it works."""

    url: str
    redis: int | None
    jobs: int
    concurrency: int
    keep: bool
    pace: float | None = None


class Spent(NamedTuple):
    """Seconds of time, and of the processor for this process."""

    time: float
    processor: float

    @classmethod
    def since(cls, start: Spent | None = None) -> Spent:
        """What was spent since `start`; without it, a start."""
        before = start or cls(0.0, 0.0)
        return cls(time.perf_counter() - before.time, time.process_time() - before.processor)


async def all_done(running: asyncio.Task[Any]) -> None:
    """Wait until every job has run; a worker that ends before that is an error, not a long wait."""
    waiting = asyncio.create_task(counter.done.wait())
    await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        running.result()
        raise SystemExit("a worker ended before its jobs had run")


async def feed(send: Callable[[], Awaitable[Any]], work: Round) -> None:
    for _ in range(work.jobs):
        await send()
        await asyncio.sleep(work.pace or 0)


async def naq(work: Round) -> Spent:
    config = Config.for_servers(work.url).model_copy(update={"queue": QueueConfig(prefix=f"b{secrets.token_hex(4)}")})
    queue = Queue(config=config).options(result_ttl=None if work.keep else 0.0)
    await queue.setup()
    path = f"{__name__}:no_op" if __name__ != "__main__" else "rivals:no_op"
    if work.pace is None:
        (await enqueue_batch([queue.job(path, 0.0) for _ in range(work.jobs)], config)).raise_for_failures()
    worker = Worker(config=config, concurrency=work.concurrency)
    start = Spent.since()
    running = asyncio.create_task(worker.run(handle_signals=False))
    if work.pace is not None:
        await asyncio.sleep(0.5)
        await feed(lambda: queue.enqueue(path, time.time()), work)
    await all_done(running)
    spent = Spent.since(start)
    worker.stop()
    await running
    return spent


def taskiq(batch: int) -> Runner:
    async def run(work: Round) -> Spent:
        from taskiq.receiver import Receiver
        from taskiq_nats import NATSObjectStoreResultBackend, PullBasedJetStreamBroker

        name = f"t{secrets.token_hex(4)}"
        broker = PullBasedJetStreamBroker(
            [work.url],
            subject=name,
            stream_name=name,
            durable=name,
            pull_consume_batch=batch,
            pull_consume_timeout=1,
        )
        if work.keep:
            broker = broker.with_result_backend(NATSObjectStoreResultBackend([work.url], bucket_name=name))
        task = broker.task(task_name="no_op")(no_op)
        broker.is_worker_process = True
        await broker.startup()
        if work.pace is None:
            # Together, so that filling the queue takes no longer than it must; it is not measured.
            for start in range(0, work.jobs, 500):
                await asyncio.gather(*(task.kiq(0.0) for _ in range(min(500, work.jobs - start))))
        receiver = Receiver(broker, max_async_tasks=work.concurrency, run_startup=False)
        finish = asyncio.Event()
        start = Spent.since()
        running = asyncio.create_task(receiver.listen(finish))
        if work.pace is not None:
            await asyncio.sleep(0.5)
            await feed(lambda: task.kiq(time.time()), work)
        await all_done(running)
        spent = Spent.since(start)
        finish.set()
        await running
        await broker.shutdown()
        return spent

    return run


async def arq(work: Round) -> Spent:
    from arq import create_pool, func
    from arq.connections import RedisSettings
    from arq.worker import Worker as ArqWorker

    async def job(_: dict[Any, Any], sent: float) -> None:
        counter.ran(sent)

    name = f"a{secrets.token_hex(4)}"
    pool = await create_pool(RedisSettings(port=work.redis or 0))
    if work.pace is None:
        for _ in range(work.jobs):
            await pool.enqueue_job("no_op", 0.0, _queue_name=name)
    worker = ArqWorker(
        functions=[func(job, name="no_op", keep_result=3600 if work.keep else 0)],
        redis_pool=pool,
        queue_name=name,
        max_jobs=work.concurrency,
        handle_signals=False,
        poll_delay=0.01,
        log_results=False,
    )
    start = Spent.since()
    running = asyncio.create_task(worker.async_run())
    if work.pace is not None:
        await asyncio.sleep(0.5)
        await feed(lambda: pool.enqueue_job("no_op", time.time(), _queue_name=name), work)
    await all_done(running)
    spent = Spent.since(start)
    await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await worker.close()
    return spent


def measure(runner: Runner, work: Round) -> tuple[Spent, list[float]]:
    """What was spent, and how long each job waited."""

    async def one() -> Spent:
        counter.expect(work.jobs)
        async with asyncio.timeout(300):
            return await runner(work)

    gc.collect()
    return asyncio.run(one()), counter.waited


@contextmanager
def redis_server() -> Iterator[int | None]:
    """The port of a Redis of our own, None where there is no redis-server."""
    executable = shutil.which("redis-server")
    if executable is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        # Every job on disk before it is confirmed to be safe would be fairer; once a second is Redis's own advice.
        command = [executable, "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--appendonly", "yes"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("redis-server did not come up")


def throughput(runners: dict[str, Runner], work: Round, turns: int) -> None:
    kept = "kept" if work.keep else "not kept"
    print(f"\n{work.jobs} no-op jobs, {work.concurrency} at once, result {kept}\n")
    print("| worker | jobs/s | naq's ratio | processor, us for a job | naq's ratio |\n| --- | --- | --- | --- | --- |")
    spent: dict[str, list[Spent]] = {name: [] for name in runners}
    for _ in range(turns):
        for name, runner in runners.items():
            spent[name].append(measure(runner, work)[0])
    for name, turned in spent.items():
        pairs = list(zip(spent["naq"], turned, strict=True))
        ratio = statistics.median(other.time / own.time for own, other in pairs)
        processor = statistics.median(other.processor / own.processor for own, other in pairs)
        rate = work.jobs / statistics.median(one.time for one in turned)
        each = statistics.median(one.processor for one in turned) / work.jobs * 1e6
        print(f"| {name} | {rate:,.0f} | {ratio:.2f} | {each:.0f} | {processor:.2f} |", flush=True)


def latency(runners: dict[str, Runner], work: Round) -> None:
    print(f"\nFrom enqueueing to the job's start, {work.jobs} jobs {work.pace} s apart, an idle worker\n")
    print("| worker | p50 ms | p99 ms |\n| --- | --- | --- |")
    for name, runner in runners.items():
        waited = sorted(measure(runner, work)[1])
        p99 = waited[int(len(waited) * 0.99)]
        print(f"| {name} | {statistics.median(waited) * 1e3:.2f} | {p99 * 1e3:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=3_000)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {given.turns} turns")
    print(f"taskiq-nats {version('taskiq-nats')}")
    runners: dict[str, Runner] = {
        "naq": naq,
        "taskiq-nats, one at a time (its default)": taskiq(1),
        "taskiq-nats, in batches of 100": taskiq(100),
    }
    with NatsServer() as server, redis_server() as redis:
        if redis is None:
            print("no redis-server here: arq is left out")
        else:
            runners[f"arq {version('arq')} (Redis)"] = arq
        for keep in (False, True):
            throughput(runners, Round(server.url, redis, given.jobs, given.concurrency, keep), given.turns)
        latency(runners, Round(server.url, redis, 300, given.concurrency, False, 0.005))


if __name__ == "__main__":
    # Jobs are found by import path; under the name of a script they could not be imported.
    import rivals

    rivals.main()
