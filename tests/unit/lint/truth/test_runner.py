"""The runner and the verdicts, on programs whose verdict is plain to see. The linter is not asked."""

from __future__ import annotations

from itertools import product

import pytest

from lint.truth.grammar import ASYNCHRONOUS, FILE, HELPERS, Body, Dialect, rendered
from lint.truth.runner import Runs
from lint.truth.tape import all_tapes
from lint.truth.verdict import all_causes, overwriting_lines, verdicts

NATS = ASYNCHRONOUS[0]


def codes(text: str, dialect: Dialect = NATS, decorator: str = "") -> list[str | None]:
    """The verdict of each acquisition of a body, in order."""
    runs = Runs(rendered(Body("by hand", tuple(text.strip("\n").splitlines()), decorator), dialect).source)
    assert runs.complete
    return [verdict.code for _, verdict in sorted(verdicts(runs).items(), key=lambda item: item[0])]


def causes(text: str, dialect: Dialect = NATS) -> set[tuple[str, str]]:
    """Text of the line and way of each cause of the first acquisition's leaks."""
    source = rendered(Body("by hand", tuple(text.strip("\n").splitlines())), dialect).source
    runs = Runs(source)
    site, verdict = min(verdicts(runs).items(), key=lambda item: item[0])
    lines = source.splitlines()
    return {(lines[line - 1].strip(), way) for line, way in all_causes(runs, site, verdict, source)}


def test_the_tape_makes_every_choice_once() -> None:
    seen = []
    for tape in all_tapes(100):
        first = tape.choose(2)
        seen.append((first, tape.choose(3) if first else None))
    assert seen == [(0, None), (1, 0), (1, 1), (1, 2)]


def test_the_tape_stops_at_its_limit() -> None:
    assert sum(tape.choose(5) >= 0 for tape in all_tapes(3)) == 3


PLAIN = [
    ("nc = OPEN\nCLOSE(nc)", "NAQ101"),
    ("nc = OPEN", "NAQ103"),
    ("nc = OPEN\nASYNC def stop():\n    USE(nc)\nreturn stop", None),
    ("nc = OPEN\nASYNC def stop():\n    WORK\nreturn stop", "NAQ103"),
    ("nc = OPEN\nASYNC def stop():\n    USE(nc)\nkeep(stop)", "NAQ103"),
    ("nc = OPEN\nWORK\nCLOSE(nc)", "NAQ102"),
    ("nc = OPEN\ntry:\n    WORK\nfinally:\n    CLOSE(nc)", "NAQ101"),
    ("nc = OPEN\ntry:\n    WORK\nfinally:\n    WORK\n    CLOSE(nc)", "NAQ102"),
    ("nc = OPEN\ntry:\n    WORK\nexcept BaseException:\n    CLOSE(nc)\n    raise\nCLOSE(nc)", "NAQ101"),
    ("nc = OPEN\ntry:\n    WORK\nexcept ValueError:\n    pass\nCLOSE(nc)", "NAQ102"),
    ("nc = OPEN\nlog.info('x')\nCLOSE(nc)", "NAQ101"),
    ("nc = OPEN\nif flag:\n    return\nCLOSE(nc)", "NAQ102"),
    ("nc = None\nif own:\n    nc = OPEN\nif own:\n    CLOSE(nc)", "NAQ101"),
    ("nc = None\nif own:\n    nc = OPEN\nif flag:\n    CLOSE(nc)", "NAQ102"),
    ("nc = None\ntry:\n    nc = OPEN\nfinally:\n    if nc:\n        CLOSE(nc)", "NAQ101"),
    ("for item in items:\n    nc = OPEN\n    CLOSE(nc)", "NAQ101"),
    ("nc = None\nfor item in items:\n    nc = OPEN\nif nc:\n    CLOSE(nc)", "NAQ102"),
    ("nc = OPEN\nwhile True:\n    WORK\nCLOSE(nc)", "NAQ103"),
    ("while True:\n    nc = OPEN\n    if flag:\n        break\nCLOSE(nc)", "NAQ102"),
    ("nc = OPEN\nc = nc\nCLOSE(c)", "NAQ101"),
    ("nc = OPEN\nreturn nc", None),
    ("nc = OPEN\nWORK\nself.nc = nc", None),
    ("nc = OPEN\nshelf['a'] = nc", None),
    ("global CURRENT\nnc = OPEN\nCURRENT = nc", None),
    ("nc = OPEN\nkeep(nc)", None),
    ("nc = OPEN\nkeep(nc.close)", None),
    ("nc = OPEN\nkeep(nc)\nCLOSE(nc)", "NAQ102"),
    ("nc = OPEN\nif flag:\n    return nc\nCLOSE(nc)", None),
    ("nc = OPEN\nif flag:\n    return nc\nif own:\n    CLOSE(nc)", "NAQ102"),
    ("nc = OPEN\nWORK\nif flag:\n    return nc\nCLOSE(nc)", None),
    ("nc = OPEN\nCLOSE(nc)\nreturn nc", "NAQ101"),
    ("nc = OPEN\nreturn nc.jetstream()", "NAQ103"),
    ("nc = OPEN\nprint(nc)", "NAQ103"),
    ("nc = OPEN\nASYNC def stop():\n    CLOSE(nc)\nkeep(stop)", None),
    ("nc = OPEN\nASYNC def stop():\n    WORK\nkeep(stop)", "NAQ103"),
    ("ASYNC with OPEN as nc:\n    WORK", None),
    ("nc = OPEN\nASYNC with nc:\n    WORK", None),
    ("nc = OPEN\nWORK\nASYNC with nc:\n    WORK", "NAQ102"),
    ("ASYNC with EXITSTACK() as stack:\n    nc = AWAIT stack.ENTER(OPEN)\n    WORK", None),
    ("ASYNC with EXITSTACK() as stack:\n    nc = OPEN\n    stack.CALLBACK(nc.close)\n    WORK", None),
    ("nc = OPEN\nwith contextlib.suppress(Exception):\n    CLOSE(nc)", "NAQ101"),
    ("nc = OPEN\nAWAIT shut(nc)", "NAQ101"),
    ("nc = OPEN\ntry:\n    AWAIT peek(nc)\nfinally:\n    CLOSE(nc)", "NAQ101"),
    ("nc = OPEN\nretain(nc)", None),
    ("nc = OPEN\nAWAIT peek(nc)", "NAQ103"),
    ("nc = OPEN\nmatch mode:\n    case 1:\n        CLOSE(nc)\n    case _:\n        CLOSE(nc)", "NAQ101"),
    ("nc = OPEN\nmatch mode:\n    case 1:\n        CLOSE(nc)", "NAQ102"),
    ("nc = OPEN\ntry:\n    yield nc\nfinally:\n    CLOSE(nc)", None),
    ("nc = OPEN\nyield 1\nCLOSE(nc)", "NAQ102"),
    ("nc = OPEN\nyield nc", None),
    ("nc = OPEN\nyield 1", "NAQ103"),
]


