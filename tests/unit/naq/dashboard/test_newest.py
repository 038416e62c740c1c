"""Reading a stream backwards, where messages were deleted and where most are of other subjects."""

from __future__ import annotations

import random

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.dashboard.newest import newest
from naq.queue.stored_messages import MOST_AT_ONCE
from naq_support.aio import on_loop, until


@on_loop
async def test_many_messages_behind_few_are_not_all_read(naq_config: Config) -> None:
    stream = f"{naq_config.queue.prefix}_s"
    async with nats_jetstream(naq_config) as (connection, js):
        await js.add_stream(name=stream, subjects=[f"{stream}.*"], allow_direct=True)
        for subject, count in (("many", 1500), ("other", 3000)):
            for _ in range(count):
                await connection.publish(f"{stream}.{subject}", b"")

        async def stored() -> bool:
            return (await js.stream_info(stream)).state.messages == 4500

        await until(stored)
        before = connection.stats["in_msgs"]
        page, following = await newest(connection, js, stream, f"{stream}.many", 50)
        assert [one.seq for one in page] == list(range(1500, 1450, -1))
        assert following == 1451
        assert connection.stats["in_msgs"] - before < 1000


@pytest.mark.parametrize("limit", [1, 7, 50])
@on_loop
async def test_pages_have_all_messages_of_the_subject_the_newest_first(naq_config: Config, limit: int) -> None:
    rng = random.Random(limit)
    stream, count = f"{naq_config.queue.prefix}_s", 3 * MOST_AT_ONCE
    async with nats_jetstream(naq_config) as (connection, js):
        assert await newest(connection, js, stream, "x.rare", limit) == ([], None)
        await js.add_stream(name=stream, subjects=[f"{stream}.*"], allow_direct=True)
        # Few at the end, many in the middle, few at the beginning; less where each is a page.
        many = range(200, 300 if limit == 1 else 700)
        subjects = [
            f"{stream}.{'rare' if rng.random() < (0.9 if number in many else 0.01) else 'other'}"
            for number in range(count)
        ]
        for subject in subjects:
            await js.publish(subject, b"")
        deleted = set(rng.sample(range(1, count + 1), 60))
        for seq in deleted:
            await js.delete_msg(stream, seq)
        expected = [seq for seq in range(count, 0, -1) if subjects[seq - 1].endswith("rare") and seq not in deleted]
        found: list[int] = []
        before: int | None = None
        for _ in range(count):
            page, before = await newest(connection, js, stream, f"{stream}.rare", limit, before)
            assert len(page) <= limit
            found += [message.seq for message in page]
            if before is None:
                break
        assert found == expected
        every, _ = await newest(connection, js, stream, f"{stream}.*", limit)
        assert [one.seq for one in every] == [seq for seq in range(count, 0, -1) if seq not in deleted][:limit]
