"""Which statements are a release, and which wrappers around it disappear with it."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.releases import Release, Releases
from flake8_naq.project.settings import Settings
from lint.fixer.fixing import NATS_IMPORT, reasons

HEAD = "import asyncio, contextlib, nats\n\n\nasync def f(url, x):\n    nc = await nats.connect(url)\n"
SUPPRESSED = "an exception from the close on line N would no longer be suppressed"


def release_of(block: str, methods: frozenset[str] = frozenset(), after: str = "") -> Release:
    """The first call of `nc.close` in a function that begins with an acquisition; `methods` release, where given.

    The method `after` waits for the end of a release.
    """
    snapshot = Snapshot(f"{HEAD}{indent(block, '    ')}\n", Settings(), "-")
    function = next(one for one in snapshot.facts.functions if one.verdicts)
    calls = (node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    call = next(node for node in calls if ast.unparse(node.func) in ("nc.close", "nc.drain"))
    resource = function.verdicts[0].summary.origin.resource
    waits, awaited = frozenset({after}), resource.awaited | {after}
    resource = resource._replace(release_methods=methods or resource.release_methods)
    resource = resource._replace(after_release=waits, awaited=awaited)
    return Releases(snapshot, function, resource, "nc").of(call)


@pytest.mark.parametrize(
    ("block", "unit"),
    [
        ("await nc.close()", ast.Expr),
        ("if nc:\n    await nc.close()", ast.If),
        ("if nc is not None:\n    await nc.close()", ast.If),
        ("if nc and not nc.is_closed:\n    await nc.close()", ast.If),
        ("if nc:\n    if nc.is_connected:\n        await nc.close()", ast.If),
        ("if nc:\n    await nc.drain()\n    await nc.close()", ast.If),
        ("if not x:\n    await nc.close()", ast.Expr),
        ("if not nc:\n    await nc.close()", ast.Expr),
        ("if nc or x:\n    await nc.close()", ast.Expr),
        ("if nc is None:\n    await nc.close()", ast.Expr),
        ("if nc is not x:\n    await nc.close()", ast.Expr),
        ("if nc:\n    await nc.close()\nelse:\n    x()", ast.Expr),
        ("if nc:\n    x()\n    await nc.close()", ast.Expr),
        ("try:\n    await nc.close()\nexcept ValueError:\n    x()", ast.Expr),
        ("try:\n    await nc.close()\nexcept ValueError:\n    pass\nelse:\n    x()", ast.Expr),
        ("try:\n    await nc.close()\nfinally:\n    x()", ast.Expr),
        ("with x:\n    await nc.close()", ast.Expr),
        ("with x():\n    await nc.close()", ast.Expr),
    ],
)
def test_the_statement_that_disappears(block: str, unit: type[ast.stmt]) -> None:
    found = release_of(block)
    assert type(found.unit) is unit
    assert found.caveats == ()


@pytest.mark.parametrize(
    ("methods", "block", "closes"),
    [
        ({"close", "drain"}, "await nc.close()", True),
        ({"close", "drain"}, "await nc.drain()", False),
        ({"drain"}, "await nc.drain()", True),
        ({"stop"}, "await nc.drain()", False),
    ],
)
def test_the_only_way_to_release_closes(methods: set[str], block: str, closes: bool) -> None:
    assert release_of(block, frozenset(methods)).closes is closes


@pytest.mark.parametrize(
    ("block", "caveats"),
    [
        ("try:\n    await nc.close()\nexcept Exception:\n    print('x')", (SUPPRESSED,)),
        ("with contextlib.suppress(Exception):\n    await nc.close()", (SUPPRESSED,)),
        ("await asyncio.wait_for(nc.close(), 1)", ("the close on line N would lose its time limit or shield",)),
        ("await asyncio.shield(nc.close())", ("the close on line N would lose its time limit or shield",)),
        ("asyncio.create_task(nc.close())", ("line N closes it in the background",)),
    ],
)
def test_what_is_lost(block: str, caveats: tuple[str, ...]) -> None:
    found = release_of(block)
    assert tuple(one.replace(f"line {found.call.lineno}", "line N") for one in found.caveats) == caveats


def test_a_handler_that_does_more_than_log_keeps_the_statement() -> None:
    handlers = "except OSError:\n    pass\nexcept ValueError:\n    x()"
    assert isinstance(release_of(f"try:\n    await nc.close()\n{handlers}").unit, ast.Expr)


@pytest.mark.parametrize(
    ("wait", "number"),
    [
        ("await nc.wait_closed()", 1),
        ("await nc.wait_closed()\nawait nc.wait_closed()", 2),
        ("try:\n    await nc.wait_closed()\nexcept OSError:\n    pass", 1),
        ("try:\n    await nc.wait_closed()\n    x()\nexcept OSError:\n    pass", 0),
        ("try:\n    await nc.wait_closed()\nexcept OSError:\n    x()", 0),
        ("with contextlib.suppress(OSError):\n    await nc.wait_closed()", 1),
        ("with contextlib.suppress(OSError):\n    await nc.wait_closed()\n    x()", 0),
        ("with x(), contextlib.suppress(OSError):\n    await nc.wait_closed()", 0),
        ("await x.wait_closed()", 0),
        ("await nc.flush()", 0),
    ],
)
def test_what_only_waits_for_its_end(wait: str, number: int) -> None:
    assert len(release_of(f"await nc.close()\n{wait}", after="wait_closed").waits) == number


@pytest.mark.parametrize("block", ["y = await nc.close()", "x(nc.close())", "await asyncio.wait_for(1, nc.close())"])
def test_part_of_a_larger_statement(block: str) -> None:
    with pytest.raises(CannotFix, match=r"^its release on line 6 is part of a larger statement$"):
        release_of(block)


@pytest.mark.parametrize(
    ("guard", "passes"),
    [("nc", True), ("nc is not None", True), ("nc and nc.is_connected", True), ("nc.is_connected", False)],
)
def test_whether_the_guard_is_false_for_none(guard: str, passes: bool) -> None:
    assert release_of(f"if {guard}:\n    await nc.close()").asks_none is passes


def test_a_drain_does_not_close() -> None:
    assert release_of("await nc.close()").closes
    assert not release_of("await nc.drain()").closes


def test_a_drain_that_is_not_awaited_does_not_stay_in_a_block() -> None:
    source = f"{NATS_IMPORT}async def f(url):\n    nc = await nats.connect(url)\n    nc.drain()\n    await nc.close()\n"
    assert "line 6 is not awaited" in reasons(source, codes=("NAQ101", "NAQ102", "NAQ103"))
