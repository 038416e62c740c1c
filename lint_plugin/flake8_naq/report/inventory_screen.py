"""The inventory for a terminal, as text of rich: a list that fits its width, with colour by state, and the totals."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rich.cells import cell_len
from rich.markup import escape

from flake8_naq.inventory.model import Connection, Inventory
from flake8_naq.model import State
from flake8_naq.project.paths import file_url
from flake8_naq.report.frames import link
from flake8_naq.report.inventory_text import cells, on_one_line, totals

_STYLES = {
    State.MANAGED: "green",
    State.HANDED_OFF: "cyan",
    State.BY_HAND: "yellow",
    State.LEAKS: "bold red",
    State.NEVER_CLOSED: "bold red",
}
_GAP = 2


def lines(inventory: Inventory, width: int) -> Iterator[str]:
    """Return markup: a connection is one line where the terminal is wide enough, and else a few short ones."""
    rows = [tuple(map(on_one_line, cells(one))) for one in inventory.connections]
    columns = [max(map(cell_len, column)) for column in zip(*rows, strict=True)] if rows else []
    wide = sum(columns) + _GAP * (len(columns) - 1) <= width
    for connection, row in zip(inventory.connections, rows, strict=True):
        yield from [_wide(connection, row, columns)] if wide else _narrow(connection, row, width)
    if rows:
        yield ""
    yield from map(escape, totals(inventory))


def _wide(connection: Connection, row: tuple[str, ...], columns: list[int]) -> str:
    padding = [" " * (width - cell_len(cell)) for cell, width in zip(row, columns, strict=True)]
    shown = [escape(cell) for cell in row]
    shown[2] = _place(connection, row[2])
    shown[4] = _state(connection)
    return (" " * _GAP).join(cell + pad for cell, pad in zip(shown, padding, strict=True)).rstrip()


def _narrow(connection: Connection, row: tuple[str, ...], width: int) -> Iterator[str]:
    """The place first, then its state and the rest, each line cut to the width."""
    priority, pattern, place, function, _, rule, fix, manager = row
    yield _place(connection, _end(place, width))
    yield f"  {_state(connection)}"
    facts = [f"{priority} priority" if priority else "", f"pattern {pattern}", rule, f"fix: {fix}" if fix else ""]
    inner = width - _GAP
    for text in (*_filled(list(filter(None, facts)), inner), _end(f"in {function}", inner), _start(manager, inner)):
        if text:
            yield f"  {escape(text)}"


def _filled(words: list[str], width: int) -> list[str]:
    """Return the words, separated by commas, on as few lines as they need."""
    found: list[str] = []
    for word in words:
        if found and cell_len(found[-1]) + cell_len(word) + _GAP < width:
            found[-1] += f", {word}"
        else:
            found.append(word)
    return found


def _place(connection: Connection, text: str) -> str:
    return f"[bold]{link(text, file_url(os.path.abspath(connection.path)))}[/]"


def _state(connection: Connection) -> str:
    return f"[{_STYLES[connection.state]}]{connection.state}[/]"


def _end(text: str, width: int) -> str:
    """Return the text, or its end behind an ellipsis: in a path and a name the end says most."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return f"…{text}"


def _start(text: str, width: int) -> str:
    """Return the text, or its start before an ellipsis: the start of a line of code says most."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[:-1]
    return f"{text}…"
