"""Holds the linter's findings against the verdicts of the runs, one acquisition at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flake8_naq.engine import lint
from flake8_naq.model import Finding
from flake8_naq.project.settings import Settings, settings_from_table
from lint.truth.fake import TURNS, Held, Site
from lint.truth.grammar import Program
from lint.truth.runner import RUN_LIMIT, Runs, Step
from lint.truth.verdict import HAND_CLOSED, LEAKS, NEVER_CLOSED, Verdict, all_causes, leaks_by, verdicts

LIFETIME = (HAND_CLOSED, LEAKS, NEVER_CLOSED)
_OPEN = {
    "name": "file",
    "acquire": ["open"],
    "release-methods": ["close"],
    "closed-tests": ["closed"],
    "manager": "with open({args}) as {name}",
}
SETTINGS = {True: Settings(), False: settings_from_table({"resource": [_OPEN]})}


class Kind(StrEnum):
    FALSE_ALARM = "false alarm"  # a leak, or a finding at all, that no run shows
    MISSED_ALARM = "missed alarm"  # less said than the runs show
    OTHER_CODE = "other code"  # a leak, but of the other kind
    WRONG_LINE = "wrong line"  # NAQ102 with a line by which no run leaks
    CRASH = "crash"  # the linter raised


@dataclass(frozen=True, slots=True)
class Disagreement:
    kind: Kind
    program: Program
    site: Site
    verdict: Verdict
    said: str
    trace: str

    def __str__(self) -> str:
        lines = self.program.source.splitlines()
        text = "\n".join(f"{number:3} {line}" for number, line in enumerate(lines, 1))
        truth = f"{self.verdict.code or 'silence'} ({self.verdict.why})"
        return (
            f"{self.kind}: {self.program.name} [{self.program.dialect}], acquired at {self.site[0]}:{self.site[1]}\n"
            f"{text}\n  runs:   {truth}\n  linter: {self.said or 'silence'}\n{self.trace}"
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """One program compared; *skipped* when its runs are too many to be all made."""

    runs: int
    sites: int
    skipped: bool
    disagreements: tuple[Disagreement, ...]


def compared(program: Program, limit: int = RUN_LIMIT) -> Outcome:
    runs = Runs(program.source, limit=limit)
    if not runs.complete:
        return Outcome(runs.count, 0, True, ())
    truth = verdicts(runs)
    try:
        findings = findings_of(program.source, runs.asynchronous)
    except Exception as error:
        return Outcome(runs.count, len(truth), False, tuple(_crashes(program, truth, error)))
    found: list[Disagreement] = []
    for site, verdict in sorted(
        truth.items(), key=lambda item: item[0]
    ):  # what no run reaches cannot be a false alarm
        finding = findings.get(site)
        kind, trace = judged(runs, program, site, verdict, finding)
        if kind is Kind.FALSE_ALARM and longer_runs_agree(program, site, finding):
            kind = None
        if kind is not None:
            said = f"{finding.code} {finding.message}" if finding else ""
            found.append(Disagreement(kind, program, site, verdict, said, trace))
    return Outcome(runs.count, len(truth), False, tuple(found))


def longer_runs_agree(program: Program, site: Site, finding: Finding | None) -> bool:
    """Whether the finding shows where loops turn more often: what no short run shows may be a leak all the same."""
    runs = Runs(program.source, turns=TURNS + 1)
    verdict = verdicts(runs).get(site)
    return verdict is not None and bool(verdict.leaks) and judged(runs, program, site, verdict, finding)[0] is None


def findings_of(source: str, asynchronous: bool) -> dict[Site, Finding]:
    """What the linter says of each acquisition."""
    findings = lint(source, settings=SETTINGS[asynchronous])
    return {(finding.line, finding.column): finding for finding in findings if finding.code in LIFETIME}


def _crashes(program: Program, truth: dict[Site, Verdict], error: Exception) -> Iterator[Disagreement]:
    for site, verdict in truth.items():
        yield Disagreement(Kind.CRASH, program, site, verdict, f"{type(error).__name__}: {error}", "")


def judged(
    runs: Runs, program: Program, site: Site, verdict: Verdict, finding: Finding | None
) -> tuple[Kind | None, str]:
    """How a finding, or silence, on an acquisition differs from what the runs say; and a run that shows it."""
    said = finding.code if finding else None
    if said == verdict.code or (said is not None and said == verdict.may):
        if finding is None or said != LEAKS:
            return None, ""
        return _line(runs, program, site, verdict, finding)
    return _kind(verdict.code, said), trace_text(runs, site, verdict)


def _kind(true: str | None, said: str | None) -> Kind:
    leaks = (LEAKS, NEVER_CLOSED)
    if true in leaks and said in leaks:
        return Kind.OTHER_CODE
    if true is None or said in leaks:
        return Kind.FALSE_ALARM
    return Kind.MISSED_ALARM


_LINE = re.compile(
    r"stays open (?:if|when) (?:the code that )?line (\d+) (raises|is cancelled|returns|breaks|continues|yields|rebinds it|drops it)"
)
_WAYS = {"rebinds it": "is rebound", "drops it": "is rebound"}


def _line(runs: Runs, program: Program, site: Site, verdict: Verdict, finding: Finding) -> tuple[Kind | None, str]:
    match = _LINE.search(finding.message)
    if match is None:
        return Kind.WRONG_LINE, "  the message names no line"
    cause = (int(match[1]), _WAYS.get(match[2], match[2]))
    if leaks_by(runs, site, verdict, cause, program.source):
        return None, ""
    true = ", ".join(f"line {line} {way}" for line, way in sorted(all_causes(runs, site, verdict, program.source)))
    return Kind.WRONG_LINE, f"  leaks by: {true}"


def trace_text(runs: Runs, site: Site, verdict: Verdict) -> str:
    """A leaking run, step by step."""
    if not verdict.leaks:
        return ""
    return "  a leaking run: " + ", ".join(map(_step_text, runs.trace(verdict.leaks[0])))


def _step_text(step: Step) -> str:
    if isinstance(step.what, Held):
        return f"[{step.kind}]"
    if isinstance(step.what, BaseException):
        return f"{step.line} raises {type(step.what).__name__}"
    return "returns" if step.kind == "return" else str(step.line)
