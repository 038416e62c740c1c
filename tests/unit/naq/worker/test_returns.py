"""Which messages a worker gives back, and which of them count as given back at its end."""

from __future__ import annotations

import asyncio
from typing import Any

from nats.aio.msg import Msg

from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.intake import Intake
from naq.worker.returns import Returns
from naq_support.aio import on_loop, until


class Settler:
    """Notes the numbers of the messages that are given back."""

    def __init__(self) -> None:
        self.given_back: list[int] = []

    async def give_back(self, delivery: Delivery) -> None:
        delivery.settled = True
        self.given_back.append(delivery.seq)


def intake() -> Intake:
    return Intake(("a",), 2, 0, stragglers=lambda: 0, gate=Gate(), ack_wait=30.0)


def delivery(number: int) -> Delivery:
    message = Msg(_client=None, subject="s", reply=f"$JS.ACK.jobs.c.1.{number}.{number}.{number}.0")  # type: ignore[arg-type]
    return Delivery.of(message, "a", asyncio.get_running_loop().time())


@on_loop
async def test_a_message_beyond_the_limit_is_given_back_though_no_other_waits() -> None:
    settler: Any = Settler()
    returns = Returns(intake())
    running = asyncio.create_task(returns.run(settler))
    returns.add(delivery(1))
    await until(lambda: settler.given_back == [1])
    returns.add(delivery(2))
    await until(lambda: settler.given_back == [1, 2])
    running.cancel()
    assert returns.at_the_end == 0


@on_loop
async def test_what_is_given_back_at_the_end_is_counted() -> None:
    settler: Any = Settler()
    taken = intake()
    returns = Returns(taken)
    for number in (1, 2):
        assert taken.take(delivery(number))
    (await taken.next()).settled = True
    await taken.next()
    returns.add(delivery(3))
    await returns.give_back_unstarted(settler, [delivery(4)])
    assert sorted(settler.given_back) == [3, 4]
    await returns.give_back_rest(settler)
    assert settler.given_back[2:] == [2]
    assert (returns.at_the_end, taken.in_hand) == (3, {})
