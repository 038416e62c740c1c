"""Fixes of any resource: wrappers with their import, a block that does not close, pools, and what has no manager."""

from __future__ import annotations

import pytest

from flake8_naq.fixer import FixResult, fix_source
from flake8_naq.project.settings import Settings, settings_from_table

SETTINGS = settings_from_table(
    {
        "resource": [
            {
                "name": "database",
                "acquire": ["shop.database"],
                "release-methods": ["close"],
                "entering": "keeps-open",
                "block-does": "commits",
            },
            {
                "name": "stream",
                "acquire": ["shop.stream"],
                "release-methods": ["await aclose"],
                "entering": "impossible",
            },
            {
                "name": "pooled link",
                "acquire": ["shop.Pool.acquire"],
                "acquired-by": ["await", "enter"],
                "give-back-methods": ["await release"],
            },
            {
                "name": "connection",
                "acquire": ["shop.connect"],
                "acquired-by": ["await"],
                "entering": "impossible",
                "release-methods": ["await close"],
            },
            {
                "name": "lease",
                "acquire": ["shop.take"],
                "entering": "impossible",
                "release-methods": ["give"],
                "manager": "with shop.lease({args}) as {name}",
            },
            {
                "name": "log",
                "acquire": ["shop.log"],
                "release-methods": ["close"],
                "manager": "with open({args}) as {name}",
            },
            {
                "name": "till",
                "acquire": ["shop.till"],
                "release-methods": ["close"],
                "manager": "with opened_till({args}) as {name}",
            },
            {
                "name": "feed",
                "construct": ["shop.Feed"],
                "acquire-methods": ["await start"],
                "release-methods": ["await aclose"],
                "manager": "async with contextlib.aclosing({call}) as {name}",
            },
            {
                "name": "line",
                "acquire": ["shop.line"],
                "release-methods": ["close"],
                "open-tests": ["is_up"],
                "closed-tests": ["is_down"],
            },
        ]
    }
)
BY_HAND = "def f(path):\n    db = {call}\n    try:\n        return db.get()\n    finally:\n        db.close()\n"
WRAPPED = "def f(path):\n    with {call} as db:\n        return db.get()\n"
ENTERED = "import shop\n\n\ndef f(path, value):\n    with shop.database(path) as db:\n        db.add(value)\n"


def fixed(source: str, unsafe: bool = False) -> str:
    return fix_source(source, SETTINGS, unsafe=unsafe).source


def reasons(source: str) -> list[str]:
    return [one.reason for one in fix_source(source, SETTINGS, unsafe=True).unfixed]


@pytest.mark.parametrize(
    ("imports", "after", "spelled"),
    [
        ("import contextlib\nimport shop\n\n\n", "import contextlib\nimport shop\n\n\n", "contextlib.closing"),
        ("import shop\n\n\n", "import contextlib\nimport shop\n\n\n", "contextlib.closing"),
        ("import ast\nimport shop\n\n\n", "import ast\nimport contextlib\nimport shop\n\n\n", "contextlib.closing"),
        ("from __future__ import annotations\nimport shop\n\n\n", "from __future__ import annotations\nimport contextlib\nimport shop\n\n\n", "contextlib.closing"),
        ("from contextlib import closing\nimport shop\n\n\n", "from contextlib import closing\nimport shop\n\n\n", "closing"),
        ("import contextlib as c, shop\n\n\n", "import contextlib as c, shop\n\n\n", "c.closing"),
    ],
)  # fmt: skip
def test_closing_is_spelled_as_the_file_imports_it(imports: str, after: str, spelled: str) -> None:
    source = imports + BY_HAND.format(call="shop.database(path)")
    assert fixed(source) == after + WRAPPED.format(call=f"{spelled}(shop.database(path))")


def test_an_awaited_close_gets_aclosing() -> None:
    body = "    s = shop.stream()\n    try:\n        return await s.get()\n    finally:\n        await s.aclose()\n"
    after = fixed(f"import contextlib, shop\n\n\nasync def f():\n{body}")
    assert "    async with contextlib.aclosing(shop.stream()) as s:\n        return await s.get()\n" in after


