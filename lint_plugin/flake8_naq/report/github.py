"""Findings as workflow commands, which GitHub Actions shows as annotations of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_naq.report.record import Record, Unchecked, printable


def render(found: Iterable[Record], unchecked: Iterable[Unchecked] = ()) -> str:
    """Return one command per line; GitHub takes columns only for a range on one line, with an inclusive end."""
    lines = [command(record) for record in found]
    lines += [
        f"::error file={_property(file.path)},{f'line={file.line},' * bool(file.line)}title=not checked::"
        f"{_text(f'{file.path}: {file.reason}')}"
        for file in unchecked
    ]
    return "\n".join(lines)


def command(record: Record) -> str:
    """Return the command for one finding."""
    place = {"file": record.path, "line": str(record.line)}
    if record.end_line is None or record.end_line == record.line:
        place["col"] = str(record.column)
    if record.end_line is not None:
        place["endLine"] = str(record.end_line)
        if record.end_line == record.line and record.end_column is not None:
            place["endColumn"] = str(max(record.column, record.end_column - 1))
    place["title"] = f"{record.code} {record.name}".strip()
    properties = ",".join(f"{key}={_property(value)}" for key, value in place.items())
    # The log shows the text alone, so it says the place once more.
    text = f"{record.path}:{record.line}:{record.column}: {record.code} {record.message}"
    return f"::{record.level} {properties}::{_text(text)}"


def _text(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
