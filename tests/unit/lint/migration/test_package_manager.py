"""Which manager of the package a block gets, under which names."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NAQ_IMPORT, fixed, reasons

IMPORT = NAQ_IMPORT.replace("\n\n\n", "\n")


def block(body: str, head: str = "async def f(config):\n", rest: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return (
        f"{NAQ_IMPORT}{head}    nc = await get_nats_connection(config.nats.servers[0])\n    try:\n{lines}"
        f"    finally:\n        await close_nats_connection(nc)\n{rest}"
    )


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ("await nc.flush()", "nats_connection(config) as conn:"),
        ("print(1)", "nats_connection(config):"),
        ("js = nc.jetstream()\nawait js.publish('a', b'b')", "nats_jetstream(config) as (conn, js):"),
        ("await nc.jetstream().publish('a', b'b')", "nats_jetstream(config) as (conn, js):"),
        ("js = nc.jetstream()\nkv = await js.key_value('b')\nawait kv.get('k')", "nats_kv_store('b', config) as kv:"),
        ("stream = nc.jetstream()\nawait stream.publish('a', b'b')", "nats_jetstream(config) as (conn, js):"),
        ("conn = print\nawait nc.flush()", "nats_connection(config) as nc:"),
        ("print(f'{nc=}')", "nats_connection(config) as nc:"),
    ],
)
def test_header(body: str, header: str) -> None:
    assert f"    async with {header}\n" in fixed(block(body))


def test_a_view_with_a_global_name_stays() -> None:
    after = fixed(block("js = nc.jetstream()\nawait js.publish('a', b'b')", "async def f(config):\n    global js\n"))
    assert "async with nats_connection(config) as conn:\n        js = conn.jetstream()\n" in after


def test_a_view_with_another_global_name_stays() -> None:
    body = "stream = nc.jetstream()\nawait stream.publish('a', b'b')"
    after = fixed(block(body, "async def f(config):\n    global stream\n"))
    assert "async with nats_connection(config) as conn:\n        stream = conn.jetstream()\n" in after


def test_a_view_that_is_read_after_the_block_stays() -> None:
    after = fixed(block("js = nc.jetstream()\nawait js.publish('a', b'b')", rest="    print(js)\n"))
    assert "async with nats_connection(config) as conn:\n        js = conn.jetstream()\n" in after


@pytest.mark.parametrize(
    "body",
    [
        "js = nc.jetstream()\nawait js.publish('a', b'b')\nkv = await js.key_value('b')",
        "js = nc.jetstream()\nkv = await js.key_value(print('b'))",
        "js = nc.jetstream()\nkv = await js.key_value('b')\nawait nc.flush()",
    ],
)
def test_a_bucket_that_is_not_all_is_not_the_manager(body: str) -> None:
    assert "nats_kv_store" not in fixed(block(body))


def test_names_are_replaced_in_the_block_only() -> None:
    after = fixed(block("nc.x.nc(nc=1)\nawait nc.flush()", rest="    nc = 1\n    print(nc)\n"))
    assert "        conn.x.nc(nc=1)\n        await conn.flush()\n    nc = 1\n    print(nc)\n" in after


def test_a_view_in_a_string_is_left() -> None:
    source = block("await nc.flush()\nprint(f'{nc.jetstream()}')")
    assert fixed(source) == source
    assert reasons(source) == ["the view on line 8 is made inside a string"]
