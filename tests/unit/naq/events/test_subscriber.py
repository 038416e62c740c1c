"""Listening for events, against a real server: receiving, acknowledging and redelivering them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.errors import ConnectFailed, InvalidName, NaqError
from naq.events import sources
from naq.events.event import Event
from naq.events.publisher import EventPublisher
from naq.events.subscriber import EventSubscriber
from naq_support.aio import configured, deaf_to_cancellation, on_loop, until


@pytest.fixture
def config(naq_config: Config) -> Config:
    """A Config that does not receive plain events of other tests."""
    return configured(naq_config, events={"subject": f"{naq_config.queue.prefix}.plain"})


async def listening(subscriber: EventSubscriber, handler: Any) -> asyncio.Task[None]:
    """Return the task in which a subscriber listens, once the server knows it."""
    task = asyncio.create_task(subscriber.listen(handler))
    waiting = asyncio.create_task(subscriber.listening.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return task


async def pending(config: Config, durable: str) -> tuple[int, int]:
    """Return how many events a durable subscriber has not received, and how many it has not acknowledged."""
    async with await nats.connect(config.nats.servers[0]) as nc:
        info = await nc.jetstream().consumer_info(f"{config.queue.prefix}_events", durable)
    return info.num_pending or 0, info.num_ack_pending or 0


@on_loop
async def test_a_callback_hears_plain_and_kept_events_as_they_pass_by(config: Config) -> None:
    heard: list[Event] = []
    publisher, subscriber = EventPublisher(config), EventSubscriber("order.*", config)
    task = await listening(subscriber, heard.append)
    await publisher.publish_event("order.paid", {"n": 1})
    await publisher.publish_event("other.paid", {"n": 2})
    await publisher.publish_system_event("order.sent", {"n": 3})
    await until(lambda: len(heard) == 2)
    subscriber.stop()
    await task
    assert {(one.type, one.data["n"]) for one in heard} == {("order.paid", 1), ("order.sent", 3)}
    assert (subscriber.counts.received, subscriber.counts.handled) == (2, 2)


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [(">", ["a", "a.b", "a.b.c"]), ("a", ["a"]), ("a.*", ["a.b"]), ("a.>", ["a.b", "a.b.c"]), ("*.b.*", ["a.b.c"])],
)
@pytest.mark.parametrize("durable", [None, "all"])
@on_loop
async def test_types_may_be_patterns(config: Config, pattern: str, heard: list[str], durable: str | None) -> None:
    seen: list[str] = []
    publisher, subscriber = EventPublisher(config), EventSubscriber(pattern, config, durable=durable)
    task = await listening(subscriber, lambda event: seen.append(event.type))
    for kind in ("a", "a.b", "a.b.c"):
        await publisher.publish_system_event(kind, {})
    await until(lambda: len(seen) >= len(heard))
    subscriber.stop()
    await task
    assert seen == heard


@on_loop
async def test_of_one_group_one_hears_each_event(config: Config) -> None:
    seen: list[int] = []
    group = [EventSubscriber("shared", config, group="workers") for _ in range(3)]
    tasks = [await listening(one, lambda event: seen.append(event.data["n"])) for one in group]
    await EventPublisher(config).publish_many(("shared", {"n": n}) for n in range(60))
    await until(lambda: len(seen) == 60)
    for one in group:
        one.stop()
    await asyncio.gather(*tasks)
    assert sorted(seen) == list(range(60))


@on_loop
async def test_stop_finishes_what_has_arrived(config: Config) -> None:
    seen: list[int] = []
    subscriber = EventSubscriber("slow", config)

    async def slowly(event: Event) -> None:
        await asyncio.sleep(0.01)
        seen.append(event.data["n"])

    task = await listening(subscriber, slowly)
    await EventPublisher(config).publish_many(("slow", {"n": n}) for n in range(20))
    await until(lambda: len(seen) > 1)
    subscriber.stop()
    await task
    assert seen == list(range(20))


@on_loop
async def test_more_than_the_buffer_holds_is_dropped_and_counted(config: Config) -> None:
    small = configured(config, events={"buffer": 5})
    gate = asyncio.Event()
    subscriber = EventSubscriber("flood", small)

    async def wait(event: Event) -> None:
        await gate.wait()

    task = await listening(subscriber, wait)
    publisher = EventPublisher(small)
    await publisher.publish_event("flood", {})
    await until(lambda: subscriber.counts.received == 1)
    await publisher.publish_many(("flood", {}) for _ in range(100))
    # Sent on the same connection, so that it arrives after all the others.
    last = EventSubscriber("last", small)
    waiting = asyncio.create_task(last.wait_for(5))
    await last.listening.wait()
    await publisher.publish_event("last", {})
    assert await waiting is not None
    gate.set()
    subscriber.stop()
    await task
    assert (subscriber.counts.handled, subscriber.counts.dropped) == (6, 95)


@on_loop
async def test_a_durable_buffer_lets_the_server_wait(config: Config) -> None:
    small = configured(config, events={"buffer": 5})
    publisher = EventPublisher(small)
    for number in range(30):
        await publisher.publish_system_event("kept", {"n": number})
    gate = asyncio.Event()
    seen: list[int] = []

    async def wait(event: Event) -> None:
        await gate.wait()
        seen.append(event.data["n"])

    subscriber = EventSubscriber("kept", small, durable="reader")
    task = await listening(subscriber, wait)
    await until(lambda: subscriber.counts.received == 1)

    async def in_hand() -> bool:
        return await pending(small, "reader") == (25, 5)

    await until(in_hand)
    gate.set()
    await until(lambda: len(seen) == 30)
    subscriber.stop()
    await task
    assert seen == list(range(30))
    assert await pending(small, "reader") == (0, 0)


@on_loop
async def test_an_event_is_acknowledged_after_its_handler(config: Config) -> None:
    await EventPublisher(config).publish_system_event("kept", {})
    inside: list[tuple[int, int]] = []

    async def look(event: Event) -> None:
        inside.append(await pending(config, "reader"))

    subscriber = EventSubscriber("kept", config, durable="reader")
    task = await listening(subscriber, look)
    await until(lambda: subscriber.counts.handled == 1)
    subscriber.stop()
    await task
    assert inside == [(0, 1)]
    assert await pending(config, "reader") == (0, 0)


@on_loop
async def test_a_durable_subscriber_goes_on_where_it_left_off(config: Config) -> None:
    publisher = EventPublisher(config)
    for number in range(4):
        await publisher.publish_system_event("kept", {"n": number})
    first = EventSubscriber("kept", config, durable="reader")
    seen = []
    async with aclosing(first.events()) as events:
        async for event in events:
            seen.append(event)
            if len(seen) == 3:
                break
    assert [(one.data["n"], one.sequence, one.delivered) for one in seen] == [(0, 1, 1), (1, 2, 1), (2, 3, 1)]
    second = EventSubscriber("kept", config, durable="reader")
    rest = [await second.wait_for(5) for _ in range(2)]
    # The iteration ended at 2, so 2 is delivered again, and so are the events that were never handled.
    assert {one.data["n"] for one in rest if one} == {2, 3}
    assert await second.wait_for(0.05) is None


@on_loop
async def test_a_durable_subscriber_may_listen_for_something_else(config: Config) -> None:
    publisher = EventPublisher(config)
    await publisher.publish_system_event("a", {})
    assert await EventSubscriber("a", config, durable="reader").wait_for(5) is not None
    await publisher.publish_system_event("b", {})
    heard = await EventSubscriber("b", config, durable="reader").wait_for(5)
    assert heard is not None
    assert heard.type == "b"


@on_loop
async def test_a_handler_that_raises_is_reported_and_the_event_comes_again(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sources, "RETRY_DELAY", 0.01)
    publisher = EventPublisher(config)
    await publisher.publish_system_event("kept", {"n": 0})
    await publisher.publish_system_event("kept", {"n": 1})
    seen: list[tuple[int, int]] = []

    def fail_at_first(event: Event) -> None:
        seen.append((event.data["n"], event.delivered))
        if event.data["n"] == 0 and event.delivered < 3:
            raise ValueError("not yet")

    subscriber = EventSubscriber("kept", config, durable="reader")
    task = await listening(subscriber, fail_at_first)
    await until(lambda: subscriber.counts.handled == 2)
    subscriber.stop()
    await task
    assert sorted(seen) == [(0, 1), (0, 2), (0, 3), (1, 1)]
    assert subscriber.counts.failed == 2
    assert "not yet" in caplog.text


@on_loop
async def test_an_event_that_always_fails_is_given_up(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sources, "RETRY_DELAY", 0.01)
    await EventPublisher(config).publish_system_event("kept", {})

    def fail(event: Event) -> None:
        raise ValueError("never")

    subscriber = EventSubscriber("kept", config, durable="reader", max_deliver=3)
    task = await listening(subscriber, fail)
    await until(lambda: subscriber.counts.failed == 3)
    subscriber.stop()
    await task
    assert await pending(config, "reader") == (0, 0)
    assert "not delivered again after 3 deliveries" in caplog.text


@pytest.mark.parametrize("durable", [None, "reader"])
@on_loop
async def test_what_is_not_json_is_left_out(config: Config, durable: str | None, caplog: Any) -> None:
    await EventPublisher(config).publish_system_event("first", {})
    heard: list[str] = []
    subscriber = EventSubscriber(">", config, durable=durable)
    task = await listening(subscriber, lambda event: heard.append(event.type))
    async with await nats.connect(config.nats.servers[0]) as nc:
        await nc.publish(f"{config.queue.prefix}.events.broken", b"\xff{")
        await nc.publish(f"{config.queue.prefix}.events.whole", b"[1]")
        await nc.flush()
    await until(lambda: "whole" in heard)
    subscriber.stop()
    await task
    assert "broken" not in heard
    assert subscriber.counts.malformed == 1
    assert "events.broken" in caplog.text
    if durable:
        assert await pending(config, durable) == (0, 0)


@on_loop
async def test_waiting_for_an_event_that_does_not_come(config: Config) -> None:
    assert await EventSubscriber("nothing", config).wait_for(0.05) is None


@on_loop
async def test_a_cancelled_durable_subscriber_gives_back_what_it_has(config: Config) -> None:
    publisher = EventPublisher(config)
    for number in range(10):
        await publisher.publish_system_event("kept", {"n": number})
    gate = asyncio.Event()

    async def wait(event: Event) -> None:
        await gate.wait()

    task = await listening(EventSubscriber("kept", config, durable="reader"), wait)

    async def in_hand() -> bool:
        return await pending(config, "reader") == (0, 10)

    await until(in_hand)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    seen: set[int] = set()
    subscriber = EventSubscriber("kept", config, durable="reader")
    task = await listening(subscriber, lambda event: seen.add(event.data["n"]))
    # Delivered at once, not after its ack wait (30 s).
    await until(lambda: len(seen) == 10, 10)
    subscriber.stop()
    await task


@on_loop
async def test_a_handler_may_take_longer_than_the_ack_wait(config: Config) -> None:
    quick = configured(config, worker={"ack_wait": 1.0})
    publisher = EventPublisher(quick)
    for number in range(2):
        await publisher.publish_system_event("kept", {"n": number})
    seen: list[tuple[int, int]] = []

    async def slowly(event: Event) -> None:
        await asyncio.sleep(1.6)
        seen.append((event.data["n"], event.delivered))

    subscriber = EventSubscriber("kept", quick, durable="reader")
    task = await listening(subscriber, slowly)
    await until(lambda: len(seen) == 2)
    subscriber.stop()
    await task
    assert seen == [(0, 1), (1, 1)]


@on_loop
async def test_one_subscriber_listens_once(config: Config) -> None:
    subscriber = EventSubscriber("a", config)
    task = await listening(subscriber, lambda event: None)
    with pytest.raises(NaqError, match="listens already"):
        await subscriber.listen(lambda event: None)
    subscriber.stop()
    await task


def test_bad_arguments_are_refused_in_words(config: Config) -> None:
    with pytest.raises(InvalidName, match=r"'a\.\.b'"):
        EventSubscriber("a..b", config)
    with pytest.raises(InvalidName, match=r"'>\.a'"):
        EventSubscriber(">.a", config)
    with pytest.raises(InvalidName, match=r"durable name 'a\.b'"):
        EventSubscriber("a", config, durable="a.b")
    with pytest.raises(NaqError, match="leave out group"):
        EventSubscriber("a", config, durable="a", group="b")
    with pytest.raises(NaqError, match="from 1, not 0"):
        EventSubscriber("a", config, max_deliver=0)


@on_loop
async def test_without_a_server_it_says_so() -> None:
    config = configured(Config.for_servers("nats://127.0.0.1:1"), nats={"connect_timeout": 0.2})
    with pytest.raises(ConnectFailed):
        await EventSubscriber("a", config).listen(lambda event: None)


@on_loop
async def test_a_sign_of_life_that_hangs_does_not_hold_up_the_end(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(config, worker={"ack_wait": 0.3})
    await EventPublisher(config).publish_system_event("order.paid", {})
    monkeypatch.setattr(Msg, "in_progress", deaf_to_cancellation())
    async with asyncio.timeout(10):
        async with aclosing(EventSubscriber("order.paid", config, durable="d").events()) as events:
            async for _ in events:
                await asyncio.sleep(0.15)
                break


@pytest.mark.parametrize("reply", ["", "here", "a.b.c.d.1.2.3.4.5"])
@on_loop
async def test_a_message_that_no_stream_has_sent_does_not_end_a_durable_subscriber(config: Config, reply: str) -> None:
    heard: list[Event] = []
    subscriber = EventSubscriber("order.*", config, durable="d")
    task = await listening(subscriber, heard.append)
    source: Any = subscriber._source
    await until(lambda: source._puller._subscription)
    nc = await nats.connect(config.nats.servers[0])
    await nc.publish(source._puller._subscription.subject, b"{}", reply=reply)
    await nc.close()
    await EventPublisher(config).publish_system_event("order.sent", {"n": 3})
    await until(lambda: heard or task.done())
    subscriber.stop()
    await task
    assert [one.type for one in heard] == ["order.sent"]
