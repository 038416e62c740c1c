"""Messages that this library never sends: each is settled, and no worker ends because of them. Prints its counts."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from typing import Any

import nats.errors
import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

# Not those by which a producer may ask the server to drop or refuse a message: that is its right.
HEADERS = ("Status", "Description", "Naq-Job-Id", "Naq-Failure", "Nats-Pending-Messages", "KV-Operation", "X", "x-é")
FUNCTIONS = (
    "naq_support.jobs:fail",
    "naq_support.jobs:nothing",
    "naq_support.jobs:nothing_async",
    "naq_support.jobs:raise_indescribable",
    "naq_support.jobs:exit_generator",
    "naq_support.jobs:leave",
    "nowhere:f",
    "os:getcwd",
    "naq_support.jobs:Greeter.method",
)


def anything(rng: random.Random, depth: int = 0) -> Any:
    """Return any JSON value, more often one at the limits of numbers and texts."""
    plain = [None, True, 0, -1, 1e300, -1e300, 2**63, 2**64, "", "x" * 300, "\u0000", "é\U0001f600", [], {}, 0.001]
    if depth > 2 or rng.random() < 0.7:
        return rng.choice(plain)
    if rng.random() < 0.5:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(["base", "factor", "maximum", "jitter", "a", ""]): anything(rng, depth + 1) for _ in range(3)}


def options(rng: random.Random) -> dict[str, Any]:
    sensible = {
        "max_retries": lambda: rng.randrange(3),
        "retry_delay": lambda: rng.choice([0, 0.01, [0.01, 0.02], {"base": 0.01, "maximum": 0.02}]),
        "timeout": lambda: rng.choice([1, 5.5]),
        "result_ttl": lambda: rng.choice([0, 60]),
        "depends_on": lambda: ["never"],
        "priority": lambda: rng.choice(["high", "low"]),
        "colour": lambda: 1,
    }
    chosen = rng.sample(sorted(sensible), rng.randrange(4))
    return {name: anything(rng) if rng.random() < 0.4 else sensible[name]() for name in chosen}


def body(rng: random.Random, number: int) -> bytes:
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(40))
    if kind < 0.2:
        return json.dumps(anything(rng)).encode()
    job: dict[str, Any] = {
        "id": f"poison{number}",
        "function": rng.choice(FUNCTIONS),
        "queue": "default",
        "enqueued_at": 1,
        "options": options(rng),
        "call": [[], {}],
    }
    if rng.random() < 0.3:
        job[rng.choice([*job, "pickled", "new"])] = anything(rng)
    data = json.dumps(job).encode()
    if rng.random() < 0.1:
        place = rng.randrange(len(data))
        data = data[:place] + rng.randbytes(3) + data[place + 1 :]
    return data


def headers(rng: random.Random) -> dict[str, str] | None:
    if rng.random() < 0.5:
        return None
    texts = ["", "409", "404", "100", "a" * 64, "a b", "\u00e9", "{}", "purge", "-1", "DEL"]
    return {rng.choice(HEADERS): rng.choice(texts) for _ in range(rng.randrange(1, 4))}


@pytest.mark.parametrize("total", [150, pytest.param(2_000, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_poison_messages(naq_config: Config, total: int) -> None:
    config = configured(
        naq_config,
        worker={
            "import_delay": 0.01, "import_tries": 2, "import_patience": 0, "dependency_timeout": 0.01,
            "modules": "naq_support", "ack_wait": 5.0,
        },
    )  # fmt: skip
    rng, queue = random.Random(14), Queue(config=config)
    await queue.setup()
    worker = Worker(config=config)
    running = asyncio.create_task(worker.run())
    sent, good = 0, []
    async with nats_jetstream(config) as (_, js):
        for number in range(total):
            if number % 10 == 0:
                good.append(await queue.enqueue(jobs.add, number, 1))
            try:
                await js.publish(queue.subject, body(rng, number), headers=headers(rng))
            except (nats.errors.Error, ValueError):
                # Headers that the client or the server refuses.
                continue
            sent += 1
    results = [await queue.result(job, timeout=120) for job in good]
    assert results == [number + 1 for number in range(0, total, 10)]

    async def empty() -> bool:
        return await queue.depth() == 0

    await until(empty, 300)
    assert not running.done()
    worker.stop()
    counts = await running
    failed = await FailedJobs(config).list(limit=None)
    ended = counts.succeeded + counts.failed
    lost = sent + len(good) - ended
    kinds = Counter(one.details.kind for one in failed)
    print(f"\n{sent} poison messages and {len(good)} good jobs: {lost} lost, {counts}, failed for {dict(kinds)}")
    assert lost == 0
    assert counts.failed == len(failed)
    # Each kind occurred.
    assert {"undecodable", "error", "import", "dependency"} <= set(kinds)
