"""How long a worker tries to store an outcome in a full store."""

from __future__ import annotations

import asyncio
import time

import pytest

from naq.queue import full_store
from naq.queue.full_store import Scarcity
from naq_support.aio import on_loop


@on_loop
async def test_no_failure_is_given_up_while_others_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for a failure now and then, and the last one waits for much longer than the limit."""
    monkeypatch.setattr(full_store, "LATE_FAILURE", 0.4)
    monkeypatch.setattr(full_store, "FAILURE_PAUSE", 0.005)
    scarcity, began, stored = Scarcity(), time.monotonic(), 0

    async def attempt() -> bool:
        nonlocal stored
        room = int((time.monotonic() - began) / 0.1) > stored
        stored += room
        return room

    assert await asyncio.gather(*(scarcity.failure_stored(attempt) for _ in range(10))) == [True] * 10
    assert time.monotonic() - began > 1.0
    assert not scarcity.failures_first


@on_loop
async def test_failures_are_given_up_together_when_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_store, "LATE_FAILURE", 0.2)
    monkeypatch.setattr(full_store, "FAILURE_PAUSE", 0.005)
    scarcity = Scarcity()

    async def attempt() -> bool:
        return False

    async with asyncio.timeout(30):
        assert await asyncio.gather(*(scarcity.failure_stored(attempt) for _ in range(10))) == [False] * 10
    assert not scarcity.failures_first
