"""The gate between jobs that run beside each other and those that run alone."""

from __future__ import annotations

import asyncio

import pytest

from naq.worker.exclusive_gate import Gate, GateClosed
from naq_support.aio import on_loop, until

NOBODY = "<0 beside each other, 0 alone, 0 wait to be alone>"


@on_loop
async def test_whoever_runs_alone_waits_for_the_others_and_keeps_them_out() -> None:
    gate, order = Gate(), []

    async def alone(name: str) -> None:
        leave = await gate.alone(None)
        order.append(name)
        await asyncio.sleep(0.02)
        order.append(f"end of {name}")
        leave()

    leave = await gate.beside(1)
    tasks = [asyncio.create_task(alone("a")), asyncio.create_task(alone("b"))]
    await asyncio.sleep(0.02)
    assert gate.closed
    assert not order
    with pytest.raises(GateClosed):
        await gate.beside(0.01)
    assert gate.enter() is None
    leave()
    leave = await gate.beside(10)
    assert order == ["a", "end of a", "b", "end of b"]
    leave()
    await asyncio.gather(*tasks)
    assert repr(gate) == NOBODY


@on_loop
async def test_with_a_limit_it_neither_waits_for_ever_nor_keeps_others_out_for_ever() -> None:
    gate = Gate()
    first = await gate.beside(1)
    second = await gate.alone(0.05)
    assert gate.closed
    third = await gate.beside(1)
    assert not gate.closed
    for leave in (first, second, third):
        leave()
    assert repr(gate) == NOBODY


@on_loop
async def test_whoever_gives_up_lets_the_others_in() -> None:
    gate = Gate()
    await gate.beside(1)
    waiting = asyncio.create_task(gate.alone(None))
    await until(lambda: gate.closed)
    waiting.cancel()
    await asyncio.wait((waiting,))
    await gate.beside(0.1)
    assert not gate.closed
