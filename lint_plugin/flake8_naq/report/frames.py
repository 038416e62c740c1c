"""Findings for a terminal, as markup of rich: a headline, and the places in the source that it is about."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.markup import escape

from flake8_naq.project.paths import file_url
from flake8_naq.report.record import rule_address

if TYPE_CHECKING:
    from flake8_naq.model import Finding, Witness
    from flake8_naq.run.check_files import Result
    from flake8_naq.syntax.notebook import Cells

# A frame needs so many columns, however narrow the terminal is.
_NARROWEST = 20
_SHORTEST = 3
_DEPARTURES = {
    "is rebound": "gets another value here",
    "yields": "stays open if the code that this yields to raises or stops",
}


class Place(NamedTuple):
    """A range of one line, from `start` to `end` in characters; `mark` underlines it, and `label` follows the marks."""

    line: int
    start: int
    end: int
    mark: str
    label: str = ""


def framed(results: Iterable[Result], width: int, rule_url: str = "") -> Iterator[str]:
    """Return each finding with its places below, no wider than `width`; place and code are links."""
    for result in results:
        address = file_url(os.path.abspath(result.path))
        for finding in result.findings:
            place = link(f"{result.path}:{result.place(finding.line, finding.column)}", address)
            code = link(finding.code, rule_address(rule_url, finding.code))
            yield f"[bold]{place}[/]: [bold red]{code}[/] {escape(finding.message)}"
            yield from _frame(_places(finding, result.lines), result.lines, width, result.cells)


def link(text: str, address: str) -> str:
    """Return a hyperlink, which rich writes where the terminal shows it."""
    return f"[link={address}]{escape(text)}[/link]" if address and "]" not in address else escape(text)


def _places(finding: Finding, lines: Sequence[str]) -> list[Place]:
    """Return the place of the finding, where the resource is opened, and where it leaks; by line."""
    source = _source(finding.line, lines)
    end = finding.end_column - 1 if finding.end_line == finding.line else len(source)
    opened, witness = finding.acquisition, finding.witness
    others = []
    if witness is not None and witness.line != finding.line:
        others.append(_whole(witness.line, lines, _leaves(witness)))
    if opened is not None and opened.line not in (0, finding.line):
        others.append(_whole(opened.line, lines, "opened here"))
    here = "opened here" if others and opened is not None and opened.line == finding.line else ""
    main = Place(finding.line, finding.column - 1, max(end, finding.column), "^", here)
    return sorted([main, *others])


def _leaves(witness: Witness) -> str:
    return _DEPARTURES.get(witness.how, f"stays open if this {witness.how}")


def _source(line: int, lines: Sequence[str]) -> str:
    return lines[line - 1].rstrip() if 0 < line <= len(lines) else ""


def _whole(line: int, lines: Sequence[str], label: str) -> Place:
    source = _source(line, lines)
    return Place(line, len(source) - len(source.lstrip()), len(source), "-", label)


def _frame(places: Sequence[Place], lines: Sequence[str], width: int, cells: Cells | None) -> Iterator[str]:
    labels = {place.line: str(place.line if cells is None else cells.line(place.line)) for place in places}
    digits = max(map(len, labels.values()))
    before = 0
    for place in places:
        if before and place.line > before + 1:
            yield f"  {'':{digits}} :"
        source = _source(place.line, lines).expandtabs(1)
        seen = place.end if place.mark == "^" else place.start + 1  # of the other places, the beginning says most
        shown, start, end = _cut(source, place.start, seen, width - digits - 5)
        if place.line != before:
            yield f"  {labels[place.line]:>{digits}} | {escape(shown)}"
        end = end if place.mark == "^" else len(shown)
        yield _marks(place, cell_len(shown[:start]), max(1, cell_len(shown[start:end])), digits, width)
        before = place.line


def _marks(place: Place, indent: int, length: int, digits: int, width: int) -> str:
    """Return the line that underlines a place; its label shortens the marks, and is left out if it has no room."""
    head = f"  {'':{digits}} | {' ' * indent}"
    room = width - len(head) - len(place.label) - 1
    if not place.label or (room < length and (place.mark == "^" or room < _SHORTEST)):
        return head + place.mark * length
    return f"{head}{place.mark * min(length, room)} {place.label}"


def _cut(source: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """Return the part of a line that fits and contains the marked place, and the new position of that place."""
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
