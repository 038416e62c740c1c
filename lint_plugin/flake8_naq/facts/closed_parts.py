"""Leaks that need a part of the connection to fail as it is closed: `cursor.close()` in front of `connection.close()`.

Where the catalogue says that closing hardly ever fails, that is true of what was taken from the connection, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary, Departure


def without_closing_parts(summary: AcquisitionSummary) -> AcquisitionSummary:
    """Return the summary without the leaks at lines that only close a part, if closing hardly ever fails."""
    if summary.origin.resource.close_fails or not summary.leaks:
        return summary
    lines = set(_lines_closing_parts(summary))
    left = (one for one in summary.leaks if one.departure is not Departure.RAISES or one.line not in lines)
    return summary._replace(leaks=tuple(left)) if lines else summary


def _lines_closing_parts(summary: AcquisitionSummary) -> Iterator[int]:
    """Yield the lines that close what a method of the resource has given."""
    for kind, nodes in summary.uses.items():
        for node in nodes if kind else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "close":
                yield node.lineno
