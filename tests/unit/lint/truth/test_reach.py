"""What the linter says of a program that reaches over modules, attributes and owner classes is what its runs say."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pytest

from flake8_naq.model import Finding, Witness
from lint.truth.compare import NEVER_CLOSED, Disagreement, Kind, judged, longer_runs_agree, trace_text
from lint.truth.corpus import IS_USUAL, bodies, chunk_names
from lint.truth.fake import Site
from lint.truth.grammar import ASYNCHRONOUS, Body
from lint.truth.missed import accepted
from lint.truth.reach import FORMS, OWNER_CODE, Reached
from lint.truth.runner import Runs
from lint.truth.test_truth import report
from lint.truth.verdict import Verdict, overwriting_lines, verdicts

# Each program is run again in each form: the usual suite takes some of the first chunk alone.
_BODIES = 40 if IS_USUAL else None
_CHUNKS = [name for name in chunk_names() if name.startswith("drawn")][: 1 if IS_USUAL else None]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk", _CHUNKS)
def test_what_reaches_further_is_judged_as_the_runs_say(
    chunk: str, form: str, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    counts: Counter[str] = Counter()
    wrong: list[Disagreement] = []
    for number, body in enumerate(islice(bodies(chunk), _BODIES)):
        for reached in FORMS[form](body, ASYNCHRONOUS[number % len(ASYNCHRONOUS)]):
            counts["programs"] += 1
            wrong += _compared(reached, tmp_path, counts)
    counts.update(f"{found.kind}(s)" for found in wrong)
    for name, count in counts.items():
        record_property(f"truth {form}: {name}", count)
    fatal = [found for found in wrong if found.kind in (Kind.FALSE_ALARM, Kind.CRASH)]
    assert not fatal, report(fatal, counts)


_ACQUIRED_AGAIN = """
try:
    nc = OPEN
    try:
        nc = AWAIT made()
    except BaseException:
        PASS(nc)
        raise
    CLOSE(nc)
except BaseException:
    pass
"""


def test_an_attribute_that_is_acquired_again_while_it_is_open_leaks(tmp_path: Path) -> None:
    """Another run hands the first connection on: in this one it is lost all the same."""
    (reached,) = FORMS["attribute"](Body("by hand", tuple(_ACQUIRED_AGAIN.strip().splitlines())), ASYNCHRONOUS[0])
    (finding,) = reached.findings(tmp_path, asynchronous=True)
    assert finding.message.endswith("rebinds it; close it before")
    assert Kind.FALSE_ALARM not in [one.kind for one in _compared(reached, tmp_path, Counter())]

    # Of a line that does not overwrite it, the same would be false.
    runs, by_site = _truth(reached.program.source)
    site = min(by_site)
    assert finding.witness is not None
    elsewhere = finding._replace(witness=Witness(finding.witness.line + 1, "is rebound"))
    wrong = _disagreement(reached, runs, site, by_site[site], elsewhere)
    assert wrong is not None
    assert wrong.kind is Kind.FALSE_ALARM


def _compared(reached: Reached, folder: Path, counts: Counter[str]) -> list[Disagreement]:
    """Hold the findings in the files against the runs of the program, line by line."""
    runs, by_site = _truth(reached.program.source)
    truth = {site[0]: (site, verdict) for site, verdict in by_site.items()}
    counts["runs"] += runs.count
    if not runs.complete or len(truth) < len(by_site):
        counts["skipped"] += 1
        return []
    counts["acquisitions"] += len(truth)
    # An object of an owner class is made on the line before it acquires.
    found = {one.line + (one.code == OWNER_CODE): one for one in reached.findings(folder, runs.asynchronous)}
    wrong = (_disagreement(reached, runs, site, verdict, found.get(line)) for line, (site, verdict) in truth.items())
    return [one for one in wrong if one is not None and not accepted(one)]


@lru_cache(maxsize=1)
def _truth(source: str) -> tuple[Runs, dict[Site, Verdict]]:
    """The runs and their verdicts; the layouts of a program, which follow each other, share them."""
    runs = Runs(source)
    return runs, verdicts(runs)


def _disagreement(
    reached: Reached, runs: Runs, site: Site, verdict: Verdict, finding: Finding | None
) -> Disagreement | None:
    program = reached.program
    if "owner" in program.dialect:
        kind, trace = _of_owner(verdict, finding), trace_text(runs, site, verdict)
    else:
        kind, trace = judged(runs, program, site, verdict, finding)
        if kind is Kind.FALSE_ALARM and (longer_runs_agree(program, site, finding) or _is_overwritten(runs, site, finding)):
            return None
    said = f"{finding.code} {finding.message}" if finding else ""
    return None if kind is None else Disagreement(kind, program, site, verdict, said, trace)


def _is_overwritten(runs: Runs, site: Site, finding: Finding | None) -> bool:
    """Whether the line that the finding names gives an attribute another value while it alone has the resource.

    That loses it, even where other runs hand it on. Of a local name the linter says nothing then.
    """
    witness = finding.witness if finding else None
    if witness is None or finding.acquisition is None or "." not in finding.acquisition.name:
        return False
    return witness.how == "is rebound" and witness.line in overwriting_lines(runs, site)


def _of_owner(verdict: Verdict, finding: Finding | None) -> Kind | None:
    """Of an owner class only the object that is never closed is reported."""
    if finding is None:
        return Kind.MISSED_ALARM if verdict.code == NEVER_CLOSED else None
    return None if (finding.code, verdict.code) == (OWNER_CODE, NEVER_CLOSED) else Kind.FALSE_ALARM
