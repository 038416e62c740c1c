"""What a finding carries besides its text: the acquisition, the witness and the manager, as data."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

from flake8_naq.engine import lint
from flake8_naq.edits.model import CannotFix
from flake8_naq.fixer.planner import plan_for
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.project.codes import off_by_default
from flake8_naq.model import Acquisition, Finding, Suggestion, Witness
from flake8_naq.rules.lifetime import Acquired, described, instead
from flake8_naq.rules.lifetime import when
from flake8_naq.rules.naq303 import Misnamed, message
from flake8_naq.project.settings import Settings
from lint.dataflow.problems import module

FIXTURES = sorted(path for path in Path(__file__).parent.rglob("*.py") if not path.name.startswith("test_"))
EVERYTHING = Settings(select=off_by_default())
LEAK = (
    "import nats\n\n\nasync def f(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n    await nc.close()\n"
)

FACTS = module("")


def only(source: str, code: str) -> Finding:
    [found] = [one for one in lint(source, settings=EVERYTHING) if one.code == code]
    return found


def test_a_leak_carries_its_acquisition_its_witness_and_the_manager() -> None:
    found = only(LEAK, "NAQ102")
    assert found.acquisition == Acquisition("connection", "nc", line=5, column=16)
    assert found.witness == Witness(6, "raises")
    assert found.manager == Suggestion("async with await nats.connect(url) as nc", "connect")


def test_a_function_that_makes_the_resource_is_named() -> None:
    source = (
        "import nats\n\n\nasync def make(url):\n    nc = await nats.connect(url)\n    return nc\n\n\n"
        "async def f(url):\n    nc = await make(url)\n    await nc.flush()\n    await nc.close()\n"
    )
    found = only(source, "NAQ102")
    assert found.acquisition == Acquisition("connection", "nc", 10, 16, maker="make", maker_line=5)
    assert found.manager == Suggestion("async with await make(url) as nc", "make")


@pytest.mark.parametrize(
    ("use", "suits", "called"),
    [
        ("await nc.flush()", "connection", "nats_connection"),
        ("await nc.jetstream().publish('a', b'')", "jetstream", "nats_jetstream"),
        ("kv = await nc.jetstream().key_value('b')\n    await kv.get('k')", "bucket", "nats_kv_store"),
    ],
)
def test_the_manager_of_the_package_is_named_with_what_it_suits(use: str, suits: str, called: str) -> None:
    source = (
        "from naq.connection import close_nats_connection, get_nats_connection\n\n\nasync def f(config):\n"
        f"    nc = await get_nats_connection()\n    {use}\n    await close_nats_connection(nc)\n"
    )
    manager = only(source, "NAQ102").manager
    assert manager is not None
    assert (manager.suits, manager.called) == (suits, called)
    assert f"{called}(" in manager.text


def test_what_reads_the_same_is_one_finding() -> None:
    source = (
        "import nats\n\n\nasync def f(urls):\n    try:\n        try:\n            nc = await nats.connect(urls[0])\n"
        "        except OSError:\n            nc = await nats.connect(urls[1])\n        await nc.flush()\n"
        "    finally:\n        await nc.close()\n"
    )
    assert only(source, "NAQ104").line == 12


def test_a_release_of_an_unbound_name_is_reported_with_its_own_acquisition() -> None:
    source = (
        "import nats\n\n\nasync def f(url):\n    a = await nats.connect(url)\n    try:\n        b = await nats.connect(url)\n"
        "        await b.flush()\n    finally:\n        await b.close()\n        await a.close()\n"
    )
    snapshot = Snapshot(source, EVERYTHING, "-")
    [finding] = [one for one in snapshot.findings if one.code == "NAQ104"]
    subject = snapshot.reports[finding].subject
    assert isinstance(subject, Acquired)
    assert finding.acquisition == Acquisition("connection", "b", line=7, column=19)
    assert (finding.line, subject.verdict.call.lineno) == (10, 7)


def test_a_use_after_the_close_carries_the_acquisition() -> None:
    source = "import nats\n\n\nasync def f(url):\n    async with await nats.connect(url) as nc:\n        pass\n    await nc.flush()\n"
    found = only(source, "NAQ105")
    assert (found.line, found.acquisition) == (7, Acquisition("connection", "nc", line=5, column=22))


@pytest.mark.parametrize(
    ("acquisition", "words"),
    [
        (Acquisition("connection"), "connection"),
        (Acquisition("connection", "nc", 3, 1), "connection 'nc'"),
        (Acquisition("file", "f", 9, 1, "make", 3), "file 'f' from 'make' (line 3)"),
        (Acquisition("file", maker="make", maker_line=3), "file from 'make' (line 3)"),
    ],
)
def test_an_acquisition_in_words(acquisition: Acquisition, words: str) -> None:
    assert described(FACTS, acquisition) == words


@pytest.mark.parametrize(
    ("manager", "words"),
    [
        (Suggestion("with a() as b"), "'with a() as b'"),
        (Suggestion("async with nc", may_be_none=True), "'async with nc' where it is not None"),
        (Suggestion("m", needs_async_function=True), "'m' in an async function"),
        (Suggestion("m", missing_import="nats"), "'m' (import nats)"),
        (Suggestion("m", missing_import="nats", needs_async_function=True), "'m' in an async function (import nats)"),
    ],
)
def test_a_manager_in_words(manager: Suggestion, words: str) -> None:
    assert instead(manager) == words


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("raises", "if line 7 raises"),
        ("returns", "if line 7 returns"),
        ("is rebound", "when line 7 rebinds it"),
    ],
)
def test_a_witness_in_words(how: str, words: str) -> None:
    assert when(FACTS, Witness(7, how)) == words


@pytest.mark.parametrize(
    ("source", "subject", "text"),
    [
        (
            "await nc.publish('a', b'', reply_to='b')",
            ("publish", "reply_to", "reply"),
            "'publish' takes no keyword 'reply_to'; use 'reply'",
        ),
        (
            "await nc.publish('a', b'', zzz=1)",
            ("publish", "zzz", ""),
            "'publish' takes no keyword 'zzz'",
        ),
        (
            "await nc.subscribe('a', is_async=True)",
            ("subscribe", "is_async", ""),
            "'subscribe' takes no keyword 'is_async' since nats-py 2.0; remove it",
        ),
        (
            "await nc.publish('a', 'b')",
            ("publish", "payload", "b'b'"),
            "'publish' takes bytes for 'payload', not str; use b'b'",
        ),
        (
            "await nc.zzz('a')",
            ("client", "zzz", ""),
            "a client has no method 'zzz'",
        ),
    ],
)  # fmt: skip
def test_an_unknown_call_says_what_is_unknown_as_data(source: str, subject: tuple[str, ...], text: str) -> None:
    code = f"import nats\n\n\nasync def f(url):\n    async with await nats.connect(url) as nc:\n        {source}\n"
    snapshot = Snapshot(code, EVERYTHING, "-")
    [finding] = [one for one in snapshot.findings if one.code == "NAQ304"]
    found = snapshot.reports[finding].subject
    assert isinstance(found, tuple)
    texts = tuple(part for part in found if isinstance(part, str))
    assert (texts, finding.message) == (subject, text)


@pytest.mark.parametrize(
    ("real", "words"),
    [("nats.errors.Error", "; use 'nats.errors.Error'"), (None, "")],
)
def test_an_unknown_exception_in_words(real: str | None, words: str) -> None:
    misnamed = Misnamed(ast.Name("X", ast.Load()), "nats.X", real)
    assert message(misnamed) == f"'nats.X' does not exist, and naming it raises AttributeError{words}"


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_findings_travel_and_plans_need_nothing_else_than_their_report(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = lint(source, settings=EVERYTHING)
    assert pickle.loads(pickle.dumps(found)) == found
    assert len(pickle.dumps(found)) < 900 * len(found) + 900  # no syntax tree goes along
    snapshot = Snapshot(source, EVERYTHING, "-")
    for finding in snapshot.findings:
        try:
            assert plan_for(snapshot, finding).edits
        except CannotFix as reason:
            assert str(reason)