def test_a_block_that_does_not_close_gets_a_second_manager() -> None:
    assert fixed(ENTERED) == ENTERED  # it was never closed, so only an unsafe fix closes it
    after = fixed(ENTERED, unsafe=True)
    assert "with contextlib.closing(shop.database(path)) as db, db:\n        db.add(value)\n" in after


def test_blocks_that_do_not_close_may_bind_one_name() -> None:
    block = ENTERED.partition("\n\n\n")[2].partition("\n")[2]
    after = fixed(ENTERED + block, unsafe=True)
    assert after.count("with contextlib.closing(shop.database(path)) as db, db:\n        db.add(value)\n") == 2


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"{ENTERED}    db.add(2)\n", "line 7 uses 'db' behind the block"),
        (ENTERED.replace(" as db", "").replace("db.add", "print"), "it has no name in its block"),
    ],
)
def test_a_block_that_does_not_close_is_left(source: str, reason: str) -> None:
    assert fixed(source, unsafe=True) == source
    assert reasons(source) == [reason]


def test_what_a_pool_gives_is_entered_without_its_await() -> None:
    body = "    link = await pool.acquire()\n    try:\n        return await link.get()\n    finally:\n        await pool.release(link)\n"
    after = fixed(f"import shop\n\n\nasync def f(pool: shop.Pool):\n{body}")
    assert after.endswith("    async with pool.acquire() as link:\n        return await link.get()\n")


def test_what_has_no_manager_is_released_in_a_finally() -> None:
    head, rest = (
        "import shop\n\n\nasync def f():\n    c = await shop.connect()\n",
        "    print(await c.get())\n    await c.close()\n",
    )
    after = f"{head}    try:\n        print(await c.get())\n    finally:\n        await c.close()\n"
    assert fixed(head + rest) == after


def test_another_function_gives_the_manager() -> None:
    body = "    lease = shop.take(path)\n    try:\n        lease.get()\n    finally:\n        lease.give()\n"
    after = fixed(f"import shop\n\n\ndef f(path):\n{body}")
    assert after == "import shop\n\n\ndef f(path):\n    with shop.lease(path) as lease:\n        lease.get()\n"


def test_a_built_in_function_gives_the_manager() -> None:
    after = fixed(f"import shop\n\n\n{BY_HAND.format(call='shop.log(path)')}")
    assert after == WRAPPED.format(call="open(path)")


def test_a_manager_that_the_file_does_not_have_is_left() -> None:
    source = f"import shop\n\n\n{BY_HAND.format(call='shop.till(path)')}"
    assert fixed(source) == source
    assert reasons(source) == ["'opened_till' is not defined here; write 'with opened_till({args}) as {name}'"]
    after = fixed(f"from shop import opened_till\n{source}")
    assert WRAPPED.format(call="opened_till(path)") in after
def test_a_wrapper_is_entered_below_the_method_that_opens() -> None:
    head = "import contextlib\n\nimport shop\n\n\nasync def f(url):\n    feed = shop.Feed(url)\n    await feed.start()\n"
    after = fixed(f"{head}    await feed.read()\n    await feed.aclose()\n")
    assert after == f"{head}    async with contextlib.aclosing(feed):\n        await feed.read()\n"


@pytest.mark.parametrize("guard", ["line.is_up()", "not line.is_down()", "line and not line.is_down()", "line.is_up"])
def test_a_guard_that_asks_whether_it_is_open_goes_with_the_close(guard: str) -> None:
    body = f"    line = shop.line()\n    try:\n        line.get()\n    finally:\n        if {guard}:\n            line.close()\n"
    after = fixed(f"import shop\n\n\ndef f():\n{body}")
    assert after == "import shop\n\n\ndef f():\n    with shop.line() as line:\n        line.get()\n"


