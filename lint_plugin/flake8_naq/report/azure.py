"""Findings as logging commands, which Azure Pipelines shows as issues of a run."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_naq.report.record import Record, Unchecked, printable


def render(found: Iterable[Record], unchecked: Iterable[Unchecked] = ()) -> str:
    """Return one command per line."""
    lines = [
        _command(str(record.level), record.path, record.line, record.column, record.code, record.message)
        for record in found
    ]
    lines += [_command("error", file.path, file.line or 1, 1, "not-checked", file.reason) for file in unchecked]
    return "\n".join(lines)


def _command(level: str, path: str, line: int, column: int, code: str, message: str) -> str:
    properties = {"type": level, "sourcepath": path, "linenumber": line, "columnnumber": column, "code": code}
    shown = "".join(f"{key}={_property(str(value))};" for key, value in properties.items())
    return f"##vso[task.logissue {shown}]{_text(message)}"


def _text(text: str) -> str:
    return printable(text).replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace("]", "%5D").replace(";", "%3B")
