"""Printing results: tables for people, JSON for programs. Nothing here depends on the library.

rich draws the tables. If the output is not a terminal, they are plain text with full width.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

# Width in characters of a table in a file or a pipe.
WIDTH_ELSEWHERE = 200
# Smallest width of a column on a narrow terminal.
NARROWEST = 6


def console(least: int = 0) -> Console:
    """Return a console for the present standard output, at least `least` characters wide."""
    width = WIDTH_ELSEWHERE
    if sys.stdout.isatty():
        width = max(least, Console(file=sys.stdout).width)
    return Console(file=sys.stdout, highlight=False, width=width)


def print_json(value: Any, *, lines: bool = False) -> None:
    """Print the value as JSON: indented, or with `lines` on one line."""
    data = msgspec.json.encode(value, enc_hook=str)
    sys.stdout.write((data if lines else msgspec.json.format(data, indent=2)).decode() + "\n")
    sys.stdout.flush()


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str, whole: Sequence[str] = ()
) -> None:
    """Print a table, or `empty` when there are no rows.

    Cells of the columns in `whole` are never wrapped, so that an id can be copied from a narrow terminal.
    """
    drawn, least = table(title, columns, rows, empty, whole)
    console(least).print(drawn)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str, whole: Sequence[str] = ()
) -> tuple[RenderableType, int]:
    """Return a table, or `empty` when there are no rows, and the least width at which no cell of `whole` is wrapped."""
    filled = [[_cell(cell) for cell in row] for row in rows]
    if not filled:
        return Text(empty), 0
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    least = 0
    for index, column in enumerate(columns):
        numeric = all(row[index].plain.replace(".", "", 1).isdecimal() for row in filled)
        longest = max(len(column), *(row[index].cell_len for row in filled)) if column in whole else 0
        least += max(longest, NARROWEST) + 2
        drawn.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=column in whole,
            min_width=longest or None,
        )
    for row in filled:
        drawn.add_row(*row)
    return drawn, least


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair on a line; empty values are left out."""
    console().print(listed(fields))


def listed(fields: Iterable[tuple[str, object]]) -> RenderableType:
    """Return names and values, one pair on a line; empty values are left out."""
    drawn = Table(box=None, show_header=False, pad_edge=False)
    drawn.add_column(style="bold")
    drawn.add_column(overflow="fold")
    for name, value in fields:
        if value not in (None, "", ()):
            drawn.add_row(name, _cell(value))
    return drawn


def print_line(text: str) -> None:
    """Print one line without wrapping it."""
    console().print(Text(text), soft_wrap=True)


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Show `text` with an animation inside the block if standard error is a terminal."""
    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield
        return
    with errors.status(text):
        yield


def _cell(value: object) -> Text:
    # A `Text`, so that rich does not interpret markup in it. Control characters must not reach the terminal.
    text = str(value)
    return Text("".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text))
