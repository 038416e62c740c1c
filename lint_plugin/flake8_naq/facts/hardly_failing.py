"""Leaks that need something to fail that hardly ever does.

Where the catalogue says that closing raises nothing, that is true of what was taken from the connection, too, as in
`cursor.close()` in front of `connection.close()`. What a loop asks for the end, such as `process.poll()`, just answers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary, Departure


def without_hardly_failing(summary: AcquisitionSummary) -> AcquisitionSummary:
    """Return the summary without the leaks at lines that only close a part, or only ask for the end."""
    resource = summary.origin.resource
    if not summary.leaks or (resource.close_fails and not resource.final_loops):
        return summary
    lines = set(_quiet_lines(summary))
    left = (one for one in summary.leaks if one.departure is not Departure.RAISES or one.line not in lines)
    return summary._replace(leaks=tuple(left)) if lines else summary


def _quiet_lines(summary: AcquisitionSummary) -> Iterator[int]:
    resource = summary.origin.resource
    for kind, nodes in summary.uses.items():
        methods = resource.final_loops if not kind else () if resource.close_fails else ("close",)
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
                yield node.lineno
