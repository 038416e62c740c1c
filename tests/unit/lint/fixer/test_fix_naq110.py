"""NAQ110: a manager that was taken for what it gives is entered."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.fix_naq110 import entered
from flake8_naq.project.settings import Settings
from flake8_naq.rules.naq110 import Unentered
from lint.fixer.fixing import assert_only_unsafe, fixed, reasons

HEAD = "from naq.connection import nats_connection, nats_jetstream\n\n\nasync def f(config, xs):\n"
LINE = 5  # of the first statement in the function


def of(block: str) -> str:
    return f"{HEAD}{indent(block, '    ')}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "nc = nats_connection(config)\nawait nc.publish('a', b'')",
            "async with nats_connection(config) as nc:\n    await nc.publish('a', b'')",
        ),
        (
            "nc = await nats_connection(config)\nawait nc.publish('a', b'')",
            "async with nats_connection(config) as nc:\n    await nc.publish('a', b'')",
        ),
        (
            "nc, js = await nats_jetstream(config)\nawait js.publish('a', b'')\nawait nc.flush()",
            "async with nats_jetstream(config) as (nc, js):\n    await js.publish('a', b'')\n    await nc.flush()",
        ),
        (
            "xs()\nnc = nats_connection(\n    config,  # why\n)\nxs()\n\nawait nc.flush()  # last\nxs()",
            "xs()\nasync with nats_connection(\n    config,  # why\n) as nc:\n    xs()\n\n    await nc.flush()  # last\nxs()",
        ),
        (
            "if xs:\n    nc = nats_connection(config)\n    await nc.flush()",
            "if xs:\n    async with nats_connection(config) as nc:\n        await nc.flush()",
        ),
    ],
)
def test_fixed(before: str, after: str) -> None:
    assert fixed(of(before), unsafe=True) == of(after)


def test_it_is_unsafe() -> None:
    caveat = f"line {LINE} connects, where nothing was opened before"
    assert_only_unsafe(of("nc = nats_connection(config)\nawait nc.publish('a', b'')"), caveat)


UNUSED = "its result is not used, so the intended use is not known"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("nats_connection(config)", UNUSED),
        ("await nats_connection(config)", UNUSED),
        ("nc = nats_connection(config)", UNUSED),
        ("nc = other = nats_connection(config)\nawait nc.flush()", f"line {LINE} does not assign it to one name"),
        ("nc = xs(nats_connection(config))\nawait nc.flush()", f"line {LINE} does more than call it"),
        ("nc = await xs(nats_connection(config))\nawait nc.flush()", f"line {LINE} does more than call it"),
        ("nc: object = nats_connection(config)\nawait nc.flush()", f"line {LINE} does not assign it to one name"),
        ("nc, js = nats_connection(config)\nawait nc.flush()", f"it gives 1 objects, and line {LINE} names 2"),
        ("nc, xs.a = nats_connection(config)\nawait nc.flush()", f"it gives 1 objects, and line {LINE} names 2"),
        ("nc = nats_jetstream(config)\nawait nc.flush()", f"it gives 2 objects, and line {LINE} names 1"),
        ("nc, *js = nats_jetstream(config)\nawait nc.flush()", f"it gives 2 objects, and line {LINE} names 2"),
        ("nc = nats_connection(config)\nprint(locals())\nnc.flush()", f"line {LINE + 1} may read variables by name"),
        ("nc = nats_connection(config)\nnc = nc.flush()", f"'nc' is bound again on line {LINE + 1}"),
        ("nc = nats_connection(config)\nxs(lambda: nc)\nawait nc.flush()", "a nested function uses 'nc'"),
        (
            "for x in xs:\n    nc.flush()\n    nc = nats_connection(config)\n    await nc.flush()",
            f"the name 'nc' is used after the block, on line {LINE + 1}",
        ),
        (
            "if xs:\n    nc = nats_connection(config)\n    await nc.flush()\nreturn nc",
            f"the name 'nc' is used after the block, on line {LINE + 3}",
        ),
        ("nc = nats_connection(config)\nawait nc.flush()  # noqa: E501", f"line {LINE + 1} is under noqa"),
    ],
)
def test_refusals(block: str, reason: str) -> None:
    snapshot = Snapshot(of(block), Settings(), "-")
    calls = (node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    call = next(one for one in calls if ast.unparse(one.func) in ("nats_connection", "nats_jetstream"))
    manager = snapshot.facts.catalogue.managers[f"naq.connection.{ast.unparse(call.func)}"]
    with pytest.raises(CannotFix) as raised:
        entered(snapshot, Unentered(call, manager))
    assert str(raised.value) == reason


def test_a_function_that_is_not_async() -> None:
    source = of("nc = nats_connection(config)\nnc.flush()").replace("async def", "def")
    assert fixed(source, unsafe=True) == source
    assert "it is called outside of an async function" in reasons(source, unsafe=True)
