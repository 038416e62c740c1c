"""NAQ201: `nats_jetstream` becomes the manager of what is used, safely."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.migration.fix_naq201 import narrowed
from flake8_naq.project.settings import Settings
from flake8_naq.rules.naq201 import Wider
from lint.fixer.fixing import fixed, reasons

IMPORT = "from naq.connection import nats_jetstream"
ENTERED = "async with nats_jetstream(config) as (nc, js):"


def of(block: str, imported: str = IMPORT) -> str:
    return f"{imported}\n\n\nasync def f(config, xs):\n{indent(block, '    ')}\n"


@pytest.mark.parametrize(
    ("before", "after", "imported"),
    [
        (
            f"{ENTERED}\n    await nc.publish('a', b'')",
            "async with nats_connection(config) as nc:\n    await nc.publish('a', b'')",
            "from naq.connection import nats_connection",
        ),
        (
            f"{ENTERED}\n    kv = await js.key_value('b')\n    await kv.put('k', b'')",
            "async with nats_kv_store('b', config) as kv:\n    await kv.put('k', b'')",
            "from naq.connection import nats_kv_store",
        ),
        (
            "async with nats_jetstream() as (nc, js):\n    kv = await js.key_value(xs.name)\n    await kv.put('k', b'')",
            "async with nats_kv_store(xs.name) as kv:\n    await kv.put('k', b'')",
            "from naq.connection import nats_kv_store",
        ),
        (
            "async with nats_jetstream(config=config) as (nc, js):\n    kv = await js.key_value('b')\n    await kv.put('k', b'')",
            "async with nats_kv_store('b', config) as kv:\n    await kv.put('k', b'')",
            "from naq.connection import nats_kv_store",
        ),
        (
            "async with xs, nats_jetstream(config) as (nc, js):\n    kv = await js.key_value('b')\n    await kv.put('k', b'')",
            "async with xs, nats_kv_store('b', config) as kv:\n    await kv.put('k', b'')",
            "from naq.connection import nats_kv_store",
        ),
    ],
)
def test_fixed(before: str, after: str, imported: str) -> None:
    assert fixed(of(before)) == of(after, imported)


def test_a_call_in_a_block_is_not_entered_by_it() -> None:
    snapshot = Snapshot(of("with xs:\n    nats_jetstream(config)"), Settings(), "-")
    call = next(node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    with pytest.raises(CannotFix, match="not entered where it is called"):
        narrowed(snapshot, Wider(call, "connection"))


def test_the_manager_of_a_module() -> None:
    before = "async with connection.nats_jetstream(config) as (nc, js):\n    await nc.publish('a', b'')"
    after = "async with connection.nats_connection(config) as nc:\n    await nc.publish('a', b'')"
    assert fixed(of(before, "from naq import connection")) == of(after, "from naq import connection")


def test_a_name_that_is_imported_already() -> None:
    imported = "from naq.connection import nats_connection, nats_jetstream"
    other = "async with nats_connection(config) as nc:\n    await nc.flush()\n"
    source = of(f"{other}{ENTERED}\n    await nc.publish('a', b'')", imported)
    expected = f"{other}async with nats_connection(config) as nc:\n    await nc.publish('a', b'')"
    assert fixed(source) == of(expected, "from naq.connection import nats_connection")


def test_the_import_joins_that_of_the_wider_manager() -> None:
    other = f"{ENTERED}\n    await js.publish('a', b'')\n    await nc.flush()\n"
    source = of(f"{other}{ENTERED}\n    await nc.publish('a', b'')")
    expected = f"{other}async with nats_connection(config) as nc:\n    await nc.publish('a', b'')"
    assert fixed(source) == of(expected, "from naq.connection import nats_connection, nats_jetstream")


def test_the_import_joins_that_of_the_wider_manager_in_a_function() -> None:
    source = of(f"{IMPORT}\n{ENTERED}\n    await nc.publish('a', b'')", "import asyncio")
    after = "from naq.connection import nats_connection\nasync with nats_connection(config) as nc:\n    await nc.publish('a', b'')"
    assert fixed(source) == of(after, "import asyncio")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (
            "async with nats_jetstream(config) as both:\n    await both[0].publish('a', b'')",
            "the two objects of the manager are not assigned to one name each",
        ),
        (f"{ENTERED}\n    await nc.publish('a', b'')\nprint(locals())", "line 7 may read variables by name"),
        (f"{ENTERED}\n    await nc.publish('a', b'')\nreturn js", "the name 'js' is used after the block, on line 7"),
        (f"{ENTERED}  # noqa: E501\n    await nc.publish('a', b'')", "line 5 is under noqa"),
        (f"{ENTERED}\n    await nc.publish('a', b'')\n    js", "'js' is named in the block"),
        (
            f"{ENTERED}\n    xs()\n    kv = await js.key_value('b')\n    await kv.put('k', b'')",
            "the bucket is not the first thing in the block",
        ),
        (
            "async with nats_jetstream(config) as (nc, js), xs:\n    kv = await js.key_value('b')\n    await kv.put('k', b'')",
            "the bucket is not the first thing in the block",
        ),
        (
            f"{ENTERED}\n    kv = await xs.key_value('b')\n    await kv.put('k', b'')",
            "the bucket is not the first thing in the block",
        ),
        (
            f"{ENTERED}\n    x = await xs\n    kv = await js.key_value('b')\n    await kv.put('k', b'')",
            "the bucket is not the first thing in the block",
        ),
        (
            f"{ENTERED}\n    kv = await js.key_value(xs())\n    await kv.put('k', b'')",
            "the name of the bucket is computed in the block",
        ),
        (f"{ENTERED}\n    kv = await js.key_value('b')", "the block does nothing but bind the bucket"),
        (
            f"{ENTERED}\n    kv = await js.key_value('b')  # why\n    await kv.put('k', b'')",
            "line 6 does more than bind the bucket",
        ),
        (
            f"{ENTERED}\n    kv = await js.key_value('b'); xs()\n    await kv.put('k', b'')",
            "line 6 does more than bind the bucket",
        ),
        (
            f"{ENTERED}\n    kv = await js.key_value('b')\n    await kv.put('k', b'')\nreturn kv",
            "the name 'kv' is used after the block, on line 8",
        ),
        (
            f"{ENTERED}\n    kv = await js.key_value('b')\n    await kv.put('k', b'')\n    js",
            "'nc' or 'js' is used for more than the bucket",
        ),
    ],
)
def test_refusals(block: str, reason: str) -> None:
    snapshot = Snapshot(of(block), Settings(), "-")
    calls = (node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    call = next(one for one in calls if ast.unparse(one.func) == "nats_jetstream")
    suits = "bucket" if "key_value" in block else "connection"
    with pytest.raises(CannotFix) as raised:
        narrowed(snapshot, Wider(call, suits))
    assert str(raised.value) == reason


def test_a_name_that_means_something_else() -> None:
    source = of(f"{ENTERED}\n    await nc.publish('a', b'')", f"{IMPORT}\n\nnats_connection = 1")
    assert fixed(source) == source
    assert "the name 'nats_connection' means something else here" in reasons(source)
