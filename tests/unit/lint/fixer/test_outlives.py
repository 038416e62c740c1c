"""What stayed open is not closed under a view that other code keeps, nor under a callback that waits for messages."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import fixed, reasons

HEAD = (
    "import asyncio\nimport nats\n\n\nclass A:\n    async def f(self, url, cb):\n        nc = await nats.connect(url)\n"
)
BUCKET = "        kv = await nc.jetstream().key_value('b')\n"
WORKER = "        def work():\n            return nc.is_connected\n\n"
TASK = "        async def work():\n            await nc.flush()\n\n"
SUBSCRIBED = "        await nc.subscribe('x', cb=cb)\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{BUCKET}        self.kv = kv\n",
        f"{BUCKET}        self.views['b'] = kv\n",
        f"{BUCKET}        self.views.append(kv)\n",
        f"{BUCKET}        self.views.add('b', kv)\n",
        f"{BUCKET}        store = Store(kv)\n        return await store.watch('x')\n",
        f"{BUCKET}        return {{'kv': kv}}\n",
        f"{BUCKET}        return [kv, url] if url else None\n",
        f"{BUCKET}        return None if url else [kv, url]\n",
        f"{BUCKET}        return lambda: kv.get('x')\n",
        f"{BUCKET}        store = Store(kv)\n        return store\n",
        f"{BUCKET}        self.store = await Store.create(kv)\n",
        "        await nc.flush()\n        self.publish = nc.publish\n",
        "        js = nc.jetstream()\n        return js.publish\n",
        "        sub = await nc.subscribe('x')\n        return (one async for one in sub.messages)\n",
        "        sub = await nc.subscribe('x')\n        self.task = asyncio.create_task(self.run(sub))\n",
        "        sub = await nc.subscribe('x')\n        task = asyncio.create_task(self.run(sub))\n        print(task)\n",
        "        sub = await nc.subscribe('x')\n        task = asyncio.create_task(self.run(sub))\n        await task\n",
        "        js = nc.jetstream()\n        return await js.pull_subscribe('x', 'y')\n",
    ],
)
def test_kept(body: str) -> None:
    source = f"{HEAD}{body}"
    assert fixed(source, unsafe=True) == source
    [reason] = reasons(source, unsafe=True)
    assert "keeps or hands out" in reason or "NAQ106" in reason


def test_a_stack_that_entered_it_ends_it_behind_the_block() -> None:
    source = "import sqlite3\n\n\ndef f(path, stack):\n    db = sqlite3.connect(path)\n    stack.enter_context(db)\n    db.execute('x')\n"
    assert fixed(source, unsafe=True) == source
    assert reasons(source, unsafe=True) == ["line 6 keeps or hands out what the end of the block would close"]


HELPERS = """\
def take(message):
    print(message)


async def listen(g, channel):
    for name in g:
        queue = await channel.declare_queue(name)
        await queue.consume(take)


async def listen_to(connection):
    await listen([], await connection.channel())


async def take_all(channel, forever):
    await listen([], channel)
    await forever


