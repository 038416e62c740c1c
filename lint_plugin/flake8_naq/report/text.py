"""Findings as lines of text, with a code frame where a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

# A frame needs so many columns, however narrow the terminal is.
_NARROWEST = 20

if TYPE_CHECKING:
    from flake8_naq.model import Finding
    from flake8_naq.run.check_files import Result


def plain(results: Iterable[Result]) -> Iterator[str]:
    """Return `path:line:column: code message`, as flake8 prints it."""
    for result in results:
        for finding in result.findings:
            yield f"{result.path}:{finding.line}:{finding.column}: {finding.code} {finding.message}"


def framed(results: Iterable[Result], width: int) -> Iterator[str]:
    """Return the finding as rich markup, with the marked source line below, no wider than `width`."""
    from rich.markup import escape

    for result in results:
        for finding in result.findings:
            place = escape(f"{result.path}:{finding.line}:{finding.column}")
            yield f"[bold]{place}[/]: [bold red]{finding.code}[/] {escape(finding.message)}"
            yield from map(escape, _frame(finding, result.lines, width))


def _frame(finding: Finding, lines: tuple[str, ...], width: int) -> Iterator[str]:
    from rich.cells import cell_len

    number = f"{finding.line}"
    source = lines[finding.line - 1].rstrip() if finding.line <= len(lines) else ""
    start = finding.column - 1
    end = finding.end_column - 1 if finding.end_line == finding.line else len(source)
    source, start, end = _cut(source.expandtabs(1), start, max(end, start + 1), width - len(number) - 5)
    yield f"  {number} | {source}"
    yield f"  {' ' * len(number)} | {' ' * cell_len(source[:start])}{'^' * max(1, cell_len(source[start:end]))}"


def _cut(source: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """Return the part of a line that fits and contains the marked place, and the new position of that place."""
    from rich.cells import cell_len, set_cell_size

    room = max(room, _NARROWEST)
    if cell_len(source) <= room:
        return source, start, end
    first = 0
    if cell_len(source[:end]) >= room:
        lead = start  # as much before the place as leaves the place its room
        while lead > 0 and cell_len(source[lead - 1 : end]) < room - 1 and start - lead < room // 2:
            lead -= 1
        first = lead
    shown = f"…{source[first:]}" if first else source
    moved = 1 - first if first else 0
    if cell_len(shown) > room:
        shown = f"{set_cell_size(shown, room - 1).rstrip()}…"
    return shown, start + moved, min(end + moved, len(shown))


def summary(results: Sequence[Result], files: int) -> str:
    """Return one line with the totals."""
    counted = [result for result in results if result.findings]
    total = sum(len(result.findings) for result in counted)
    known = sum(result.known for result in results)
    beside = f"; {known} known to the baseline" if known else ""
    if not total:
        return f"{files} file{'s' * (files != 1)} checked, nothing {'new' if known else 'found'}{beside}"
    return f"{total} finding{'s' * (total != 1)} in {len(counted)} of {files} file{'s' * (files != 1)}{beside}"
