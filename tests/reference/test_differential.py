"""Each operation of the migration document, by hand and migrated, against the same real server.

Same messages, same results, same exceptions, and the migrated one never opens more connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import nats.errors
import pytest
from nats.js.api import DiscardPolicy, KeyValueConfig, StreamConfig

from naq.config import Config
from naq.errors import ConnectFailed
from naq.testing import NatsServer
from naq_support.aio import on_loop, until
from reference import byhand, managed
from reference.world import Outcome, Step, World, outcome, world

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")

Setup = Callable[[World], Awaitable[Any]]


async def nothing(here: World) -> list[Any]:
    return []


def enqueue(payload: bytes) -> Step:
    return lambda here: here.side.enqueue(here.target, here.name, payload)


def dequeue(here: World) -> Any:
    return here.side.dequeue(here.target, here.name, "workers")


def put(job_id: str, status: bytes) -> Step:
    return lambda here: here.side.update_job_status(here.target, here.name, job_id, status)


def event(kind: str, data: dict[str, Any]) -> Step:
    return lambda here: here.side.publish_event(here.target, f"{here.name}.{kind}", data)


def system_event(data: dict[str, Any]) -> Step:
    return lambda here: here.side.publish_system_event(here.target, here.name, data)


def add_stream(**settings: Any) -> Step:
    return lambda here: here.side.add_stream(here.target, StreamConfig(name=here.name, **settings))


def process(error: Exception | None) -> Step:
    async def step(here: World) -> list[bytes]:
        seen: list[bytes] = []

        async def execute(data: bytes) -> None:
            seen.append(data)
            if error is not None:
                raise error

        await here.side.process_message(here.target, await here.pull(), execute)
        return seen

    return step


async def small(here: World) -> None:
    await here.stream(max_msgs=1, discard=DiscardPolicy.NEW)


async def filled(here: World) -> None:
    await here.stream()
    await here.fill(b"one", b"two")


async def bucket(here: World) -> None:
    await here.js.create_key_value(KeyValueConfig(bucket=here.name))


async def in_bucket(here: World) -> list[Any]:
    kv = await here.js.key_value(here.name)
    return [(key, (await kv.get(key)).value) for key in await here.keys()]


async def listening(here: World) -> None:
    await here.listen(f"events.{here.name}.>")


async def heard(here: World) -> list[Any]:
    await until(lambda: len(here.heard) >= 3)
    return here.heard


async def stored(here: World) -> list[Any]:
    return await here.stored()


async def settled(here: World) -> list[Any]:
    """What is delivered afterwards, and how often each came: a message that was given back comes at once."""
    subscription = await here.js.pull_subscribe(here.name, "workers")
    left: list[Any] = []
    while len(left) < 2:
        try:
            (msg,) = await subscription.fetch(1, timeout=0.5)
        except nats.errors.TimeoutError:
            break
        left.append((msg.data, msg.metadata.num_delivered))
    return sorted(left)


@dataclass(frozen=True, slots=True)
class Case:
    """What is there before, the steps, and what is looked at afterwards."""

    before: Setup
    steps: list[Step]
    after: Step
    errors: list[str]


CASES = {
    "enqueue": Case(World.stream, [enqueue(b"job %d" % number) for number in range(10)], stored, []),
    "enqueue, no stream": Case(nothing, [enqueue(b"job")], nothing, ["NoStreamResponseError"]),
    "enqueue, stream full": Case(small, [enqueue(b"job")] * 2, stored, ["ServiceUnavailableError"]),
    "enqueue, too large": Case(World.stream, [enqueue(b"x" * 1_100_000)], stored, ["MaxPayloadError"]),
    "enqueue, not bytes": Case(World.stream, [enqueue("text")], stored, ["TypeError"]),  # type: ignore[arg-type]
    "dequeue": Case(filled, [dequeue] * 2, stored, []),
    "dequeue, empty": Case(World.stream, [dequeue], stored, []),
    "dequeue, no stream": Case(nothing, [dequeue], nothing, ["NotFoundError"]),
    "process": Case(filled, [process(None)], settled, []),
    "process, failing": Case(filled, [process(ValueError("no way"))], settled, ["ValueError"]),
    "status": Case(bucket, [put("one", b"running"), put("two", b"done"), put("one", b"done")], in_bucket, []),
    "status, no bucket": Case(nothing, [put("one", b"done")], nothing, ["BucketNotFoundError"]),
    "status, bad key": Case(bucket, [put("a b", b"done"), put("a", b"")], in_bucket, ["InvalidKeyError"]),
    "status, text": Case(bucket, [put("a", "done"), put("b", b"done")], in_bucket, ["TypeError"]),  # type: ignore[arg-type]
    "event": Case(listening, [event("a", {"n": 1}), event("b.c", {"é": "😀"}), event("a", {})], heard, []),
    "event, not JSON": Case(nothing, [event("a", {"n": object()})], nothing, ["TypeError"]),
    "system event": Case(World.stream, [system_event({"n": number}) for number in range(5)], stored, []),
    "system event, no stream": Case(nothing, [system_event({})], nothing, ["NoStreamResponseError"]),
    "add stream": Case(nothing, [add_stream(), add_stream()], stored, []),
    "add stream, another is there": Case(World.stream, [add_stream(max_msgs=5)], stored, []),
    "add stream, bad name": Case(nothing, [add_stream(subjects=["a..b"])], nothing, []),
    "closed in the middle": Case(nothing, [lambda here: here.side.closed_in_the_middle(here.target)], nothing, []),
}


async def both(server: NatsServer, config: Config, case: Case) -> tuple[Outcome, Outcome]:
    outcomes: list[Outcome] = []
    for side, target in ((byhand, server.url), (managed, config)):
        async with world(side, target, server.url) as here:
            await case.before(here)
            outcomes.append(await outcome(server, here, case.steps, case.after))
    return outcomes[0], outcomes[1]


@pytest.mark.parametrize("name", CASES)
def test_same_messages_results_and_exceptions(nats_server: NatsServer, naq_config: Config, name: str) -> None:
    case = CASES[name]

    @on_loop
    async def compare() -> None:
        old, new = await both(nats_server, naq_config, case)
        assert (new.results, new.errors, new.messages) == (old.results, old.errors, old.messages)
        assert [kind for kind, _ in old.errors] == case.errors
        assert new.connections <= old.connections
        assert new.connections <= 1

    compare()


def test_the_cases_are_of_all_operations() -> None:
    """Each function of the reference is compared, and both sides have the same ones."""
    names = {name for name in vars(byhand) if asyncio.iscoroutinefunction(vars(byhand)[name])}
    operations = {name for name in names if vars(byhand)[name].__module__ == byhand.__name__}
    assert operations == {
        name
        for name in vars(managed)
        if asyncio.iscoroutinefunction(vars(managed)[name]) and vars(managed)[name].__module__ == managed.__name__
    }
    assert len(operations) == 8


@pytest.mark.parametrize("name", ["enqueue", "dequeue", "status", "event", "system event", "closed in the middle"])
@on_loop
async def test_without_a_server_both_fail_alike(nats_server: NatsServer, name: str) -> None:
    nowhere = Config.for_servers("nats://127.0.0.1:1")
    failures: list[ConnectFailed] = []
    for side, target in ((byhand, nowhere.nats.servers[0]), (managed, nowhere)):
        async with world(side, target, nats_server.url) as here:
            with pytest.raises(ConnectFailed) as caught:
                await CASES[name].steps[0](here)
            failures.append(caught.value)
    old, new = failures
    assert (new.server, type(new.cause)) == (old.server, type(old.cause))


@on_loop
async def test_a_hundred_at_once_share_one_connection(nats_server: NatsServer, naq_config: Config) -> None:
    opened: list[int] = []
    for side, target in ((byhand, nats_server.url), (managed, naq_config)):
        async with world(side, target, nats_server.url) as here:
            await here.stream()

            async def flood(here: World = here) -> None:
                await asyncio.gather(*(here.side.enqueue(here.target, here.name, b"%d" % n) for n in range(100)))

            result = await outcome(nats_server, here, [lambda _, flood=flood: flood()], stored)
            assert sorted(result.messages, key=int) == [b"%d" % n for n in range(100)]
            opened.append(result.connections)
    assert opened == [100, 1]