@pytest.mark.parametrize(("text", "code"), PLAIN)
@pytest.mark.parametrize("dialect", [NATS, FILE], ids=lambda dialect: dialect.name)
def test_plain_programs(text: str, code: str | None, dialect: Dialect) -> None:
    assert codes(text, dialect) == [code]


@pytest.mark.parametrize("dialect", ASYNCHRONOUS, ids=lambda dialect: dialect.name)
def test_a_connection_however_it_is_spelled(dialect: Dialect) -> None:
    assert codes("nc = OPEN\nUSE(nc)\nCLOSE(nc)", dialect) == ["NAQ102"]
    assert codes("nc = OPEN\ntry:\n    USE(nc)\nfinally:\n    CLOSE(nc)", dialect) == ["NAQ101"]


def test_cancellation_passes_except_exception_by() -> None:
    text = "nc = OPEN\ntry:\n    WORK\nexcept Exception:\n    CLOSE(nc)\n    raise\nCLOSE(nc)"
    assert codes(text) == ["NAQ102"]
    assert codes(text, FILE) == ["NAQ101"]
    assert {cause for cause in causes(text) if cause[1] != "returns"} == {("await work()", "is cancelled")}


def test_a_release_that_fails_has_released() -> None:
    assert codes("nc = OPEN\ntry:\n    CLOSE(nc)\nexcept BaseException:\n    pass") == ["NAQ101"]
    assert codes("a = OPEN\nb = OPEN\nCLOSE(b)\nCLOSE(a)") == ["NAQ102", "NAQ101"]


def test_an_acquisition_that_fails_holds_nothing() -> None:
    assert codes("try:\n    nc = OPEN\nexcept BaseException:\n    return\nCLOSE(nc)") == ["NAQ101"]


def test_each_acquisition_has_its_verdict() -> None:
    assert codes("nc = OPEN\nnc = OPEN\nCLOSE(nc)") == ["NAQ103", "NAQ101"]
    assert codes("nc = OPEN if flag else OPEN\nCLOSE(nc)") == ["NAQ101", "NAQ101"]


def test_what_is_lost_in_an_endless_loop_counts() -> None:
    assert codes("while True:\n    nc = OPEN") == ["NAQ103"]


def test_what_is_acquired_behind_the_last_turn_of_a_loop_does_not_count() -> None:
    """The exception that ends an endless loop is the harness's own: no program reaches this handler."""
    handlers = "except Exception:\n    raise\nexcept BaseException:\n    while ready():\n        nc = OPEN"
    assert codes(f"try:\n    while ready():\n        WORK\n{handlers}", FILE) == []
    assert codes(f"try:\n    while ready():\n        WORK\n{handlers}", NATS) == ["NAQ103"]  # where it is cancelled


