"""The views of a connection in a block: which are found, which name is free to go, and which bucket is all that is used."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.block import Block
from flake8_naq.migration.views import Views, bucket_name
from flake8_naq.project.settings import Settings

ACQUIRED = "nc = await nats.connect(url)"


def views_of(block: str, before: str = "", after: str = "") -> Views:
    """The views in the statements that follow an acquisition, up to those of `after`."""
    body = "\n".join(filter(None, (before, ACQUIRED, block, after)))
    imports = "import nats\nfrom naq.connection import get_jetstream_context\n\n\n"
    snapshot = Snapshot(f"{imports}async def f(url, xs):\n{indent(body, '    ')}\n", Settings(), "-")
    [function] = [one for one in snapshot.facts.functions if isinstance(one.scope.node, ast.AsyncFunctionDef)]
    node = function.scope.node
    assert isinstance(node, ast.AsyncFunctionDef)
    acquiring = next(one for one in node.body if ast.unparse(one) == ACQUIRED)
    last = len(node.body) - 1 - len(ast.parse(after).body)
    around = Block(snapshot, snapshot.tree.place(acquiring), last, "nc")
    around.removed.update(one for one in node.body if ast.unparse(one) == "await nc.close()")
    return Views(around, function)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("js.key_value('b')", "'b'"),
        ("js.key_value(bucket='b')", "'b'"),
        ("js.key_value(self.bucket)", "self.bucket"),
        ("js.key_value(f'{b}')", "f'{b}'"),
        ("js.key_value(b())", None),
        ("js.key_value('b', 1)", None),
        ("js.key_value('b', x=1)", None),
        ("js.key_value(name='b')", None),
        ("js.key_value()", None),
        ("js.object_store('b')", None),
        ("key_value('b')", None),
        ("js.key_value", None),
    ],
)
def test_bucket_name(call: str, named: str | None) -> None:
    found = bucket_name(ast.parse(call, mode="eval").body)
    assert (None if found is None else ast.unparse(found)) == named


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("js = nc.jetstream()", [("nc.jetstream()", "js")]),
        ("js = await get_jetstream_context(nc)", [("await get_jetstream_context(nc)", "js")]),
        ("await nc.jetstream().publish('a', b'')", [("nc.jetstream()", None)]),
        ("def g():\n    js = nc.jetstream()", [("nc.jetstream()", None)]),
        ("a = nc.jetstream()\nb = nc.jetstream()", [("nc.jetstream()", "a"), ("nc.jetstream()", "b")]),
        ("js = nc.jetstream(domain='a')", []),
        ("js = nc.jetstream(1)", []),
        ("js = xs.jetstream()", []),
        ("js = nc.jetstream", []),
        ("js = await get_jetstream_context(xs)", []),
        ("js = await get_jetstream_context(nc, 1)", []),
        ("js = await get_jetstream_context(nc=nc)", [("await get_jetstream_context(nc=nc)", "js")]),
        ("js = get_jetstream_context(nc)", []),
        ("await nc.flush()", []),
    ],
)
def test_find(block: str, found: list[tuple[str, str | None]]) -> None:
    assert [(ast.unparse(one.node), one.name) for one in views_of(block).find()] == found


def test_a_view_in_a_statement_that_disappears_does_not_count() -> None:
    views = views_of("js = nc.jetstream()\nawait nc.close()")
    views._block.removed.update(views._block.body)
    assert list(views.find()) == []


@pytest.mark.parametrize(
    ("block", "before", "after", "only"),
    [
        ("js = nc.jetstream()\nawait js.publish('a', b'')", "", "", True),
        ("js = nc.jetstream()\njs = xs", "", "", False),
        ("await js.publish('a', b'')", "js = xs", "", False),
        ("js = nc.jetstream()", "", "return js", False),
        ("js = nc.jetstream()", "", "js = xs\nreturn js", True),
        ("js = nc.jetstream()", "js = None", "", True),
        ("global js\njs = nc.jetstream()", "", "", False),
        # A nested function may read whatever the name is bound to, at any time.
        ("js = nc.jetstream()\nxs(lambda: js)", "", "", True),
        ("js = nc.jetstream()\nxs(lambda: js)", "js = None", "", False),
        ("js = nc.jetstream()\nxs(lambda: js)", "", "js = None", False),
    ],
)
def test_is_only(block: str, before: str, after: str, only: bool) -> None:
    assert views_of(block, before, after).is_only("js") is only


PUT = "await kv.put('k', b'')"


@pytest.mark.parametrize(
    ("block", "named"),
    [
        (f"js = nc.jetstream()\nkv = await js.key_value('b')\n{PUT}\nawait nc.close()", "'b'"),
        (f"kv = await nc.jetstream().key_value('b')\n{PUT}", "'b'"),
        (f"js = nc.jetstream()\nxs()\nkv = await js.key_value('b')\n{PUT}", None),
        (f"js = nc.jetstream()\nkv = await js.key_value('b')\n{PUT}\nxs(js)", None),
        (f"js = nc.jetstream()\nkv = await js.key_value('b')\n{PUT}\nawait nc.flush()", None),
        (f"js = nc.jetstream()\nkv = await xs.key_value('b')\n{PUT}", None),
        (f"js = nc.jetstream()\nkv = js.key_value('b')\n{PUT}", None),
        (f"js = nc.jetstream()\nkv = await js.key_value('b')\n{PUT}\nkv = 1", None),
        (f"js = nc.jetstream()\nkv = await js.key_value(xs())\n{PUT}", None),
    ],
)
def test_bucket(block: str, named: str | None) -> None:
    views = views_of(block)
    found = list(views.find())
    merged = found[0] if found and found[0].name else None
    bucket = views.bucket(found, merged)
    assert (None if bucket is None else ast.unparse(bucket.named)) == named


def test_two_views_have_no_bucket() -> None:
    views = views_of(f"kv = await nc.jetstream().key_value('b')\n{PUT}\nnc.jetstream()")
    assert views.bucket(list(views.find()), None) is None


def check_no_bucket(block: str) -> None:
    views = views_of(block)
    found = list(views.find())
    views.check_no_bucket(found, next((one for one in found if one.name), None))


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("js = nc.jetstream()\nxs()\nkv = await js.key_value('b')", 9),
        ("xs()\nkv = await nc.jetstream().key_value('b')", 8),
        ("js = nc.jetstream()\nxs(js.key_value)", 8),
    ],
)
def test_a_bucket_that_cannot_be_the_managers_is_refused(block: str, line: int) -> None:
    with pytest.raises(CannotFix, match=rf"^line {line} binds the bucket too late, or where a handler catches"):
        check_no_bucket(block)


@pytest.mark.parametrize(
    "block",
    [
        "js = nc.jetstream()\nkv = await xs.key_value('b')",
        "js = nc.jetstream()\nawait js.publish('a', b'')",
    ],
)
def test_without_a_bucket_of_the_connection_nothing_is_refused(block: str) -> None:
    check_no_bucket(block)
