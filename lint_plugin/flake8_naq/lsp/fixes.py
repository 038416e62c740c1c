"""Plans fixes for an editor, and caches those of the most recent texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_naq.lsp.checking import Checked, Checker
from flake8_naq.model import Finding
from flake8_naq.project.extras import not_installed

if TYPE_CHECKING:
    from flake8_naq.fixer import FixResult

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Fix:
    """The fix of a finding: the new text, or the reason why there is none; `caveat` names other changes.

    `later`: that is not known yet.
    """

    text: str | None
    reason: str = ""
    caveat: str = ""
    later: bool = False


class Fixes:
    """Plans fixes and caches those of the most recent texts."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._known: dict[tuple[str, str, Finding | None], Fix] = {}

    def known(self, path: str, checked: Checked, finding: Finding | None) -> Fix | None:
        """Return the fix if it is in the cache."""
        return self._known.get((path, checked.text, finding))

    def of(self, path: str, checked: Checked, finding: Finding | None) -> Fix:
        """Return the fix of one finding, safe or not; without a finding, the safe fixes of all findings."""
        key = (path, checked.text, finding)
        if key not in self._known:
            while len(self._known) >= _KEPT:
                del self._known[next(iter(self._known))]
            try:
                self._known[key] = self._all(path, checked) if finding is None else self._one(path, checked, finding)
            except ModuleNotFoundError:  # warnings are worth having without fixes
                self._known[key] = Fix(None, not_installed("ast_grep_py"))
        return self._known[key]

    def forget(self) -> None:
        """Plan the fixes again: a setting may have changed."""
        self._known.clear()

    def _one(self, path: str, checked: Checked, finding: Finding) -> Fix:
        result = self._result(path, checked, _once(finding), unsafe=False)
        if result.applied:
            return Fix(result.source)
        [left] = result.unfixed or [None]
        if left is None or not left.caveat:
            return Fix(None, left.reason if left else "it is not there any more")
        result = self._result(path, checked, _once(finding), unsafe=True)
        return Fix(result.source, caveat=left.caveat) if result.applied else Fix(None, result.unfixed[0].reason)

    def _all(self, path: str, checked: Checked) -> Fix:
        reported = self._checker.reporter(path)
        result = self._result(path, checked, reported, unsafe=False)
        return Fix(result.source) if result.applied else Fix(None, "nothing here has a safe fix")

    def _result(self, path: str, checked: Checked, wanted: FindingFilter, unsafe: bool) -> FixResult:
        from flake8_naq.fixer import fix_source  # its parser takes longer to import than all else

        return fix_source(checked.text, self._checker.settings(path), unsafe=unsafe, path=path, wanted=wanted)


FindingFilter = Callable[[list[Finding], list[str]], list[Finding]]


def _once(finding: Finding) -> FindingFilter:
    """Selects one finding in the present text, and none in the texts after it."""
    rest = [finding]

    def wanted(findings: list[Finding], lines: list[str]) -> list[Finding]:
        now = [finding for finding in findings if finding in rest]
        rest.clear()
        return now

    return wanted
