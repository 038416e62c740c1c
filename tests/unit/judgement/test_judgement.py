"""What `make bench-judgement` takes for true, how it scores, and that the README quotes a table of its form."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lint.truth.grammar import FILE, Program

ROOT = Path(__file__).resolve().parents[3]
BENCHMARKS = str(ROOT / "benchmarks")


@pytest.fixture(scope="module", autouse=True)
def judgement() -> Iterator[None]:
    sys.path.insert(0, BENCHMARKS)
    yield
    sys.path.remove(BENCHMARKS)


@pytest.fixture(scope="module")
def samples() -> ModuleType:
    from judgement import samples

    return samples


@pytest.fixture(scope="module")
def score() -> ModuleType:
    from judgement import score

    return score


@pytest.fixture(scope="module")
def peers() -> ModuleType:
    from judgement import peers

    return peers


@pytest.fixture(scope="module")
def run() -> ModuleType:
    from judgement import run

    return run


BODIES = {
    "    nc = open(URL)\n    nc.read()\n    nc.close()\n": "LEAKS",
    "    nc = open(URL)\n    nc.read()\n": "LEAKS",
    "    nc = open(URL)\n    try:\n        nc.read()\n    finally:\n        nc.close()\n": "BY_HAND",
    "    with open(URL) as nc:\n        nc.read()\n": "FINE",
    "    return open(URL)\n": "FINE",
    "    nc = open(URL)\n    nc.read()\n    return nc\n": "EITHER",
}


@pytest.mark.parametrize(("body", "truth"), BODIES.items())
def test_what_runs_say_of_an_opened_file(samples: ModuleType, body: str, truth: str) -> None:
    found = samples.executed(Program("", FILE.name, f"URL = 'where'\n\n\ndef subject():\n{body}"))
    assert [one.name for one in found.values()] == [truth]


def test_a_leak_that_needs_three_turns_counts(samples: ModuleType) -> None:
    late = (
        "from app import ready\nURL = 'where'\n\n\ndef subject():\n    nc, turn = None, 0\n    while ready():\n        turn += 1\n"
        "        if turn == 3:\n            nc = open(URL)\n        elif nc:\n            nc.close()\n"
    )
    assert [one.name for one in samples.executed(Program("", FILE.name, late)).values()] == []
    usual = late.replace("turn == 3", "turn == 2").replace("elif nc", "elif turn == 3")
    assert [one.name for one in samples.executed(Program("", FILE.name, usual)).values()] == ["LEAKS"]


def test_a_helper_that_opens_is_not_counted(samples: ModuleType) -> None:
    source = (
        "URL = 'where'\n\n\ndef made():\n    return open(URL)\n\n\ndef subject():\n    nc = made()\n    nc.read()\n"
    )
    assert samples.executed(Program("", FILE.name, source)) == {}


def test_all_kinds_have_samples_and_the_seed_decides(samples: ModuleType) -> None:
    drawn = [list(samples.samples(2, seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert {one.kind for one in drawn[0]} <= set(samples.kinds())
    assert {one.kind for one in drawn[0]} >= {samples.OUR_SHAPES, samples.AWAITED}


def test_fixtures_give_labels(samples: ModuleType) -> None:
    labels = [truth.name for sample in samples.labelled() for truth in sample.acquisitions.values()]
    assert {name: labels.count(name) > 5 for name in ("LEAKS", "BY_HAND", "FINE")} == dict.fromkeys(
        ("LEAKS", "BY_HAND", "FINE"), True
    )


def test_scores_in_both_readings(samples: ModuleType, score: ModuleType, peers: ModuleType) -> None:
    truth, reading, report = samples.Truth, score.Reading, peers.Report
    truths = {
        ("a", 1, 5): truth.LEAKS,
        ("a", 2, 5): truth.LEAKS,
        ("a", 3, 5): truth.BY_HAND,
        ("a", 4, 5): truth.FINE,
        ("a", 5, 5): truth.EITHER,
    }
    one_code = [report(("a", line, 1)) for line in (1, 3, 4, 5, 9)]
    ours = [report(("a", 1, 5), "NAQ102"), report(("a", 2, 5), "NAQ103"), report(("a", 3, 5), "NAQ101")]
    made = score.Score
    assert score.scored(truths, one_code, reading.LEAK) == made(right=1, wrong=2, missed=1)
    assert score.scored(truths, one_code, reading.USE_WITH) == made(right=2, wrong=1, missed=1)
    assert score.scored(truths, ours, reading.LEAK) == made(right=2, wrong=0, missed=0)
    assert score.scored(truths, ours, reading.USE_WITH) == made(right=3, wrong=0, missed=0)


def test_a_report_at_a_call_means_that_call_alone(samples: ModuleType, score: ModuleType, peers: ModuleType) -> None:
    truths = {("a", 1, 5): samples.Truth.LEAKS, ("a", 1, 20): samples.Truth.FINE}
    at_the_call, at_the_line = [peers.Report(("a", 1, 5))], [peers.Report(("a", 1, 1))]
    assert score.scored(truths, at_the_call, score.Reading.LEAK) == score.Score(1, 0, 0)
    assert score.scored(truths, at_the_line, score.Reading.LEAK) == score.Score(1, 1, 0)


@pytest.mark.parametrize(
    ("numbers", "cell"),
    [((1, 0, 0), "1.00 / 1.00"), ((999, 1, 1), "0.99 / 0.99"), ((0, 0, 3), "- / 0.00"), ((0, 2, 0), "0.00 / -")],
)
def test_only_what_is_perfect_is_one(score: ModuleType, numbers: tuple[int, int, int], cell: str) -> None:
    assert score.cell(score.Score(*numbers)) == cell


def test_sums_leave_out_what_the_peers_cannot_see_and_our_labels(samples: ModuleType, score: ModuleType) -> None:
    by_kind = {kind: score.Score(1, 0, 0) for kind in ("loops", "managers", samples.OUR_SHAPES, samples.AWAITED)}
    assert score.total(by_kind) == score.Score(2, 0, 0)


def test_the_whole_run_with_two_linters(
    tmp_path: Path, samples: ModuleType, peers: ModuleType, run: ModuleType
) -> None:
    places = run.written(tmp_path, list(samples.samples(2, 1)))
    commands = peers.own_commands()
    assert peers.OURS.reports(tmp_path, commands)
    ruff = next(peer for peer in peers.PEERS if peer.distribution == "ruff")
    assert ruff.version(commands)
    ours, theirs = (
        run.score_of(one.reports(tmp_path, commands), places)[run.Reading.LEAK]["shapes of our fixtures"]
        for one in (peers.OURS, ruff)
    )
    assert ours.wrong == ours.missed == 0 < ours.right
    assert theirs.wrong > 0 < theirs.right


def test_a_linter_that_is_not_installed_has_no_version(tmp_path: Path, peers: ModuleType) -> None:
    absent = peers.Peer("absent", "no-such-linter", ("absent",), iter)
    assert absent.version(peers.own_commands()) is None


def test_output_of_another_form_ends_the_run(tmp_path: Path, peers: ModuleType) -> None:
    wrong = peers.Peer("python", "pip", ("python", "-c", "print('no JSON')"), peers.PEERS[0].read)
    with pytest.raises(SystemExit, match="python: its output is not understood"):
        wrong.reports(tmp_path, peers.own_commands())


def test_the_readme_quotes_a_table_of_this_form(run: ModuleType, score: ModuleType, peers: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    quoted = readme.partition(run.BEGIN)[2].partition(run.END)[0].strip()
    names = [peers.OURS.title, *(peer.title for peer in peers.PEERS)]
    none = {name: {reading: {} for reading in score.Reading} for name in names}
    form = score.summary(none).splitlines()
    assert quoted.splitlines()[:2] == form[:2]
    assert [row.split(" | ")[0] for row in quoted.splitlines()] == [row.split(" | ")[0] for row in form]
    assert run.with_summary(readme, quoted) == readme
