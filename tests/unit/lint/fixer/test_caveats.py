"""What an unsafe fix may change is data: of a finding that is left, and of a fix that is planned."""

from __future__ import annotations

import pytest

from flake8_naq.edits.model import CannotFix
from flake8_naq.fixer import fix_source
from flake8_naq.fixer.model import UnsafeOnly

OPEN = "import nats\n\n\nasync def f(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n"
CLOSED_ON_SOME_WAYS = """import nats


async def f(url, last):
    nc = await nats.connect(url)
    if not last:
        await nc.close()
        return
    await nc.flush()
    if last == 3:
        await nc.close()
"""
SERVED_BELOW_A_TRY = """import asyncio


async def f(handle, last):
    server = await asyncio.start_server(handle)
    try:
        await server.start_serving()
    except OSError:
        print(handle)
    if last:
        return
    server.close()
"""
MEANT = "line 10 leaves it open, perhaps on purpose"
MEANT_TOO = "line 11 leaves it open, perhaps on purpose"
CLOSES = "it is closed at the end of the block, where it was not closed before"


@pytest.mark.parametrize(
    ("source", "reason", "caveat"),
    [
        (OPEN, f"only with --unsafe-fixes: {CLOSES}", CLOSES),
        (CLOSED_ON_SOME_WAYS, f"only with --unsafe-fixes: {MEANT}", MEANT),
        (SERVED_BELOW_A_TRY, f"only with --unsafe-fixes: {MEANT_TOO}", MEANT_TOO),
        (OPEN.replace("(url)\n    await", "(url)  # noqa: E501\n    await"), "line 5 is under noqa", ""),
        (OPEN.replace("nc = await", "await").replace("    await nc.flush()\n", ""), "its result is not used", ""),
    ],
    ids=["unsafe", "closed on some ways", "served below a try", "noqa", "refused"],
)
def test_a_finding_that_is_left_has_a_reason_and_perhaps_a_caveat(source: str, reason: str, caveat: str) -> None:
    [left] = fix_source(source).unfixed
    assert (left.reason, left.caveat) == (reason, caveat)


def test_with_unsafe_fixes_nothing_is_left_for_its_caveat() -> None:
    assert fix_source(OPEN, unsafe=True).unfixed == ()


def test_a_refusal_has_no_caveat_unless_an_unsafe_fix_would_do() -> None:
    assert CannotFix("it is so").caveat == ""
    assert (str(UnsafeOnly("x changes")), UnsafeOnly("x changes").caveat) == (
        "only with --unsafe-fixes: x changes",
        "x changes",
    )


def test_of_several_findings_on_a_line_the_one_that_stays_is_left() -> None:
    source = (
        "from naq.connection import close_nats_connection, get_nats_connection\n\n\nclass A:\n    async def start(self):\n"
        "        self.nc = await get_nats_connection()\n\n    async def f(self):\n        nc = await get_nats_connection()\n"
        "        await nc.flush()\n        await close_nats_connection(nc)\n"
    )
    fixed = fix_source(source)
    assert "import get_nats_connection, nats_connection\n" in fixed.source
    [left] = [one for one in fixed.unfixed if one.finding.code == "NAQ301"]
    assert left.now is not None
    assert left.finding.message.startswith("'close_nats_connection' and 'get_nats_connection' belong to")
    assert left.now.message.startswith("'get_nats_connection' belongs to")
