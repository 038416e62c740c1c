"""Findings as lines of text, for logs, and what a report says at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flake8_naq.model import FixSafety

if TYPE_CHECKING:
    from flake8_naq.run.check_files import Result


def plain(results: Iterable[Result]) -> Iterator[str]:
    """Return `path:line:column: code message`, as flake8 prints it."""
    for result in results:
        for finding in result.findings:
            yield f"{result.path}:{result.place(finding.line, finding.column)}: {finding.code} {finding.message}"


def grouped(results: Iterable[Result]) -> Iterator[str]:
    """Return the findings under the path of their file, with a blank line between files."""
    found = [result for result in results if result.findings]
    for number, result in enumerate(found):
        if number:
            yield ""
        yield f"{result.path}:"
        places = [result.place(finding.line, finding.column) for finding in result.findings]
        width = max(map(len, places))
        for place, finding in zip(places, result.findings, strict=True):
            yield f"  {place:<{width}}  {finding.code} {finding.message}"


def statistics(results: Iterable[Result]) -> Iterator[str]:
    """Return the number of findings of each code, the most frequent code first."""
    counted = by_code(results)
    width = max((len(str(number)) for _, _, number in counted), default=0)
    yield from (f"{number:>{width}}  {code}  {name}" for code, name, number in counted)


def by_code(results: Iterable[Result]) -> list[tuple[str, str, int]]:
    """Return code, name and number of findings of each rule that has some, the most frequent first."""
    found = Counter((finding.code, finding.name) for result in results for finding in result.findings)
    return sorted(((code, name, number) for (code, name), number in found.items()), key=lambda one: (-one[2], one[0]))


def summary(results: Sequence[Result], files: int, fixed: int = 0) -> str:
    """Return one line with the totals: findings, those that were `fixed` before, and those that can be fixed."""
    counted = [result for result in results if result.findings]
    total = sum(len(result.findings) for result in counted)
    known = sum(result.known for result in results)
    beside = f"; {known} known to the baseline" if known else ""
    if fixed:
        beside += f"; {fixed} fixed"
    if not total:
        return f"{files} file{'s' * (files != 1)} checked, nothing {'new' if known else 'found'}{beside}"
    found = f"{total} finding{'s' * (total != 1)} in {len(counted)} of {files} file{'s' * (files != 1)}"
    return f"{found}{beside}{_fixable(counted)}"


def _fixable(results: Iterable[Result]) -> str:
    """Return how many findings the fixer plans to fix; empty for none."""
    planned = Counter(finding.fix.safety for result in results for finding in result.findings if finding.fix)
    safe, unsafe = planned[FixSafety.SAFE], planned[FixSafety.UNSAFE]
    if not safe and not unsafe:
        return ""
    if not safe:
        return f"; `flake8-naq fix --unsafe-fixes` may fix {unsafe}"
    return f"; `flake8-naq fix` can fix {safe}" + (f", {unsafe} more with --unsafe-fixes" if unsafe else "")
