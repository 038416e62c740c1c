"""Events: plain ones pass by, system events are kept, and handlers are given both."""

from __future__ import annotations

import asyncio
import json

import pytest

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import ConnectFailed, InvalidName
from naq.events.event import Event
from naq.events.manager import EventManager
from naq.events.publisher import EventPublisher
from naq.events.subscriber import EventSubscriber
from naq.testing import NatsServer
from naq_support.aio import configured, on_loop, until
from support.leftovers import no_connection


@pytest.fixture
def config(naq_config: Config) -> Config:
    """Return a Config whose plain events no other test sees."""
    return configured(naq_config, events={"subject": f"{naq_config.queue.prefix}.plain"})


@on_loop
async def test_a_plain_event_is_its_data_on_the_subject_of_its_type(config: Config) -> None:
    async with nats_connection(config) as conn:
        subscription = await conn.subscribe(f"{config.events.subject}.order.paid")
        await conn.flush()
        await EventPublisher(config).publish_event("order.paid", {"id": 7})
        assert json.loads((await subscription.next_msg(timeout=5)).data) == {"id": 7}
        await subscription.unsubscribe()


@on_loop
async def test_a_system_event_is_kept(config: Config) -> None:
    assert await EventPublisher(config).publish_system_event("disk.full", {"free": 0}) == 1
    async with nats_jetstream(config) as (_, js):
        kept = await js.get_msg(f"{config.queue.prefix}_events", 1)
    assert json.loads(kept.data or b"") == {"free": 0}


@on_loop
async def test_a_durable_subscriber_gets_what_was_published_before(config: Config) -> None:
    await EventPublisher(config).publish_system_event("disk.full", {"free": 0})
    subscriber = EventSubscriber("disk.*", config, durable="reader")
    event = await subscriber.wait_for(timeout=5)
    assert event is not None
    assert (event.type, event.data) == ("disk.full", {"free": 0})
    assert await subscriber.wait_for(timeout=0.1) is None


@on_loop
async def test_a_subscriber_hears_what_is_published_while_it_listens(config: Config) -> None:
    heard: list[Event] = []
    subscriber = EventSubscriber("order.*", config)
    listening = asyncio.create_task(subscriber.listen(heard.append))
    await subscriber.listening.wait()
    await EventPublisher(config).publish_many([("order.paid", {"n": 1}), ("other", {}), ("order.sent", {"n": 2})])
    await until(lambda: len(heard) == 2)
    subscriber.stop()
    await listening
    assert [(event.type, event.data["n"]) for event in heard] == [("order.paid", 1), ("order.sent", 2)]


@on_loop
async def test_a_manager_runs_its_handlers_until_it_stops(config: Config) -> None:
    heard: list[str] = []
    manager = EventManager(config)
    manager.register("order.paid", lambda event: heard.append(event.type))
    async with manager:
        await EventPublisher(config).publish_event("order.paid", {})
        await until(lambda: heard)
    await EventPublisher(config).publish_event("order.paid", {})
    assert heard == ["order.paid"]
    assert (manager.counts.received, manager.counts.handled) == (1, 1)


@on_loop
async def test_a_type_that_is_no_subject_is_refused(config: Config) -> None:
    with pytest.raises(InvalidName, match="event type"):
        await EventPublisher(config).publish_event("a b", {})


@on_loop
async def test_without_a_server_the_error_names_the_address() -> None:
    config = configured(Config.for_servers("nats://127.0.0.1:1"), nats={"connect_timeout": 0.2})
    with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:1"):
        await EventPublisher(config).publish_event("a", {})


def test_no_connection_is_left_open(config: Config, nats_server: NatsServer) -> None:
    @on_loop
    async def use() -> None:
        manager = EventManager(config)
        manager.register("a", lambda event: None)
        async with manager:
            await EventPublisher(config).publish_event("a", {})
            await until(lambda: manager.counts.handled)

    use()
    assert no_connection(nats_server)