"""
OTHERS = (
    f"import asyncio\nfrom functools import partial\nimport aio_pika\nimport redis.asyncio\n\n\n{HELPERS}"
    "async def f(url, handle, g):\n"
)
QUEUE = "    nc = await aio_pika.connect(url)\n    channel = await nc.channel()\n    queue = await channel.declare_queue('x')\n"
LISTENS = "    r = redis.asyncio.from_url(url)\n    p = r.pubsub()\n    await p.subscribe('x')\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{QUEUE}    await queue.consume(handle)\n",
        f"{QUEUE}    await queue.consume(g.on_message)\n",
        f"{QUEUE}    await queue.consume(partial(handle, channel))\n",
        f"{QUEUE}    await queue.consume(lambda one: g(one))\n",
        f"{QUEUE}    await queue.consume(take)\n",
        f"{QUEUE}    await queue.consume(partial(take, g))\n",
        f"{QUEUE}    for each in g:\n        await queue.consume(take, each)\n",
        f"{QUEUE}    await listen(g, channel=channel)\n",
        f"{QUEUE}    await listen_to(nc)\n",
        f"{QUEUE}    g.queue = queue\n",
        f"{LISTENS}    asyncio.create_task(g(p))\n",
    ],
)
def test_parts_of_other_resources_are_used_behind(body: str) -> None:
    source = f"{OTHERS}{body}"
    assert fixed(source, unsafe=True) == source


@pytest.mark.parametrize(
    "body",
    [
        f"{QUEUE}    await queue.consume(handle)\n    await g.wait()\n",
        f"{QUEUE}    await queue.consume(partial(take, g))\n    await g.wait()\n",
        f"{QUEUE}    await listen(g, channel)\n    await g.wait()\n",
        f"{QUEUE}    await take_all(channel, g)\n",
        f"{QUEUE}    await listen(channel, g)\n",
        f"{QUEUE}    await queue.purge(take)\n",
        f"{QUEUE}    await queue.consume(g)\n",
        f"{LISTENS}    await g(p)\n",
    ],
)
def test_parts_of_other_resources_are_used_in_the_block(body: str) -> None:
    assert "    async with " in fixed(f"{OTHERS}{body}", unsafe=True)


@pytest.mark.parametrize(
    "body",
    [
        f"{BUCKET}        return await kv.get('x')\n",
        f"{BUCKET}        return kv is None\n",
        f"{BUCKET}        entry = await kv.get('x')\n        self.entry = entry\n",
        f"{BUCKET}        print(kv)\n",
        "        await nc.flush()\n        return Store(url)\n",
        "        await nc.flush()\n        return lambda: url\n",
        "        js = nc.jetstream()\n        info = await js.stream_info('x')\n        return [info, nc.is_connected]\n",
        "        sub = await nc.subscribe('x')\n        return [one async for one in sub.messages]\n",
        "        sub = await nc.subscribe('x')\n        return await self.run(sub)\n",
    ],
)
def test_used_in_the_block(body: str) -> None:
    source = f"{HEAD}{body}"
    assert "async with await nats.connect(url)" in fixed(source, unsafe=True)


@pytest.mark.parametrize(
    "body",
    [
        SUBSCRIBED,
        "        await nc.subscribe('x', 'q', cb)\n        await nc.flush()\n",
        "        js = nc.jetstream()\n        await js.subscribe('x', cb=self.on)\n",
        f"        await nc.flush()\n{SUBSCRIBED}",
        f"{WORKER}        timer = PeriodicCallback(callback=work, callback_time=9)\n        timer.start()\n",
        f"{WORKER}        Thread(target=work).start()\n",
        f"{TASK}        task = asyncio.create_task(work())\n        print(task)\n",
        "        group = [nc]\n        for each in group:\n            await each.subscribe('x', cb=cb)\n",
    ],
)
def test_callback(body: str) -> None:
    source = f"{HEAD}{body}"
    assert fixed(source, unsafe=True) == source
    assert [reason.partition(" of line")[0] for reason in reasons(source, unsafe=True)] == ["the callback"]


def test_a_callback_of_what_was_opened_with_it() -> None:
    source = (
        "from nats.aio.client import Client\nfrom stan.aio.client import Client as Stan\n\n\nasync def f(url, handle):\n"
        "    nc = Client()\n    await nc.connect(url)\n    stan = Stan()\n    await stan.connect('a', 'b', nats=nc)\n"
        "    await stan.subscribe('a', cb=handle)\n"
    )
    assert fixed(source, unsafe=True) == source
    assert "    finally:\n        await nc.close()\n" in fixed(source.replace("nats=nc", "nats=url"), unsafe=True)


@pytest.mark.parametrize(
    "body",
    [
        f"{SUBSCRIBED}        await asyncio.sleep(9)\n",
        f"{SUBSCRIBED}        while url:\n            await nc.flush()\n",
        "        sub = await nc.subscribe('x', cb=cb)\n        await nc.flush()\n        await sub.unsubscribe()\n",
        "        await nc.subscribe('x', cb=None)\n",
        f"{WORKER}        thread = Thread(target=work)\n        thread.start()\n        thread.join()\n",
        f"{WORKER}        Thread(target=work).start()\n        await asyncio.sleep(9)\n",
        f"{WORKER}        Thread(target=cb).start()\n",
        f"{WORKER.replace('nc.is_connected', 'url')}        await nc.flush()\n        Thread(target=work).start()\n",
        f"{TASK}        task = asyncio.create_task(work())\n        await task\n",
        "        js = nc.jetstream()\n        for each in js:\n            await each.subscribe('x', cb=cb)\n",
    ],
)
def test_callback_that_is_waited_for(body: str) -> None:
    source = f"{HEAD}{body}"
    assert "async with await nats.connect(url)" in fixed(source, unsafe=True)


SHARED = """\
import aiohttp
import requests

ADAPTER = requests.adapters.HTTPAdapter()


class Client:
    async def get(self, url, given):
        {line}
        {session}
        return (await session.get(url)).status
