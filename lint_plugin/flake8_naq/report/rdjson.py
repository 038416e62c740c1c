"""Findings in the diagnostic format of reviewdog, which comments on pull requests of many hosts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flake8_naq.report.fix_records import Fix
from flake8_naq.report.record import Record, Unchecked, printable, rule_address


def render(found: Iterable[Record], unchecked: Iterable[Unchecked] = (), rule_url: str = "") -> str:
    """Return the report, a JSON object; `rule_url` is the address of a rule's page, with `{code}` for its code."""
    diagnostics = [_diagnostic(record, rule_url) for record in found]
    diagnostics += [
        {
            "message": file.reason,
            "location": {"path": printable(file.path), "range": {"start": {"line": file.line or 1}}},
            "severity": "ERROR",
            "code": {"value": "not-checked"},
        }
        for file in unchecked
    ]
    return json.dumps({"source": {"name": "flake8-naq"}, "diagnostics": diagnostics}, indent=2, ensure_ascii=False)


def _diagnostic(record: Record, rule_url: str) -> dict[str, Any]:
    end: dict[str, int] = {"line": record.end_line or record.line}
    if record.end_column is not None and record.end_line == record.line:
        end["column"] = _in_bytes(record.source, record.end_column)
    start = {"line": record.line, "column": _in_bytes(record.source, record.column)}
    code = {"value": record.code}
    if address := rule_address(rule_url, record.code):
        code["url"] = address
    diagnostic = {
        "message": record.message,
        "location": {"path": printable(record.path), "range": {"start": start, "end": end}},
        "severity": str(record.level).upper(),
        "code": code,
    }
    return {**diagnostic, "suggestions": _suggestions(record.fix)} if _is_of_whole_lines(record.fix) else diagnostic


def _in_bytes(source: str, column: int) -> int:
    """Return a column in bytes of UTF-8, which reviewdog counts, from one in characters."""
    return len(source[: column - 1].encode("utf-8", "surrogatepass")) + 1


def _is_of_whole_lines(fix: Fix | None) -> bool:
    """Return whether the fix replaces whole lines; only the last line of a file may have no end."""
    return fix is not None and all(one.column == one.end_column == 1 for one in fix.replacements)


def _suggestions(fix: Fix | None) -> list[dict[str, Any]]:
    return [
        {
            "range": {
                "start": {"line": one.line, "column": one.column},
                "end": {"line": one.end_line, "column": one.end_column},
            },
            "text": one.text,
        }
        for one in (fix.replacements if fix else ())
    ]
