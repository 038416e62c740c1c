"""One program fixed, and everything that is wrong with it: the one face between the harness and the fixer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flake8_naq.engine import lint
from flake8_naq.model import Finding
from flake8_naq.project.settings import settings_from_table
from lint.fixer.truth.difference import Compared, Permit, compared
from lint.fixer.truth.spelling import Case
from lint.fixer.truth.textual import text_faults

LIFETIME = ("NAQ101", "NAQ102", "NAQ103")
# What the page of each rule says that its unsafe fix may change besides the close.
_RELEASED = (
    Permit.SERVER
    | Permit.CLOSE_FIRST
    | Permit.QUIET_CLOSE
    | Permit.DRAIN
    | Permit.WAIT
    | Permit.NONE
    | Permit.UNBOUND
    | Permit.FINALLY
)
UNSAFE_PERMITS = {
    "NAQ101": _RELEASED,
    "NAQ102": _RELEASED,
    "NAQ103": Permit.SERVER | Permit.CLOSED_LATER,
    "NAQ302": Permit.SERVER | Permit.CONSTRUCTOR,
}
# What any fix of these rules may change: the code could not work as it stood.
PERMITS = {
    "NAQ102": Permit.CLOSED_LATER,
    "NAQ104": Permit.UNBOUND | Permit.NONE,
    "NAQ109": Permit.BROKEN | Permit.AWAITED,
    "NAQ303": Permit.BROKEN,
    "NAQ304": Permit.BROKEN,
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a fixer made of a program: the new text, and the findings of the old one that are gone."""

    text: str
    gone: tuple[Finding, ...]


Fixer = Callable[[Case, bool], Fixed]


@dataclass(frozen=True, slots=True)
class Judged:
    """One program after one fix; *faults* are in words, the first one is the worst."""

    case: Case
    unsafe: bool
    fixed: Fixed
    compared: Compared | None
    faults: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.fixed.text != self.case.source

    def __str__(self) -> str:
        mode = "all fixes" if self.unsafe else "safe fixes"
        return "\n".join(
            [
                f"{self.case.name}, {mode}, settings {self.case.table}",
                *(f"- {fault}" for fault in self.faults),
                "--- before",
                self.case.source,
                "--- after",
                self.fixed.text,
            ]
        )


def judged(case: Case, unsafe: bool, fixer: Fixer) -> Judged:
    """Fix *case*, run both, look at both."""
    settings = settings_from_table(case.table)
    findings = lint(case.source, settings=settings)
    fixed = fixer(case, unsafe)
    if fixed.text == case.source:
        return Judged(case, unsafe, fixed, None, ())
    faults = list(text_faults(case.source, fixed.text, settings, findings))
    if any(fault.startswith("does not parse") for fault in faults):
        return Judged(case, unsafe, fixed, None, tuple(faults))
    permit = permits(fixed, unsafe) | (Permit.SUPPRESSED if "suppress(" in case.source else Permit.NOTHING)
    result = compared(case.source, fixed.text, _closed_lines(fixed), permit, case.same_server)
    if result.difference is not None:
        faults.insert(0, str(result.difference))
    faults += _again(case, unsafe, fixed, fixer)
    return Judged(case, unsafe, fixed, result, tuple(faults))


def _again(case: Case, unsafe: bool, fixed: Fixed, fixer: Fixer) -> Iterator[str]:
    again = fixer(Case(case.name, fixed.text, case.table, case.same_server), unsafe)
    if again.text != fixed.text:
        yield f"the second run changes something more:\n{again.text}"


def _closed_lines(fixed: Fixed) -> frozenset[int]:
    """The lines whose acquisitions every run must close; what other code gets where nothing fails stays open there."""
    gone = (finding for finding in fixed.gone if "before it is handed on" not in finding.message)
    return frozenset(finding.line for finding in gone if finding.code in LIFETIME)


def permits(fixed: Fixed, unsafe: bool) -> Permit:
    """What may differ, by the findings that are gone."""
    permit = Permit.NOTHING
    for finding in fixed.gone:
        permit |= PERMITS.get(finding.code, Permit.NOTHING)
        if unsafe:
            permit |= UNSAFE_PERMITS.get(finding.code, Permit.NOTHING)
    return permit
