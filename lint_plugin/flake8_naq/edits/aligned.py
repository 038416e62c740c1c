"""The lines of a call that are aligned with its first argument, which a fix moves."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.edits.model import Edit
from flake8_naq.edits.snapshot import Snapshot


def aligned(snapshot: Snapshot, call: ast.Call, line: int, by: int) -> Iterator[Edit]:
    """Yield the edits that keep arguments, and what is in them, aligned with the first, which moves by that much."""
    text = snapshot.text
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given or given[0].lineno != line:
        return
    column = text.span(given[0]).start - text.start_of(line)
    for number in range(line + 1, (call.end_lineno or line) + 1):
        if text.indent(number).startswith(" " * column) and number not in snapshot.concrete.frozen_lines:
            start = text.start_of(number)
            yield Edit(start, start + column, " " * max(0, column + by))
