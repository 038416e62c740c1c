"""Fixing until nothing changes: fixes of one function take turns, and a fix that leads nowhere is refused."""

from __future__ import annotations

import pytest

from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer import fix_source, session
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.session import Session
from flake8_naq.model import Finding
from flake8_naq.project.settings import Settings
from lint.fixer.fixing import NATS_IMPORT, fixed

TWO = (
    f"{NATS_IMPORT}async def f(url):\n    a = await nats.connect(url)\n    b = await nats.connect(url)\n    try:\n"
    "        await a.flush()\n        await b.flush()\n    finally:\n        await b.close()\n        await a.close()\n"
)


def test_two_acquisitions_of_one_function() -> None:
    assert fixed(TWO, unsafe=True) == (
        f"{NATS_IMPORT}async def f(url):\n    async with await nats.connect(url) as a:\n"
        "        async with await nats.connect(url) as b:\n            await a.flush()\n            await b.flush()\n"
    )


def test_what_a_fix_uncovers_is_fixed_too() -> None:
    head, body = "import asyncpg\n\n\nasync def f(url):\n", "    try:\n        await c.fetch('x')\n    finally:\n"
    source = f"{head}    c = asyncpg.connect(url)\n{body}        c.close()\n"
    result = fix_source(source)
    assert result.source == f"{head}    c = await asyncpg.connect(url)\n{body}        await c.close()\n"
    assert [(one.finding.line, one.finding.code) for one in result.applied] == [(5, "NAQ109")]
    assert not result.unfixed


def test_the_last_fix_that_may_follow_another_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_DEPTH", 1)
    source = f"{NATS_IMPORT}async def f(url):\n    nc = nats.connect(url)\n    await nc.flush()\n    await nc.close()\n"
    assert "    async with await nats.connect(url) as nc:\n        await nc.flush()\n" in fixed(source)


def test_what_a_fix_uncovers_and_is_not_fixed_is_told() -> None:
    source = "import asyncpg\n\n\nasync def f(url):\n    c = asyncpg.connect(url)\n    c.close()  # noqa: E501\n"
    result = fix_source(source)
    assert "    c = await asyncpg.connect(url)\n    c.close()  # noqa: E501\n" in result.source
    assert [one.reason for one in result.unfixed] == ["line 6 is under noqa"]


ONE = f"{NATS_IMPORT}async def f(url):\n"
PART = "    a = await nats.connect(url)\n    try:\n        await a.flush()\n    finally:\n        await a.close()\n"


def batch_of(source: str) -> int:
    """How many fixes are planned together."""
    return len(Session(Snapshot(source, Settings(), "-"), lambda findings, _: findings)._batch(unsafe=True))


def test_fixes_of_one_function_are_not_planned_together() -> None:
    other = PART.replace(" a ", " b ").replace(" a.", " b.")
    assert batch_of(f"{ONE}{PART}{other}") == 1


def test_fixes_of_two_functions_are_planned_together() -> None:
    assert batch_of(f"{ONE}{PART}\n\nasync def g(url):\n{PART}") == 2


def test_a_fix_that_makes_its_own_finding_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        f"{NATS_IMPORT}async def f(url):\n    async with await nats.connect(url) as nc:\n        await nc.flush()\n"
    )
    leak = "    nc = await nats.connect(url)\n    await nc.flush()\n"
    start = source.index("    async with")
    before = Session(Snapshot(source, Settings(), "-"), lambda findings, _: findings)
    again: list[int] = []

    def useless(snapshot: session.Snapshot, _finding: object) -> Plan:
        again.append(1)
        assert len(again) < 20, "it is tried without end"
        return Plan((Edit(len(snapshot.source), len(snapshot.source), "# again\n"),))

    monkeypatch.setattr(session, "plan_for", useless)
    with pytest.raises(CannotFix, match=r"^it would leave NAQ103: "):
        before._attempt(Plan((Edit(start, len(source), leak),)), unsafe=True)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([("NAQ101", 9), ("NAQ102", 5)], ("NAQ101", 9)),
        ([("NAQ101", 30), ("NAQ101", 9), ("NAQ101", 1)], ("NAQ101", 9)),
        ([("NAQ303", 9)], None),
    ],
)
def test_the_finding_that_one_became_has_its_code_and_is_near(
    found: list[tuple[str, int]], expected: tuple[str, int] | None
) -> None:
    def finding(code: str, column: int) -> Finding:
        return Finding(7, column, code, f"message {column}", 7, column + 1, "nc")

    available = [finding(*one) for one in found]
    now = session._now(finding("NAQ101", 10), available, {7: 7}, exact=False)
    assert (now and (now.code, now.column)) == expected


