"""The harness itself: it passes what a careful hand wrote, and catches each way of being careless."""

from __future__ import annotations

from random import Random

import pytest

from flake8_naq.engine import lint
from flake8_naq.project.settings import Settings, settings_from_table
from lint.fixer.truth.difference import Permit, compared
from lint.fixer.truth.dress import dressed
from lint.fixer.truth.fixing import LIFETIME, Fixed, judged
from lint.fixer.truth.pairs import MANAGED, PLAIN, RIGHT, WRONG, Pair, pair
from lint.fixer.truth.spelling import OPEN_FILES, Case
from lint.fixer.truth.supply import undressed
from lint.fixer.truth.textual import text_faults


def difference(one: Pair) -> str:
    lines = frozenset(f.line for f in lint(one.before, settings=settings_from_table(OPEN_FILES)) if f.code in LIFETIME)
    result = compared(one.before, one.after, lines, one.permit)
    assert result.complete
    return str(result.difference or "")


@pytest.mark.parametrize("one", RIGHT, ids=lambda one: one.name)
def test_right_ones_pass(one: Pair) -> None:
    assert difference(one) == ""


@pytest.mark.parametrize("one", WRONG, ids=lambda one: one.name)
def test_wrong_ones_are_caught(one: Pair) -> None:
    assert one.fault in difference(one)


def test_a_permit_is_for_its_own_difference_only() -> None:
    by_name = {one.name: one for one in WRONG}
    lost = by_name["the result is lost"]
    assert compared(lost.before, lost.after, permit=~Permit.BROKEN).difference is not None
    server = by_name["another server"]
    assert compared(server.before, server.after, permit=Permit.SERVER).difference is None
    assert compared(server.before, server.after, permit=~Permit.SERVER).difference is not None


def test_a_leak_that_is_closed_is_counted() -> None:
    leak = next(one for one in RIGHT if one.name == "a leak is closed")
    assert compared(leak.before, leak.after).closed > 0
    plain = RIGHT[0]
    assert compared(plain.before, plain.after).closed == 0


@pytest.mark.parametrize("seed", range(60))
def test_clothes_change_nothing(seed: int) -> None:
    one = undressed(Random(seed))
    other = dressed(one.source, Random(-seed))
    if not any(word in other for word in ("note(", "ünïcode")):
        assert compared(one.source, other, same_server=one.same_server).difference is None


BEFORE = pair("", PLAIN, "").before
AFTER = pair("", MANAGED, "").before
TEXTS = [
    ("", BEFORE, AFTER),
    ("does not parse", BEFORE, AFTER + "    )\n"),
    ("new finding: NAQ103", BEFORE, AFTER + "\n\nasync def other():\n    nc = await nats.connect('u')\n    await nc.flush()\n"),
    ("new pyflakes message: UnusedImport", BEFORE, "import os\n" + AFTER),
    ("new pyflakes message: UndefinedName", BEFORE, AFTER.replace("import nats\n", "")),
    ("comments lost: ['# why']", BEFORE.replace("finally:", "finally:  # why"), AFTER),
    ("added: ['# why']", BEFORE, AFTER.replace("return 2", "return 2  # why")),
    ("line ends", BEFORE.replace("\n", "\r\n"), AFTER.replace("\n", "\r\n", 3)),
    ("the end of the last line", BEFORE.rstrip(), AFTER),
    ("outside the change: 'X  =  1'", BEFORE + "\n\nX  =  1\n", AFTER + "\n\nX = 1\n"),
    ("outside the change: '    x  =  1'", BEFORE + "\n\ndef f():\n    x  =  1\n    return x\n", AFTER + "\n\ndef f():\n    x = 1\n    return x\n"),
    ("nothing to do with it changed: 'return 2   '", BEFORE.replace("return 2", "return 2   "), AFTER),
]


@pytest.mark.parametrize(("fault", "before", "after"), TEXTS, ids=[fault for fault, _, _ in TEXTS])
def test_texts(fault: str, before: str, after: str) -> None:
    found = list(text_faults(before, after, Settings(), lint(before)))
    assert any(fault in one for one in found) if fault else found == []


def test_a_second_run_that_changes_more_is_caught() -> None:
    texts = {BEFORE: AFTER, AFTER: AFTER + "\n"}
    found = judged(Case("restless", BEFORE), False, lambda one, _: Fixed(texts[one.source], ()))
    assert [fault.partition(":")[0] for fault in found.faults] == ["the second run changes something more"]


@pytest.mark.parametrize(("code", "faults"), [("NAQ104", 0), ("NAQ101", 1)])
def test_only_a_fix_of_the_close_of_none_may_uncover_what_the_close_hid(code: str, faults: int) -> None:
    before = "def subject():\n    nc = None\n    try:\n        nc = open('u')\n        nc.read()\n    finally:\n        nc.close()\n"
    after = "def subject():\n    with open('u') as nc:\n        nc.read()\n"
    case = Case("hidden", before, OPEN_FILES)
    findings = lint(before, settings=settings_from_table(case.table))
    gone = tuple(one for one in findings if one.code == code)
    assert gone
    found = judged(case, False, lambda one, _: Fixed(after, gone))
    assert len(found.faults) == faults


def test_a_careful_fix_is_judged_right() -> None:
    findings = tuple(lint(BEFORE))
    found = judged(Case("careful", BEFORE), False, lambda one, _: Fixed(AFTER, findings))
    assert found.faults == ()
    assert found.changed
    assert found.compared is not None
    assert found.compared.runs > 10
