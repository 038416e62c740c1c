"""Precision and recall of what was reported, in two readings, and the tables that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from judgement.peers import Place, Report
from judgement.samples import AWAITED, OUR_SHAPES, Truth

LEAK_CODES = ("NAQ102", "NAQ103")
# Not in the sums: what the peers cannot see, and labels to which our own tests hold flake8-naq.
_APART = (AWAITED, OUR_SHAPES)


class Reading(Enum):
    """What a report is taken to mean."""

    LEAK = "a leak"
    USE_WITH = "should use with"

    def wanted(self, truth: Truth) -> bool:
        return truth is Truth.LEAKS or (self is Reading.USE_WITH and truth is Truth.BY_HAND)

    def means(self, report: Report) -> bool:
        """Return whether the report is of that kind: a linter that has one code alone means both by it."""
        return self is Reading.USE_WITH or not report.code or report.code in LEAK_CODES


@dataclass(frozen=True, slots=True)
class Score:
    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        """The share of the reports that are right; None where nothing was reported."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """The share of what should be reported that was; None where nothing should be."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


def scored(truths: Mapping[Place, Truth], reports: Iterable[Report], reading: Reading) -> Score:
    """Return the score over acquisitions; a report elsewhere, such as in a helper, is left out."""
    reported = {place for one in reports if reading.means(one) for place in _meant(one.place, truths)}
    counted = {place: reading.wanted(truth) for place, truth in truths.items() if truth is not Truth.EITHER}
    right = sum(wanted and place in reported for place, wanted in counted.items())
    wrong = sum(not wanted and place in reported for place, wanted in counted.items())
    return Score(right, wrong, sum(counted.values()) - right)


def _meant(place: Place, truths: Mapping[Place, Truth]) -> list[Place]:
    """Return the acquisition at the place; all on its line where a linter names the statement and not the call."""
    return [place] if place in truths else [other for other in truths if other[:2] == place[:2]]


Scores = Mapping[str, Mapping[Reading, Mapping[str, Score]]]  # by linter, reading and kind of program


def table(scores: Scores, reading: Reading, kinds: Iterable[str], sizes: Mapping[str, int]) -> str:
    """Return precision and recall by kind of program, a column for each linter."""
    rows = [f"| kind of program | calls | {' | '.join(scores)} |", f"| --- | --- {'| --- ' * len(scores)}|"]
    for kind in kinds:
        cells = (cell(by_reading[reading].get(kind, Score())) for by_reading in scores.values())
        rows.append(f"| {kind} | {sizes.get(kind, 0)} | {' | '.join(cells)} |")
    totals = (cell(total(by_reading[reading])) for by_reading in scores.values())
    rows.append(f"| **all that ran and open files** | {total_size(sizes)} | {' | '.join(totals)} |")
    return "\n".join(rows)


def summary(scores: Scores) -> str:
    """Return one row a linter: both readings, over all programs that ran and open files."""
    rows = ["| linter | a leak: precision | recall | should use `with`: precision | recall |", "| --- " * 5 + "|"]
    for title, by_reading in scores.items():
        sums = [total(by_reading[reading]) for reading in Reading]
        rows.append(f"| {title} | {' | '.join(figure(x) for one in sums for x in (one.precision, one.recall))} |")
    return "\n".join(rows)


def total(by_kind: Mapping[str, Score]) -> Score:
    return sum((score for kind, score in by_kind.items() if kind not in _APART), Score())


def total_size(sizes: Mapping[str, int]) -> int:
    return sum(size for kind, size in sizes.items() if kind not in _APART)


def cell(score: Score) -> str:
    return f"{figure(score.precision)} / {figure(score.recall)}"


def figure(share: float | None) -> str:
    """Return two decimals, cut and not rounded, so that only what is perfect is 1.00; a dash for nothing to divide."""
    return "-" if share is None else f"{int(share * 100 + 1e-9) / 100:.2f}"