def test_a_fixture_is_always_resumed() -> None:
    text = "nc = OPEN\nyield nc\nCLOSE(nc)"
    assert codes(text) == ["NAQ102"]
    assert codes(text, NATS, "@pytest.fixture") == [None]
    assert codes(text, NATS, "@MANAGER") == ["NAQ102"]


def test_a_context_manager_lends_what_it_yields() -> None:
    assert codes("nc = OPEN\nyield nc") == [None]
    assert codes("nc = OPEN\nyield nc", NATS, "@MANAGER") == ["NAQ103"]
    assert codes("nc = OPEN\ntry:\n    yield nc\nfinally:\n    CLOSE(nc)", NATS, "@MANAGER") == [None]


CAUSES = [
    ("nc = OPEN\nWORK\nCLOSE(nc)", {("await work()", "raises"), ("await work()", "is cancelled")}),
    ("nc = OPEN\nstep()\nCLOSE(nc)", {("step()", "raises")}),
    ("nc = OPEN\nif flag:\n    return 1\nCLOSE(nc)", {("return 1", "returns"), ("if flag:", "returns")}),
    ("nc = OPEN\nif flag:\n    CLOSE(nc)", {("if flag:", "returns")}),
    ("nc = OPEN\nyield 1\nCLOSE(nc)", {("yield 1", "yields"), ("yield 1", "raises"), ("yield 1", "is cancelled")}),
]


@pytest.mark.parametrize(("text", "expected"), CAUSES)
def test_the_line_that_leaks(text: str, expected: set[tuple[str, str]]) -> None:
    found = causes(text)
    assert expected <= found
    assert {line for line, _ in found} <= {line for line, _ in expected} | {"nc = await nats.connect(URL)"}


def test_an_exception_that_was_handled_is_no_cause() -> None:
    text = "nc = OPEN\ntry:\n    step()\nexcept Exception:\n    pass\nlog.info('x')\nstep()\nCLOSE(nc)"
    assert {line for line, way in causes(text) if way == "raises"} == {"step()"}
    assert ("try:", "raises") not in causes(text)


# What the last handler does, it does where the loop has had its turns, and counts as little as the rest of that run.
_ENDLESS = """
try:
    while True:
        nc = OPEN
except (Exception, CANCELLED):
    raise
except BaseException:
    nc = None
"""
OVERWRITTEN = [
    ("nc = OPEN\nif flag:\n    nc = OPEN\nelse:\n    PASS(nc)", {"nc = OPEN"}),
    ("nc = OPEN\nnc = None", {"nc = None"}),
    ("nc = OPEN\ndel nc", {"del nc"}),
    ("nc = OPEN\nfor nc in items:\n    step()", {"for nc in items:"}),
    ("nc = OPEN\ntry:\n    AWAIT peek(nc)\nexcept BaseException:\n    nc = OPEN", {"nc = OPEN"}),
    ("nc = OPEN\nc = nc\nnc = OPEN", set()),
    ("nc = OPEN\nc = nc\nnc = OPEN\nc = None", {"c = None"}),
    ("nc = OPEN\nc = [nc]\nnc = OPEN", set()),
    ("nc = OPEN\nCLOSE(nc)\nnc = OPEN", set()),
    ("nc = OPEN\nshelf['a'] = nc\nnc = OPEN", set()),
    ("nc = OPEN\nPASS(nc)\nnc = OPEN", set()),
    ("for item in items:\n    nc = OPEN\n    if ready():\n        ASYNC with nc:\n            nc = None", {"nc = OPEN"}),
    ("for item in items:\n    nc = OPEN\n    if ready():\n        CLOSE(nc)\n        nc = None", {"nc = OPEN"}),
    (_ENDLESS, {"nc = OPEN"}),
    ("nc = OPEN\nWORK", set()),
    ("nc = OPEN\nraise ValueError", set()),
]


@pytest.mark.parametrize(("text", "expected"), OVERWRITTEN)
@pytest.mark.parametrize("dialect", [NATS, FILE], ids=lambda dialect: dialect.name)
def test_a_line_that_overwrites_what_nothing_else_holds(text: str, expected: set[str], dialect: Dialect) -> None:
    source = rendered(Body("by hand", tuple(text.strip().splitlines())), dialect).source
    runs = Runs(source)
    first = min(verdicts(runs))
    lines = source.splitlines()
    expected = {rendered(Body("", (one,)), dialect).source.splitlines()[-1].strip() for one in expected}
    assert {lines[line - 1].strip() for line in overwriting_lines(runs, first)} == expected


def test_every_helper_is_a_function_in_both_dialects() -> None:
    for name, dialect in product(HELPERS, (NATS, FILE)):
        source = rendered(Body(name, (f"AWAIT {name}(1)",)), dialect).source
        compile(source, name, "exec")
        assert f"def {name}(" in source
