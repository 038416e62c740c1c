"""When a worker that stops with its queues has seen that they are empty."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.worker.burst import stop_when_empty
from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.intake import Intake
from naq.worker.stopping import Stop
from naq_support.aio import on_loop, until


@on_loop
async def test_a_message_that_arrives_during_the_look_keeps_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    message = Msg(_client=None, subject="s", reply="$JS.ACK.jobs.c.1.1.1.1.0")  # type: ignore[arg-type]
    intake = Intake(("a",), 1, 0, stragglers=lambda: 0, gate=Gate(), ack_wait=30.0)
    stop, looks = Stop(), list[bool]()

    async def all_empty(*_: object) -> bool:
        if not looks:
            intake.take(Delivery.of(message, "a", 0.0))
        looks.append(stop.requested.is_set())
        return len(looks) != 2

    monkeypatch.setattr("naq.worker.burst._all_empty", all_empty)
    unused: Any = None
    task = asyncio.create_task(stop_when_empty(stop, intake, unused, Config(), ("a",), unused))
    await until(lambda: looks)
    await asyncio.sleep(0.2)
    assert not stop.requested.is_set()
    intake.in_hand.clear()
    await task
    assert looks == [False] * 3
    assert stop.requested.is_set()
