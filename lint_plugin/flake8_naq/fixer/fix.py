"""The entries of the fixer: `fix_source` fixes a file's text, `planned_fixes` only tells what could be fixed.

Line ends and a byte order mark stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.fixer import planner
from flake8_naq.fixer.model import FixResult
from flake8_naq.fixer.session import FindingFilter, new_session
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.linking.modules import Modules
from flake8_naq.model import Finding, PlannedFix
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.line_ends import split_line_ends, with_line_ends
from flake8_naq.syntax.noqa import is_silenced

_BOM = "\ufeff"
_DEFAULT = Settings()


def fix_source(
    source: str,
    settings: Settings = _DEFAULT,
    *,
    unsafe: bool = False,
    path: str = "-",
    wanted: FindingFilter | None = None,
    modules: Modules | None = None,
) -> FixResult:
    """Fix the findings in `source`; with `unsafe`, also those whose fix may change more than the close.

    `wanted` picks the findings to fix (default: all but those under `# noqa`). Raises SyntaxError where the
    source does not parse. Of the disk, only the `modules` that the file at `path` imports are read.
    """
    modules = modules or Modules(settings)
    if not modules.matters(source.encode("utf-8", "surrogatepass"), path):
        return FixResult(source)
    mark = _BOM if source.startswith(_BOM) else ""
    plain, ends = split_line_ends(source.removeprefix(_BOM))
    session = new_session(Snapshot(plain, settings, path, modules), wanted or _not_silenced)
    session.run(unsafe=False)
    if unsafe:
        session.run(unsafe=True)
    session.finish(plain)
    if session.snapshot.source == plain:
        return FixResult(source, (), session.unfixed(), session.unfollowed)
    after = session.snapshot.source
    if not plain.endswith("\n"):
        after = after.removesuffix("\n")
    fixed = mark + with_line_ends(plain, after, ends)
    applied = tuple(sorted(session.gone, key=lambda one: one.finding))
    return FixResult(fixed, applied, session.unfixed(), session.unfollowed)


def planned_fixes(
    facts: ModuleFacts, settings: Settings, path: str, findings: Sequence[Finding]
) -> dict[Finding, PlannedFix]:
    """Return the fix planned for each of `findings`, which follow from `facts`; see `planner.planned_fixes`."""
    return planner.planned_fixes(Snapshot.of(facts, settings, path), findings)


def _not_silenced(findings: list[Finding], lines: list[str]) -> list[Finding]:
    return [one for one in findings if not is_silenced(lines[one.line - 1], one.code)]
