"""NAQ301: a view that is made by hand becomes a method call, where the name has no other use."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer import fix_source
from flake8_naq.migration.fix_naq301 import is_left_unused
from flake8_naq.project.settings import Settings
from flake8_naq.rules.naq301 import LegacyImport
from lint.fixer.fixing import fixed

HEAD = "from naq.connection import get_jetstream_context, nats_connection\n\n\n"
BARE = "from naq.connection import nats_connection\n\n\n"


def used(line: str, head: str = HEAD) -> str:
    return f"{head}async def f(self, config):\n    async with nats_connection(config) as nc:\n        {line}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("js = await get_jetstream_context(nc)", "js = nc.jetstream()"),
        ("js = await get_jetstream_context(\n            nc\n        )", "js = nc.jetstream()"),
        ("js = await get_jetstream_context(self.nc)", "js = self.nc.jetstream()"),
        ("await (await get_jetstream_context(nc)).publish('é', b'')", "await (nc.jetstream()).publish('é', b'')"),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert fixed(used(before), unsafe=True) == used(after, BARE)


@pytest.mark.parametrize(
    "line",
    [
        "js = get_jetstream_context(nc)\n    print(js)",
        "js = await get_jetstream_context(*nc)",
        "js = await get_jetstream_context(nc=nc)",
        "js = await get_jetstream_context(nc, 1)",
        "js = await get_jetstream_context(nc())",
        "js = await config(get_jetstream_context)",
        "js = f'{await get_jetstream_context(nc)}'",
        "js = await get_jetstream_context(nc)  # noqa: E501",
    ],
)
def test_left(line: str) -> None:
    assert "get_jetstream_context" in fixed(used(line), unsafe=True).partition("async def")[2]


@pytest.mark.parametrize(
    ("path", "alias", "left"),
    [
        ("package/module.py", "get_jetstream_context", False),
        ("package/__init__.py", "get_jetstream_context", True),
        ("package/module.py", "get_jetstream_context as get_jetstream_context", True),
        ("package/module.py", "get_jetstream_context as get_view", False),
    ],
)
def test_an_unused_name_stays_where_others_may_import_it(path: str, alias: str, left: bool) -> None:
    source = f"from naq.connection import {alias}\n"
    assert (fix_source(source, path=path).source == source) is left


LINES = "from naq.connection import (\n    get_nats_connection,\n)"


@pytest.mark.parametrize(
    ("source", "after", "gone"),
    [
        (LINES, "", True),
        (LINES, "print('get_nats_connection')", True),
        (LINES, "get_nats_connection()", False),
        (f"{LINES}  # noqa: E501", "", False),
        (LINES.replace("(\n", "(  # noqa\n"), "", False),
        (LINES.replace(",\n", ",  # noqa\n"), "", False),
        (f"{LINES}\n# noqa", "", True),
    ],
)
def test_whether_an_import_goes_along_with_other_fixes(source: str, after: str, gone: bool) -> None:
    snapshot = Snapshot(source, Settings(), "-")
    node = snapshot.module.body[0]
    assert isinstance(node, ast.ImportFrom)
    assert is_left_unused(snapshot, LegacyImport(node, (node.names[0],)), ast.parse(after)) is gone