def test_a_guard_that_asks_something_else_stays() -> None:
    body = "    line = shop.line()\n    try:\n        line.get()\n    finally:\n        if line.is_up(1):\n            line.close()\n"
    source = f"import shop\n\n\ndef f():\n{body}"
    assert fixed(source) == source


KAFKA = "from aiokafka import AIOKafkaProducer\n\n\nasync def f(url):\n    producer = AIOKafkaProducer(bootstrap_servers=url)\n"
SSH = "import paramiko\n\n\ndef f(host):\n    client = paramiko.SSHClient()\n    client.connect(host)\n"
USED = "    {}client.exec_command('x')\n"


def test_what_opens_when_it_is_entered_is_entered_in_place_of_its_start() -> None:
    source = f"{KAFKA}    await producer.start()\n    await producer.send('x', b'')\n    await producer.stop()\n"
    assert fix_source(source).source == f"{KAFKA}    async with producer:\n        await producer.send('x', b'')\n"


def test_what_a_method_opened_is_entered_below_it() -> None:
    assert fix_source(f"{SSH}{USED.format('')}    client.close()\n").source == f"{SSH}    with client:\n{USED.format('    ')}"


def test_no_block_enters_what_has_no_name() -> None:
    source = "import paramiko\n\n\ndef f(host):\n    paramiko.SSHClient().connect(host)\n    print(host)\n"
    result = fix_source(source, unsafe=True)
    assert (result.source, [one.reason for one in result.unfixed]) == (source, ["its result is not used"])


@pytest.mark.parametrize(
    ("source", "caveat"),
    [
        (
            "import websockets\n\n\nasync def f(url):\n    ws = await websockets.connect(url)\n    await ws.send('x')\n    await ws.close(1001)\n",
            "the close on line 7 would lose its arguments",
        ),
        (
            "import psycopg\n\n\nasync def f(url):\n    conn = await psycopg.AsyncConnection.connect(url)\n"
            "    await conn.execute('x')\n    await conn.close()\n",
            "the block commits, or rolls back after an error, and its release does not",
        ),
        (
            "import asyncio\n\n\nasync def f(handle, flag):\n    server = await asyncio.start_server(handle)\n    if flag:\n"
            "        return\n    await server.start_serving()\n    server.close()\n",
            "line 7 leaves it open, perhaps on purpose",
        ),
    ],
)
def test_only_an_unsafe_fix_changes_more_than_the_close(source: str, caveat: str) -> None:
    result = fix_source(source)
    assert result.source == source
    assert [one.caveat for one in result.unfixed] == [caveat]


@pytest.mark.parametrize(
    ("key", "value", "is_alike"),
    [("closed-tests", ["closed"], True), ("close-fails", False, False), ("block-does", "commits", False)],
)
def test_one_block_enters_two_kinds_that_it_closes_alike(key: str, value: object, is_alike: bool) -> None:
    left = {"name": "left", "acquire": ["shop.left"], "release-methods": ["close"]}
    right = {"name": "right", "acquire": ["shop.right"], "release-methods": ["close"], key: value}
    opened = "    if x:\n        it = shop.left()\n    else:\n        it = shop.right()\n"
    source = f"import shop\n\n\ndef f(x):\n{opened}    it.get(x)\n    it.close()\n"
    after = fix_source(source, settings_from_table({"resource": [left, right]})).source
    assert (f"{opened}    with it:\n        it.get(x)\n" in after) is is_alike


SERVER = "import asyncio\n\n\nasync def f(ask):\n    server = await asyncio.start_server(print)\n"
CONNECTION = "import psycopg\n\n\ndef f(ask, url):\n    conn = psycopg.connect(url)\n"
MAIL = "import smtplib\n\n\ndef f(ask):\n    mail = smtplib.SMTP('localhost')\n"
FTP = "import ftplib\n\n\ndef f(ask):\n    ftp = ftplib.FTP('localhost')\n"


