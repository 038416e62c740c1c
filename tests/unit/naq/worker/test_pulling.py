"""How many messages the pullers of a queue may request, and which of them look again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.worker.exclusive_gate import Gate
from naq.worker.intake import Intake
from naq.worker.pull import Puller
from naq.worker.pulling import Pulling
from naq_support.aio import on_loop

QUEUES = ("a", "b")


async def nothing() -> None:
    return None


@on_loop
async def test_each_queue_has_two_pullers_within_its_limit(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Puller] = []
    limit: Any = SimpleNamespace(room=lambda queue, room: 0 if queue == "a" else room)
    intake = Intake(QUEUES, 8, 8, stragglers=lambda: 0, gate=Gate(), ack_wait=30.0)
    monkeypatch.setattr(Intake, "room_ahead", lambda _, queue, requested: 3 - requested)
    async with nats_jetstream(naq_config) as (connection, js):
        pulling = Pulling(connection, js, naq_config, QUEUES, intake, lambda *_: None, nothing)
        assert not pulling.begun
        assert pulling._room_now("a") > 0  # asked before there is a limiter
        pulling.begin(limit)
        assert pulling.begun
        standing, ahead = pulling.pullers[:2], pulling.pullers[2:4]
        rooms = [puller._room() for puller in (*standing, *ahead) if isinstance(puller, Puller)]
        assert rooms == [0, intake.room("b"), 0, 3]
        assert (pulling._room_now("a"), pulling._room_now("b")) == (0, intake.room_now("b"))
        pulling.priorities.active.add("b")
        assert [puller._room() for puller in (standing[1], ahead[1]) if isinstance(puller, Puller)] == [0, 0]
        pulling.priorities.active.clear()
        monkeypatch.setattr(Puller, "wake", lambda puller: woken.append(puller))
        pulling.wake_ahead()
        assert woken == ahead
        woken.clear()
        pulling.wake()
        assert woken == [*standing, *ahead]
