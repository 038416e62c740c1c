"""Handlers of one manager, against a real server: started and stopped together, isolated, restarted."""

from __future__ import annotations

import asyncio
import gc

import nats.errors
import pytest

from naq.config import Config
from naq.connection import close_all
from naq.errors import ConnectFailed, NaqError
from naq.events.event import Event
from naq.events.manager import EventManager
from naq.events.publisher import EventPublisher
from naq.testing import NatsServer
from naq_support.aio import configured, on_loop, until


@pytest.fixture
def config(naq_config: Config) -> Config:
    """A Config that does not receive plain events of other tests, with quick restarts."""
    return configured(
        naq_config,
        events={"subject": f"{naq_config.queue.prefix}.plain"},
        nats={"reconnect_time_wait": 0.02, "drain_timeout": 2.0},
    )


@on_loop
async def test_all_handlers_listen_when_start_returns(config: Config) -> None:
    heard: list[str] = []
    manager = EventManager(config)
    for kind in ("a", "b"):
        manager.register(kind, lambda event: heard.append(event.type))

    @manager.on("c.*", durable="reader")
    async def third(event: Event) -> None:
        heard.append(event.type)

    async with manager:
        assert repr(manager) == "EventManager(3 of 3 handlers running)"
        await EventPublisher(config).publish_many([("a", {}), ("b", {}), ("unheard", {})])
        await EventPublisher(config).publish_system_event("c.d", {})
        await until(lambda: len(heard) == 3)
    assert sorted(heard) == ["a", "b", "c.d"]
    assert repr(manager) == "EventManager(0 of 3 handlers running)"
    assert (manager.counts.received, manager.counts.handled) == (3, 3)


@on_loop
async def test_a_handler_that_raises_is_reported_and_the_others_go_on(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []
    manager = EventManager(config)

    def fail(event: Event) -> None:
        raise ValueError(f"cannot take {event.data['n']}")

    bad = manager.register("a", fail)
    good = manager.register("a", lambda event: heard.append(event.data["n"]))
    async with manager:
        await EventPublisher(config).publish_many(("a", {"n": n}) for n in range(5))
        await until(lambda: len(heard) == 5 and bad.counts.failed == 5)
        assert bad.running
    assert (good.counts.handled, bad.counts.handled, bad.restarts) == (5, 0, 0)
    assert "cannot take 4" in caplog.text


class BaseOnly(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("error", [BaseOnly("base"), asyncio.CancelledError("its own")])
@on_loop
async def test_whatever_a_handler_raises_it_hears_the_next_event(config: Config, error: BaseException) -> None:
    """A BaseException of a handler, or a cancelled future that it awaits, does not end the subscriber."""
    manager, heard = EventManager(config), []

    async def failing(event: Event) -> None:
        heard.append(event)
        raise error

    registration = manager.register("disk.full", failing)
    async with manager:
        for number in range(1, 3):
            await EventPublisher(config).publish_event("disk.full", {})
            await until(lambda number=number: len(heard) == number, 5)
        assert registration.running
    assert (registration.counts.failed, registration.restarts) == (2, 0)


@on_loop
async def test_a_slow_handler_does_not_hold_up_the_others(config: Config) -> None:
    heard: list[str] = []
    gate = asyncio.Event()
    manager = EventManager(config)

    async def wait(event: Event) -> None:
        await gate.wait()

    slow = manager.register("a", wait)
    manager.register("a", lambda event: heard.append(event.type))
    async with manager:
        await EventPublisher(config).publish_many([("a", {})] * 3)
        await until(lambda: len(heard) == 3)
        assert slow.counts.handled == 0
        gate.set()
    # Stopping finishes the events that have arrived.
    assert slow.counts.handled == 3


@on_loop
async def test_a_handler_that_does_not_end_is_cancelled(config: Config) -> None:
    quick = configured(config, nats={"drain_timeout": 0.1})
    manager = EventManager(quick)

    async def hang(event: Event) -> None:
        await asyncio.sleep(600)

    hanging = manager.register("a", hang)
    async with manager:
        await EventPublisher(quick).publish_event("a", {})
        await until(lambda: hanging.counts.received)
    assert not hanging.running


@on_loop
async def test_a_handler_whose_connection_is_closed_is_started_again(config: Config) -> None:
    heard: list[int] = []
    manager = EventManager(config)
    passing = manager.register("a", lambda event: heard.append(event.data["n"]))
    kept = manager.register("k", lambda event: heard.append(event.data["n"]), durable="reader")
    async with manager:
        await close_all()
        await until(lambda: passing.restarts == 1 and kept.restarts == 1 and passing.running and kept.running)
        await EventPublisher(config).publish_event("a", {"n": 1})
        await EventPublisher(config).publish_system_event("k", {"n": 2})
        await until(lambda: len(heard) == 2)
    assert sorted(heard) == [1, 2]
    assert nats.errors.ConnectionClosedError.__name__ in passing.error or "ConnectionReleased" in passing.error


@on_loop
async def test_a_server_that_comes_back_is_listened_to_again() -> None:
    with NatsServer() as server:
        config = configured(server.config, nats={"reconnect_time_wait": 0.05})
        heard: list[int] = []
        manager = EventManager(config)
        manager.register("a", lambda event: heard.append(event.data["n"]))
        manager.register("k", lambda event: heard.append(event.data["n"]), durable="reader")
        async with manager:
            await EventPublisher(config).publish_system_event("k", {"n": 1})
            await until(lambda: heard == [1])
            await asyncio.to_thread(server.restart)

            async def both() -> bool:
                await EventPublisher(config).publish_event("a", {"n": 2})
                await EventPublisher(config).publish_system_event("k", {"n": 3})
                return {2, 3} <= set(heard)

            await until(both)
        await close_all()


@on_loop
async def test_it_can_be_started_again(config: Config) -> None:
    heard: list[int] = []
    manager = EventManager(config)
    manager.register("a", lambda event: heard.append(event.data["n"]))
    for number in range(3):
        async with manager:
            await EventPublisher(config).publish_event("a", {"n": number})
            await until(lambda number=number: len(heard) == number + 1)
    assert heard == [0, 1, 2]


@on_loop
async def test_when_one_cannot_start_none_does() -> None:
    config = configured(Config.for_servers("nats://127.0.0.1:1"), nats={"connect_timeout": 0.2})
    manager = EventManager(config)
    manager.register("a", lambda event: None)
    manager.register("b", lambda event: None, durable="reader")
    for _ in range(2):
        with pytest.raises(ConnectFailed):
            await manager.start()
    await manager.stop()
    gc.collect()


@on_loop
async def test_it_is_used_in_its_order(config: Config) -> None:
    manager = EventManager(config)
    manager.register("a", lambda event: None)
    async with manager:
        with pytest.raises(NaqError, match="register handlers before that"):
            manager.register("b", lambda event: None)
        with pytest.raises(NaqError, match="started already"):
            await manager.start()