@pytest.mark.parametrize(
    ("source", "header"),
    [
        (f"{SERVER}    await ask(server)\n    server.close()\n", "with contextlib.closing(await asyncio.start_server(print)) as server:"),
        (f"{SERVER}    await ask(server)\n    server.close()\n    await server.wait_closed()\n", "async with await asyncio.start_server(print) as server:"),
        (f"{CONNECTION}    ask(conn)\n    conn.close()\n", "with contextlib.closing(psycopg.connect(url)) as conn:"),
        (f"{CONNECTION}    if ask(conn):\n        conn.close()\n        return\n    ask(conn)\n    conn.close()\n", "with contextlib.closing(psycopg.connect(url)) as conn:"),
        (f"{CONNECTION}    try:\n        ask(conn)\n    finally:\n        conn.close()\n", "with contextlib.closing(psycopg.connect(url)) as conn:"),
        (f"{MAIL}    ask(mail)\n    mail.close()\n", "with contextlib.closing(smtplib.SMTP('localhost')) as mail:"),
        (f"{MAIL}    ask(mail)\n    mail.quit()\n", "with smtplib.SMTP('localhost') as mail:"),
        (f"{FTP}    try:\n        ask(ftp)\n        ftp.quit()\n    finally:\n        ftp.close()\n", "with contextlib.closing(ftplib.FTP('localhost')) as ftp:"),
    ],
)  # fmt: skip
def test_what_is_only_closed_does_not_get_a_block_that_commits_waits_or_quits(source: str, header: str) -> None:
    after = fix_source(source).source
    assert f"    {header}\n" in after
    assert ("import contextlib\n" in after) == ("closing" in header)
    assert "close()" not in after


def test_a_guarded_close_is_left_to_the_author() -> None:
    result = fix_source(f"{CONNECTION}    ask(conn)\n    if conn:\n        conn.close()\n")
    assert [one.caveat for one in result.unfixed] == ["the block commits, or rolls back after an error, and its release does not"]


def test_only_close_is_written_as_closing() -> None:
    settings = settings_from_table({"catalogues": ["processes"]})
    source = 'import subprocess\n\n\ndef f(ask):\n    process = subprocess.Popen(["x"])\n    ask()\n    process.kill()\n'
    assert "contextlib" not in fix_source(source, settings, unsafe=True).source


@pytest.mark.parametrize("entered", ["    await client.__aenter__()\n", ""])
def test_what_is_left_by_hand_stays(entered: str) -> None:
    source = (
        f"import httpx\n\n\nasync def f(url):\n    client = httpx.AsyncClient()\n{entered}"
        "    try:\n        await client.get(url)\n    finally:\n        await client.__aexit__(None, None, None)\n"
    )
    assert reasons(source) == [f"'__aexit__' on line {10 if entered else 9} is what the end of a block calls"]


def test_no_block_that_waits_for_a_process_is_written_around_a_yield() -> None:
    settings = settings_from_table({"catalogues": ["processes"]})
    source = 'import subprocess\n\n\ndef server(run):\n    process = subprocess.Popen(["server"])\n    {}\n'
    result = fix_source(source.format("yield"), settings, unsafe=True)
    assert result.source == source.format("yield")
    assert [one.reason for one in result.unfixed] == ["the block waits, perhaps without end"]
    assert "with subprocess.Popen" in fix_source(source.format("run(process.stdout.read())"), settings, unsafe=True).source
    assert fix_source(source.format("run()"), settings, unsafe=True).source == source.format("run()")


def test_a_close_that_is_awaited_waits_as_the_block_does() -> None:
    source = "import websockets\n\n\nasync def f(url):\n    ws = await websockets.connect(url)\n    await ws.send('x')\n{}"
    assert "    async with websockets.connect(url) as ws:\n" in fix_source(source.format("    await ws.close()\n")).source


