"""NAQ109: an `await` that is missing or that cannot work."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.edits.apply import applied
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.fix_naq109 import awaited
from flake8_naq.project.settings import Settings


def planned(line: str, head: str = "async def f(a):") -> str:
    """The line after the fix of the call of `g` in it."""
    source = f"{head}\n    {line}\n"
    snapshot = Snapshot(source, Settings(), "-")
    calls = (node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    call = next(node for node in calls if ast.unparse(node.func) == "g")
    return applied(snapshot.concrete, list(awaited(snapshot, call).edits)).removeprefix(f"{head}\n    ").rstrip("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("g('é')", "await g('é')"),
        ("é = g(1)", "é = await g(1)"),
        ("if a: g()", "if a: await g()"),
        ("a = await g()", "a = g()"),
        ("a = await  g()", "a = g()"),
        ("a(await g())", "a(g())"),
        ("a = g().x", "a = (await g()).x"),
        ("a = g()[0]", "a = (await g())[0]"),
        ("a = a[g()]", "a = a[await g()]"),
        ("async with g() as b: a()", "async with await g() as b: a()"),
    ],
)
def test_fixed(before: str, after: str) -> None:
    assert planned(before) == after


@pytest.mark.parametrize(
    ("kind", "safe"),
    [("asyncio.TimeoutError", False), ("(OSError, TimeoutError)", False), ("TimeoutError", False), ("OSError", True)],
)
def test_unsafe_where_a_time_limit_ran_out(kind: str, safe: bool) -> None:
    source = f"async def f(a):\n    try:\n        await a\n    except {kind}:\n        g()\n"
    snapshot = Snapshot(source, Settings(), "-")
    call = next(node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    assert (awaited(snapshot, call).caveats == ()) is safe


@pytest.mark.parametrize(
    ("line", "head", "reason"),
    [
        ("g()  # noqa: E501", "async def f(a):", "line 2 is under noqa"),
        ("a = g(); await a", "async def f(a):", "its result is awaited later"),
        ("g()", "def f(a):", "it is outside of an async function"),
        ("a = lambda: g()", "async def f(a):", "it is outside of an async function"),
    ],
)
def test_refusals(line: str, head: str, reason: str) -> None:
    with pytest.raises(CannotFix) as raised:
        planned(line, head)
    assert str(raised.value) == reason
