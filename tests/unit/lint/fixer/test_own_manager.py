"""The line that enters a resource that is its own manager: its arguments are the same values after the fix."""

from __future__ import annotations

import ast

import pytest

from lint.fixer.fixing import NATS_IMPORT, fixed

REST = "\n    try:\n        await nc.flush()\n    finally:\n        await nc.close()\n"


def acquired(call: str) -> str:
    return f"{NATS_IMPORT}async def f(url):\n    nc = await {call}{REST}"


def arguments(source: str) -> list[str]:
    """The arguments of `nats.connect` as values."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    call = next(node for node in calls if ast.unparse(node.func) == "nats.connect")
    return [ast.unparse(one) for one in (*call.args, *call.keywords)]


@pytest.mark.parametrize(
    "call",
    [
        "nats.connect(url,\n                            name='''a\n                            b''')",
        "nats.connect('''a\n                            b''',\n                            name='c')",
        "nats.connect(url,\n                            name=f'''a{url}\n                            b''')",
        "nats.connect(url,\n                            name='a\\\n                            b')",
    ],
)
def test_a_string_over_several_lines_keeps_its_value(call: str) -> None:
    source = acquired(call)
    after = fixed(source)
    assert "async with await nats.connect(" in after
    assert arguments(after) == arguments(source)


def test_aligned_arguments_stay_aligned() -> None:
    after = fixed(acquired("nats.connect(url,\n                            name='a',\n                      drain=1)"))
    assert after.splitlines()[4:7] == [
        "    async with await nats.connect(url,",
        "                                  name='a',",
        "                      drain=1) as nc:",
    ]


def test_what_is_aligned_in_an_argument_stays_aligned() -> None:
    call = "nats.connect(servers=[url,\n                                     url],\n                            drain=1)"
    assert fixed(acquired(call)).splitlines()[4:7] == [
        "    async with await nats.connect(servers=[url,",
        "                                           url],",
        "                                  drain=1) as nc:",
    ]


def test_aligned_arguments_stay_aligned_in_a_second_manager() -> None:
    source = "import sqlite3\n\n\ndef f(path):\n    with sqlite3.connect(path,\n                         timeout=1) as db:\n        db.execute('x')\n"
    assert fixed(source, unsafe=True).splitlines()[5:7] == [
        "    with contextlib.closing(sqlite3.connect(path,",
        "                                            timeout=1)) as db, db:",
    ]


def test_a_string_in_a_block_that_moves_keeps_its_value() -> None:
    body = "    await nc.publish('a', b'''b\n    c''')\n    await nc.close()\n"
    after = fixed(f"{NATS_IMPORT}async def f(url):\n    nc = await nats.connect(url)\n{body}", unsafe=True)
    assert "        await nc.publish('a', b'''b\n    c''')\n" in after


def test_a_parameter_that_has_the_name_of_the_module_does_not_matter() -> None:
    after = fixed(f"import nats as n\n\n\nasync def f(url, nats):\n    nc = await n.connect(url){REST}")
    assert "    async with await n.connect(url) as nc:\n" in after


@pytest.mark.parametrize(
    ("opened", "header"),
    [
        ("client: pymongo.MongoClient = pymongo.MongoClient(url)", "with pymongo.MongoClient(url) as client:"),
        ("client: pymongo.MongoClient[int] = pymongo.MongoClient(url)", "with client:"),
        ("client: 'pymongo.MongoClient[int]' = pymongo.MongoClient(url)", "with client:"),
        ("client: sqlite3.Connection | None = sqlite3.connect(url)", "with contextlib.closing(client):"),
    ],
)
def test_a_type_that_says_more_than_the_class_stays(opened: str, header: str) -> None:
    head = "import sqlite3\n\nimport pymongo\n\n\ndef f(url):\n"
    before = f"{head}    {opened}\n    client.use()\n    client.close()\n"
    kept = "" if " as " in header else f"    {opened}\n"
    assert fixed(before).endswith(f"def f(url):\n{kept}    {header}\n        client.use()\n")
