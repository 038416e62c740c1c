"""Places of limits that are given back: which are handed on, and to which message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.limits import Limit
from naq.queue.limit_store import LimitStore
from naq.queue.pipeline import pipeline_of
from naq.queue.streams import names
from naq.worker.freeing import Freeing
from naq.worker.kept_limit import KeptLimit
from naq.worker.places import Places
from naq_support.aio import on_loop, until

KEY = "q.default"


@dataclass
class Scene:
    """A limit of one place, and what was sent to waiting messages and to other workers."""

    freeing: Freeing
    kept: KeptLimit
    places: Places
    given_back: list[bytes] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)
    changes: int = 0

    def wait(self) -> None:
        """Remember a message that waits for a place."""
        self.kept.waiting.add("reply", asyncio.get_running_loop().time() + 300.0, "normal")


@asynccontextmanager
async def scene(config: Config) -> AsyncIterator[Scene]:
    async with nats_jetstream(config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), config)
        await store.make()

        def changed() -> None:
            found.changes += 1

        places = Places(store, KEY, 1, 60, "worker")
        kept = KeptLimit(KEY, Limit(at_once=1), places, None, full_until=float("inf"))
        found = Scene(Freeing(connection, names(config), changed), kept, places)

        async def note_reply(msg: Msg) -> None:
            found.given_back.append(msg.data)

        async def note_freed(msg: Msg) -> None:
            found.told.append(msg.data)

        await connection.subscribe("reply", cb=note_reply)
        await connection.subscribe(names(config).freed(KEY), cb=note_freed)
        yield found
        await found.freeing.close()


@on_loop
async def test_a_waiting_message_is_given_back_at_once_and_pullers_look_again(naq_config: Config) -> None:
    async with scene(naq_config) as found:
        found.wait()
        assert await found.freeing.wake(found.kept)
        await until(lambda: found.given_back == [b"-NAK"])
        assert not await found.freeing.wake(found.kept)
        assert (found.changes, found.kept.full_until) == (2, float("-inf"))


@pytest.mark.parametrize("waits", [True, False])
@on_loop
async def test_a_place_goes_to_a_message_of_this_worker_and_else_of_another(naq_config: Config, waits: bool) -> None:
    async with scene(naq_config) as found:
        place = await found.places.take("job")
        assert place is not None
        if waits:
            found.wait()
        found.freeing.give_back([(found.kept, place)])
        await until(lambda: found.given_back or found.told)
        assert (found.given_back, found.told) == (([b"-NAK"], []) if waits else ([], [b""]))
        assert found.places.held == 0


@on_loop
async def test_a_place_that_no_job_has_used_is_not_handed_on(naq_config: Config) -> None:
    async with scene(naq_config) as found:
        place = await found.places.take("job")
        assert place is not None
        found.wait()
        found.freeing.give_back([(found.kept, place)], wakes=False)
        await found.freeing.close()
        assert found.places.held == 0
        assert (found.changes, len(found.kept.waiting)) == (0, 1)


@on_loop
async def test_a_worker_that_listens_hears_of_the_place_of_another(naq_config: Config) -> None:
    async with scene(naq_config) as found:
        found.freeing.listen(found.kept)
        await found.freeing.close()
        found.wait()
        async with nats_jetstream(naq_config) as (connection, _):
            await connection.publish(names(naq_config).freed(KEY))
            await until(lambda: found.given_back == [b"-NAK"])
