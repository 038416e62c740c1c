"""Findings as a JSON array for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flake8_naq.report.record import printable, rule_address

if TYPE_CHECKING:
    from flake8_naq.run.check_files import Result


def render(results: Iterable[Result], rule_url: str = "") -> str:
    """Return an array of objects; lines and columns count from 1, columns in characters, the end is exclusive.

    In a notebook, lines are those of the cell.
    """
    return json.dumps(
        [
            {
                "path": printable(result.path),
                "cell": result.cells.number(finding.line) if result.cells is not None else None,
                "line": _line(result, finding.line),
                "column": finding.column,
                "end_line": _line(result, finding.end_line),
                "end_column": finding.end_column,
                "code": finding.code,
                "name": finding.name,
                "message": finding.message,
                "manager": finding.manager.text if finding.manager else None,
                "fix": finding.fix.safety if finding.fix else None,
                "url": rule_address(rule_url, finding.code) or None,
            }
            for result in results
            for finding in result.findings
        ],
        indent=2,
        ensure_ascii=False,
    )


def _line(result: Result, line: int) -> int:
    return result.cells.line(line) if result.cells is not None else line
