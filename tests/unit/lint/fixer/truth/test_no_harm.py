"""No harm, by execution: generated programs before and after the fix, over all branch, exception and cancellation choices.

`NAQ_HARMLESS` programs, each with safe and with all fixes; `make fuzz-fixes` takes many more. A program that fails is made
smaller before it is shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from flake8_naq.fixer import fix_source
from flake8_naq.project.settings import settings_from_table
from lint.fixer.truth import ruff
from lint.fixer.truth.fixing import Fixed, Judged, judged
from lint.fixer.truth.shrink import shrunk
from lint.fixer.truth.spelling import Case
from lint.fixer.truth.supply import cases, chunk_names


def fixer(case: Case, unsafe: bool) -> Fixed:
    result = fix_source(case.source, settings_from_table(case.table), unsafe=unsafe)
    return Fixed(result.source, tuple(one.finding for one in result.applied))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("chunk", chunk_names())
def test_no_harm(chunk: str, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    changed: list[Judged] = []
    for case in cases(chunk):
        for unsafe in (False, True):
            found = judged(case, unsafe, fixer)
            if found.faults:
                pytest.fail(str(smaller(found)), pytrace=False)
            mode = "unsafe" if unsafe else "safe"
            counts[mode] += 1
            if found.compared is not None:
                counts[f"{mode} changed"] += 1
                counts["runs"] += found.compared.runs
                counts["runs that close what stayed open"] += found.compared.closed
                changed.append(found)
    before, after = [one.case.source for one in changed], [one.fixed.text for one in changed]
    new = ruff.new_findings(before, after, tmp_path / "found")
    assert not new, f"{new[0][1]} is new\n{changed[new[0][0]]}"
    print(dict(counts))
    assert counts["safe changed"] >= 0.1 * counts["safe"], counts
    assert counts["unsafe changed"] >= 0.3 * counts["unsafe"], counts


@pytest.mark.timeout(600)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("chunk", chunk_names()[::2])
def test_what_a_formatter_was_satisfied_with(chunk: str, unsafe: bool, tmp_path: Path) -> None:
    """Code as ruff writes it, imports sorted, is as ruff writes it after the fix."""
    programs = list(cases(chunk))
    texts = ruff.formatted([case.source for case in programs], tmp_path / "before")
    fixed = [fixer(replace(case, source=text), unsafe).text for case, text in zip(programs, texts, strict=True)]
    changed = [number for number, text in enumerate(texts) if fixed[number] != text]
    after = [fixed[number] for number in changed]
    wrong = ruff.unformatted(after, tmp_path / "after") | ruff.unsorted_imports(after, tmp_path / "sorted")
    for number in wrong:
        pytest.fail(f"{texts[changed[number]]}\n--- after\n{after[number]}", pytrace=False)
    assert changed


def smaller(found: Judged) -> Judged:
    """The same fault in the smallest program that has it."""
    kind = _kind(found)

    def again(source: str) -> Judged:
        return judged(Case(found.case.name, source, found.case.table, found.case.same_server), found.unsafe, fixer)

    def still(source: str) -> bool:
        try:
            other = again(source)
        except Exception:  # the smaller program need not be one of the suite's
            return False
        return bool(other.faults) and _kind(other) == kind

    return again(shrunk(found.case.source, still))


def _kind(found: Judged) -> str:
    return found.faults[0].partition(":")[0]