def test_no_block_enters_the_client_before_nats_py_2() -> None:
    """`async with nc` fails there: the class has no `__aenter__`."""
    head = "from nats.aio.client import Client\n\n\nasync def f(url):\n    nc = Client()\n    await nc.connect(url)\n"
    source = f"{head}    await nc.publish('a', b'1')\n    await nc.close()\n"
    after = f"{head}    try:\n        await nc.publish('a', b'1')\n    finally:\n        await nc.close()\n"
    result = fix_source(source, Settings(older_client=True))
    assert (result.source, result.unfixed) == (after, ())
    assert fix_source(after, Settings(older_client=True)) == FixResult(after)
    assert "    async with nc:\n" in fix_source(after).source


@pytest.mark.parametrize(
    ("text", "is_older"),
    [
        ("connect(url, loop=loop)", True),
        ("connect(servers=[get(url)], io_loop = loop)", True),
        ("connect(\n        url,\n        loop=loop,\n    )", True),
        ("connect(url)\n    from stan.aio.client import Client as STAN", True),
        ("connect(url, loop=loop)\n    js = nc.jetstream()", False),
        ("connect(url)\n    run(loop=loop)", False),
        ("connect(url, name=loop==1)", False),
        ("connect(url)\n    from standard import x", False),
    ],
)
def test_a_file_may_ask_for_the_client_before_nats_py_2(text: str, is_older: bool) -> None:
    head = f"from nats.aio.client import Client\n\n\nasync def f(url, loop):\n    nc = Client()\n    await nc.{text}\n"
    source = f"{head}    await nc.publish('a', b'1')\n    await nc.close()\n"
    entered = "    async with nc:\n"
    assert (entered in fix_source(source).source) is not is_older
    assert entered in fix_source(source, Settings(newer_client=True)).source


def test_what_opens_by_entering_is_entered_in_place_of_its_open() -> None:
    """`with client:` behind `client.connect()` would connect once more, and lose the first connection."""
    head = "from pynats import NATSClient\n\n\ndef f(url):\n    client = NATSClient(url)\n"
    before = f"{head}    client.connect()\n    client.ping()\n    client.close()\n"
    assert fix_source(before).source == f"{head}    with client:\n        client.ping()\n"


def test_a_block_that_leaves_a_connection_bound_is_not_written() -> None:
    """A connection of ldap3 that was bound before the block stays bound behind it."""
    for opened in ("ldap3.Connection(url)\n    found.bind()", "ldap3.Connection(url, auto_bind=True)"):
        head = f"import ldap3\n\n\ndef f(url):\n    found = {opened}\n"
        after = f"{head}    try:\n        found.search('x')\n    finally:\n        found.unbind()\n"
        assert fix_source(f"{head}    found.search('x')\n    found.unbind()\n").source == after


REOPENED = """\
from aiokafka import AIOKafkaProducer
from pynats import NATSClient


def make(url):
    client = NATSClient(url)
    client.connect()
    return client


async def make_producer(url):
    producer = AIOKafkaProducer(url)
    await producer.start()
    return producer


"""


@pytest.mark.parametrize(
    ("head", "opened", "used", "closed"),
    [
        ("def f(url):", "found = make(url)", "found.ping()", "found.close()"),
        ("async def f(url):", "found = await make_producer(url)", "await found.send('x')", "await found.stop()"),
    ],
)
def test_what_a_function_has_opened_is_not_opened_once_more(head: str, opened: str, used: str, closed: str) -> None:
    before = f"{REOPENED}{head}\n    {opened}\n    {used}\n"
    after = f"{REOPENED}{head}\n    {opened}\n    try:\n        {used}\n    finally:\n        {closed}\n"
    assert fix_source(f"{before}    {closed}\n").source == after
    assert fix_source(before, unsafe=True).source == after
    assert fix_source(after) == FixResult(after)


def test_what_is_open_below_a_try_is_left() -> None:
    opened = "found = AIOKafkaProducer(url)\n    try:\n        await found.start()\n    except OSError:\n        return\n"
    source = f"{REOPENED}async def f(url):\n    {opened}    await found.send('x')\n    await found.stop()\n"
    assert fix_source(source, unsafe=True).source == source
