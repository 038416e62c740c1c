"""The entries of the fixer: `fix_source` fixes a file's text, `planned_fixes` only tells what could be fixed.

Line ends and a byte order mark stay as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from flake8_naq.engine import may_matter
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.fixer import planner
from flake8_naq.fixer.model import FixResult
from flake8_naq.fixer.session import FindingFilter, new_session
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.model import Finding, PlannedFix
from flake8_naq.settings import Settings
from flake8_naq.syntax.noqa import is_silenced

_ENDS = re.compile(r"\r\n|\r|\n")
_BOM = "\ufeff"
_DEFAULT = Settings()


def fix_source(
    source: str,
    settings: Settings = _DEFAULT,
    *,
    unsafe: bool = False,
    path: str = "-",
    wanted: FindingFilter | None = None,
) -> FixResult:
    """Fix the findings in *source*; with *unsafe*, those too whose fix may change more than the close.

    *wanted* picks the findings that are to be fixed (default: all but those under `# noqa`). SyntaxError where the
    source does not parse. Pure: nothing is read but *source*, and *path* only says which package the file is in.
    """
    if not may_matter(source.encode("utf-8", "surrogatepass"), settings):
        return FixResult(source)
    mark = _BOM if source.startswith(_BOM) else ""
    ends = _ENDS.findall(source)
    plain = _ENDS.sub("\n", source.removeprefix(_BOM))
    session = new_session(plain, settings, path, wanted or _not_silenced)
    session.run(unsafe=False)
    if unsafe:
        session.run(unsafe=True)
    session.finish(plain)
    if session.snapshot.source == plain:
        return FixResult(source, (), session.unfixed(), session.unfollowed)
    after = session.snapshot.source
    if not plain.endswith("\n"):
        after = after.removesuffix("\n")
    fixed = mark + _with_ends(plain, after, ends)
    applied = tuple(sorted(session.gone, key=lambda one: one.finding))
    return FixResult(fixed, applied, session.unfixed(), session.unfollowed)


def planned_fixes(
    facts: ModuleFacts, settings: Settings, path: str, findings: Sequence[Finding]
) -> dict[Finding, PlannedFix]:
    """Return the fix planned for each of `findings`, which follow from `facts`; see `planner.planned_fixes`."""
    return planner.planned_fixes(Snapshot.of(facts, settings, path), findings)


def _not_silenced(findings: list[Finding], lines: list[str]) -> list[Finding]:
    return [one for one in findings if one.line > len(lines) or not is_silenced(lines[one.line - 1], one.code)]


def _with_ends(before: str, after: str, ends: list[str]) -> str:
    """The text with the line ends that its lines had; new lines get the one that is used most."""
    kinds = Counter(ends)
    if set(kinds) <= {"\n"}:
        return after
    usual = kinds.most_common(1)[0][0]
    if len(kinds) == 1:
        return after.replace("\n", usual)
    old, new = before.split("\n"), after.split("\n")
    result = [usual] * (len(new) - 1)
    for first, start, length in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for step in range(length):
            if first + step < len(ends) and start + step < len(result):
                result[start + step] = ends[first + step]
    return "".join(line + end for line, end in zip(new, [*result, ""], strict=True))
