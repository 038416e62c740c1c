"""Which fix each finding can have, for reports: planned, never applied, and never a reason for a report to fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_naq.project.codes import off_by_default

if TYPE_CHECKING:
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.model import Finding
    from flake8_naq.project.settings import Settings


def with_planned_fixes(findings: Sequence[Finding], facts: ModuleFacts, settings: Settings, path: str) -> list[Finding]:
    """Return the findings of a file, each with the fix that was planned for it; `facts` are those of the file.

    No finding has a fix where ast-grep-py, which only the fixer needs, is not installed. A plan is an offer and not a
    promise: `flake8-naq fix` also checks the file that it writes, and leaves a finding where that has a new one.
    """
    try:
        from flake8_naq.fixer import planned_fixes  # heavy, and few runs need it
    except ImportError:
        return list(findings)
    try:
        planned = planned_fixes(facts, settings._replace(select=off_by_default()), path, findings)
    except Exception:  # a fix is an extra: a mistake in the fixer must not cost the findings their report
        return list(findings)
    return [one._replace(fix=planned.get(one)) for one in findings]
