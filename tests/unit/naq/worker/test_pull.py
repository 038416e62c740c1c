"""When a puller checks for room."""

from __future__ import annotations

import asyncio

from naq.config import Config
from naq.connection import nats_connection
from naq.worker.pull import Puller
from naq_support.aio import on_loop


@on_loop
async def test_many_messages_in_one_step_of_the_loop_are_one_check_for_room(naq_config: Config) -> None:
    checks = []

    def room() -> int:
        checks.append(puller.requested)
        return 0

    async def nothing() -> None:
        return None

    async with nats_connection(naq_config) as connection:
        puller = Puller(connection, "stream", "consumer", room=room, deliver=lambda _: None, repair=nothing)
        for expected in (1, 2):
            for _ in range(10):
                puller.wake()
            await asyncio.sleep(0)
            assert len(checks) == expected
