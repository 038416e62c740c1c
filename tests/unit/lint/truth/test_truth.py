"""The linter's verdict on every generated program is what its runs say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lint.truth.compare import Disagreement, Kind, compared
from lint.truth.corpus import IS_USUAL, chunk_names, programs
from lint.truth.grammar import Program
from lint.truth.missed import ACCEPTED, accepted, page
from lint.truth.runner import RUN_LIMIT

_SHOWN = 3  # of each kind
# A few drawn programs have thousands of runs and take most of the time: the usual suite leaves them out.
_LIMIT = 800 if IS_USUAL else RUN_LIMIT
# Of programs that are not yet known, what is never accepted; the rest is counted.
_FATAL = frozenset(Kind) if IS_USUAL else frozenset({Kind.FALSE_ALARM, Kind.CRASH})


@pytest.mark.parametrize("chunk", chunk_names())
def test_linter_says_what_the_runs_say(chunk: str, record_property: pytest.RecordProperty) -> None:
    counts: Counter[str] = Counter()
    wrong: list[Disagreement] = []
    for program in programs(chunk):
        outcome = compared(program, _LIMIT)
        counts.update(programs=1, runs=outcome.runs, acquisitions=outcome.sites, skipped=outcome.skipped)
        wrong += (found for found in outcome.disagreements if not accepted(found))
        counts["accepted missed alarm(s)"] += sum(map(accepted, outcome.disagreements))
    for kind in Kind:
        counts[f"{kind}(s)"] = sum(found.kind is kind for found in wrong)
    for name, count in counts.items():
        record_property(f"truth {name}", count)
    fatal = [found for found in wrong if found.kind in _FATAL]
    assert not fatal, report(fatal, counts)


def report(wrong: list[Disagreement], counts: Counter[str]) -> str:
    """The counts, then the shortest programs of each kind."""
    wrong = sorted(wrong, key=lambda found: len(found.program.source))
    shown = [str(found) for kind in Kind for found in [one for one in wrong if one.kind is kind][:_SHOWN]]
    return "\n\n".join([", ".join(f"{count} {name}" for name, count in counts.items()), *shown])


def test_what_is_listed_as_missed_is_missed() -> None:
    for entry in ACCEPTED:
        found = compared(Program(entry.name, "", entry.program)).disagreements
        assert [one.kind for one in found] == [Kind.MISSED_ALARM], entry.name
        assert all(map(accepted, found)), entry.name


def test_the_page_of_missed_alarms_is_the_list() -> None:
    assert Path(__file__).with_name("missed.md").read_text(encoding="utf-8") == page()