@pytest.mark.parametrize(
    ("caveats", "reason"),
    [((), "it would leave NAQ103: why"), (("caveat",), "it would leave NAQ103: connection 'nc' is never closed; use ")],
)
def test_why_what_a_fix_leaves_cannot_be_fixed_is_told(
    monkeypatch: pytest.MonkeyPatch, caveats: tuple[str, ...], reason: str
) -> None:
    source = (
        f"{NATS_IMPORT}async def f(url):\n    async with await nats.connect(url) as nc:\n        await nc.flush()\n"
    )
    leak = "    nc = await nats.connect(url)\n    await nc.flush()\n"
    before = Session(Snapshot(source, Settings(), "-"), lambda findings, _: findings)

    def refused(_snapshot: session.Snapshot, _finding: object) -> Plan:
        if caveats:
            return Plan((), caveats=caveats)
        raise CannotFix("why")

    monkeypatch.setattr(session, "plan_for", refused)
    plan = Plan((Edit(source.index("    async"), len(source), leak),))
    with pytest.raises(CannotFix, match=f"^{reason}"):
        before._attempt(plan, unsafe=False)


def test_what_waited_for_a_refused_fix_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    real = session.plan_for

    def broken(snapshot: session.Snapshot, finding: Finding) -> Plan:
        return Plan((Edit(0, 6, "(:"),)) if finding.line == 5 else real(snapshot, finding)

    monkeypatch.setattr(session, "plan_for", broken)
    after = fixed(f"{ONE}{PART}{PART.replace(' a ', ' b ').replace(' a.', ' b.')}", unsafe=True)
    assert "    a = await nats.connect(url)\n" in after
    assert "    async with await nats.connect(url) as b:\n" in after


def test_a_fix_that_would_not_parse_is_refused() -> None:
    before = Session(Snapshot(TWO, Settings(), "-"), lambda findings, _: findings)
    with pytest.raises(CannotFix, match=r"^the fixed file would not parse: line 1: "):
        before._attempt(Plan((Edit(0, 6, "(:"),)), unsafe=True)


def test_only_what_is_wanted_is_fixed() -> None:
    result = fix_source(TWO, unsafe=True, wanted=lambda findings, _: [one for one in findings if one.line == 5])
    assert [one.finding.line for one in result.applied] == [5]
    assert "b = await nats.connect(url)" in result.source


def test_of_two_like_parts_both_are_fixed_at_the_end_of_a_file_without_line_end() -> None:
    opened = "    nc = await by_hand.get_nats_connection(); note('a')\n"
    part = f"{opened}    try:\n        await nc.flush()\n    finally:\n        await by_hand.close_nats_connection(nc)\n"
    block = "    async with by_hand.nats_connection() as conn:\n        note('a')\n        await conn.flush()\n"
    head = "from naq import connection as by_hand\n\n\nasync def f():\n    other = None\n"
    result = fix_source(f"{head}{part}{part}".removesuffix("\n"))
    assert result.source == f"{head}{block}{block}".removesuffix("\n")
    assert [one.finding.line for one in result.applied] == [6, 11]
