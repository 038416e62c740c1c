"""Measures leased connections side by side with one held open and with one opened by hand for each operation.

`make bench` runs this after the linter's measurements; alone: `python benchmarks/library.py`. The ways take turns on
the same server and in the same process; what is printed are medians, and the medians of the ratios of each turn.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import nats
from nats.js.client import JetStreamContext

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream, nats_kv_store
from naq.server import NatsServer

PAYLOAD = b"x" * 128
SUBJECT = "bench.jobs"
BUCKET = "bench"

Operation = Callable[[], Awaitable[object]]


async def seconds_for(operation: Operation, times: int) -> float:
    """For one operation, when *times* are done one after the other."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(times):
        await operation()
    return (time.perf_counter() - start) / times


async def by_turns(ways: dict[str, tuple[Operation, int]], turns: int) -> dict[str, list[float]]:
    """Seconds of each way in each turn; a first turn warms up and is dropped.

    Every other turn goes backwards, so that no way always comes after the same one, and has its rubbish to clear.
    """
    results: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, (operation, times) in list(ways.items())[:: 1 if turn % 2 else -1]:
            spent = await seconds_for(operation, times)
            if turn:
                results[name].append(spent)
    return results


def table(title: str, results: dict[str, list[float]]) -> None:
    """One line for each way; the last is what the others are compared with."""
    print(f"\n{title}\n\n| way | operations/s | µs each | median ratio |\n| --- | --- | --- | --- |")
    base = list(results.values())[-1]
    for name, spent in results.items():
        ratio = statistics.median(b / s for b, s in zip(base, spent, strict=True))
        median = statistics.median(spent)
        print(f"| {name} | {1 / median:,.0f} | {median * 1e6:,.1f} | {ratio:.2f} |")


def against(results: dict[str, list[float]], way: str, other: str) -> None:
    """One line: how many times as fast one way is as another."""
    ratio = statistics.median(b / a for a, b in zip(results[way], results[other], strict=True))
    print(f"\n{way} against {other}: {ratio:.1f} times as fast")


async def warm_leases(config: Config, turns: int) -> None:
    async def connection() -> None:
        async with nats_connection(config):
            pass

    async def jetstream() -> None:
        async with nats_jetstream(config):
            pass

    async def bucket() -> None:
        async with nats_kv_store(BUCKET, config):
            pass

    ways = {"nats_connection": connection, "nats_jetstream": jetstream, "nats_kv_store": bucket}
    results = await by_turns({name: (way, 5_000) for name, way in ways.items()}, turns)
    print("\nA warm lease: entering and leaving an empty block\n\n| manager | µs |\n| --- | --- |")
    for name, spent in results.items():
        print(f"| {name} | {statistics.median(spent) * 1e6:.2f} |")


async def publishing(config: Config, url: str, held: JetStreamContext, turns: int) -> None:
    async def leased() -> None:
        async with nats_jetstream(config) as (_, js):
            await js.publish(SUBJECT, PAYLOAD)

    async def on_held() -> None:
        await held.publish(SUBJECT, PAYLOAD)

    async def by_hand() -> None:
        async with await nats.connect(url) as conn:
            await conn.jetstream().publish(SUBJECT, PAYLOAD)

    ways = {"by hand": (by_hand, 30), "nats_jetstream(config)": (leased, 300), "held open": (on_held, 300)}
    results = await by_turns(ways, turns)
    table("js.publish, one at a time", results)
    against(results, "nats_jetstream(config)", "by hand")


async def putting(config: Config, url: str, held: JetStreamContext, turns: int) -> None:
    bucket = await held.key_value(BUCKET)

    async def leased() -> None:
        async with nats_kv_store(BUCKET, config) as kv:
            await kv.put("key", PAYLOAD)

    async def on_held() -> None:
        await bucket.put("key", PAYLOAD)

    async def by_hand() -> None:
        async with await nats.connect(url) as conn:
            kv = await conn.jetstream().key_value(BUCKET)
            await kv.put("key", PAYLOAD)

    ways = {"by hand": (by_hand, 30), "nats_kv_store(bucket, config)": (leased, 300), "held open": (on_held, 300)}
    results = await by_turns(ways, turns)
    table("kv.put, one at a time", results)
    against(results, "nats_kv_store(bucket, config)", "by hand")


async def measure(config: Config, url: str, turns: int) -> None:
    async with await nats.connect(url) as conn:
        held = conn.jetstream()
        await held.add_stream(name="bench", subjects=["bench.>"], storage="memory", max_msgs=1000)
        await held.create_key_value(bucket=BUCKET, storage="memory")
        await warm_leases(config, turns)
        await publishing(config, url, held, turns)
        await putting(config, url, held, turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=25)
    turns: int = parser.parse_args().turns
    with NatsServer() as server:
        print(f"\nnaq: Python {sys.version.split()[0]}, {os.cpu_count()} cores, nats-server on loopback, {turns} turns")
        asyncio.run(measure(server.config, server.url, turns))


if __name__ == "__main__":
    main()