"""


@pytest.mark.parametrize(
    ("line", "session", "is_left"),
    [
        ("own = aiohttp.TCPConnector()", "session = aiohttp.ClientSession(connector=own)", False),
        ("own = None", "session = aiohttp.ClientSession(connector=aiohttp.TCPConnector())", False),
        ("own = None", "session = aiohttp.ClientSession(connector=given)", True),
        ("own = None", "session = aiohttp.ClientSession(connector=self.connector)", True),
        ("own = None", "session = aiohttp.ClientSession(timeout=self.timeout)", False),
        ("session = requests.Session()", "session.mount('https://', ADAPTER)", True),
        ("session = requests.Session()", "session.mount('https://', adapter=given)", True),
        ("session = requests.Session()", "session.mount(url, requests.adapters.HTTPAdapter())", False),
        ("session = requests.Session()", "url.mount('https://', ADAPTER)", False),
    ],
)
def test_what_other_code_has_too_is_not_closed(line: str, session: str, is_left: bool) -> None:
    source = SHARED.format(line=line, session=session)
    assert (" as session:" not in fixed(source, unsafe=True)) is is_left
    assert any("what other code has, too" in one for one in reasons(source, unsafe=True)) is is_left


RESULTS = """\
import aiohttp
import docker
import h5py
import pymongo
import sqlalchemy
from sqlalchemy.orm import Session


class A:
    async def f(self, url, q, ENGINE: sqlalchemy.Engine):
        {opened}
        {used}
"""


@pytest.mark.parametrize(
    ("opened", "used", "is_left"),
    [
        ("conn = ENGINE.connect()", "return conn.execute(q)", True),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); return rows", True),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); return rows.mappings()", True),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); return [rows, 1]", True),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); self.rows = rows", True),
        ("conn = ENGINE.connect()", "return conn.execute(q).fetchall()", False),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); return list(rows)", False),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); return rows.rowcount", False),
        ("conn = ENGINE.connect()", "rows = conn.execute(q); return rows.scalar()", False),
        ("session = Session(ENGINE)", "return session.query(q).filter(q)", True),
        ("session = Session(ENGINE)", "return session.query(q).filter(q).all()", False),
        ("session = aiohttp.ClientSession()", "return await session.get(url)", True),
        ("session = aiohttp.ClientSession()", "answer = await session.get(url); return await answer.json()", False),
        ("client = docker.from_env()", "self.container = client.containers.get(url)", True),
        ("client = docker.from_env()", "return A(container=client.containers.get(url))", True),
        ("client = docker.from_env()", "container = client.containers.get(url); return container.status", False),
        ("file = h5py.File(url)", "return file['x']", True),
        ("file = h5py.File(url)", "return file['x'][:]", False),
        ("file = h5py.File(url)", "return file['x'][()]", False),
        ("client = pymongo.MongoClient(url)", "return client.db.things.find()", True),
        ("client = pymongo.MongoClient(url)", "return client['db']['things'].find_one()", False),
    ],
)
def test_results_that_need_what_is_closed(opened: str, used: str, is_left: bool) -> None:
    source = RESULTS.format(opened=opened, used=used.replace("; ", "\n        "))
    after = fixed(source, unsafe=True)
    assert (after == source) is is_left
    found = [one for one in reasons(source, unsafe=True) if "keeps or hands out" in one]
    assert bool(found) is is_left


LATER = """\
import asyncio

import aiohttp


async def fetch(session, url):
    return await (await session.get(url)).text()


async def each(session, urls):
    for url in urls:
        yield await fetch(session, url)


async def f(urls, made):
    session = aiohttp.ClientSession()
    {used}
"""


@pytest.mark.parametrize(
    ("used", "is_left"),
    [
        ("return fetch(session, urls)", True),
        ("return [fetch(session, one) for one in urls]", True),
        ("tasks = [fetch(session, one) for one in urls]; return tasks", True),
        ("made.append(fetch(session, urls))", True),
        ("return each(session, urls)", True),
        ("return await fetch(session, urls)", False),
        ("tasks = [fetch(session, one) for one in urls]; return await asyncio.gather(*tasks)", False),
        ("found = await asyncio.gather(*[fetch(session, one) for one in urls]); return found", False),
        ("return [one async for one in each(session, urls)]", False),
        ("asyncio.run(fetch(session, urls))", False),
    ],
)
def test_what_runs_later(used: str, is_left: bool) -> None:
    source = LATER.format(used=used.replace("; ", "\n    "))
    assert (fixed(source, unsafe=True) == source) is is_left
