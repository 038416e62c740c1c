"""Progress reports: when they are sent, and that they follow the ack wait of the consumers."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.intake import Intake
from naq.worker.keep_alive import KeepAlive
from naq_support.aio import configured, on_loop, until


@on_loop
async def test_a_shorter_ack_wait_applies_to_what_is_held_already(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naq.worker.keep_alive.ACK_WAIT_LOOK", 0.05)
    config, loop, reports = configured(naq_config, worker={"ack_wait": 60.0}), asyncio.get_running_loop(), list[bytes]()
    await Queue(config=config).setup()

    async def report(msg: Msg) -> None:
        reports.append(msg.data)

    async with nats_jetstream(config) as (connection, js):
        # With this ack wait, no report is due within ten minutes.
        intake = Intake(("default",), 4, 0, stragglers=lambda: 0, gate=Gate(), ack_wait=3600.0)
        reply = f"$JS.ACK.{config.queue.prefix}.none.1.1.1.1.0"
        delivery = Delivery.of(Msg(connection, "subject", reply), "default", loop.time() - 15.0)
        assert intake.take(delivery)
        await connection.subscribe(reply, cb=report)
        keeping = KeepAlive(connection, js, config, intake, lambda: [("default", "normal")])
        tasks = [asyncio.create_task(keeping.run()), asyncio.create_task(keeping.watch_ack_wait())]
        await until(lambda: reports == [b"+WPI"])
        assert intake.ack_wait == 60.0
        assert loop.time() - delivery.touched < 15.0
        assert not delivery.doubtful
        for task in tasks:
            task.cancel()
