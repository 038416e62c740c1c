"""Which findings of a notebook are no findings, as its cells are run one by one."""

from __future__ import annotations

import ast

from flake8_naq.rules.base import Reported
from flake8_naq.rules.lifetime import Acquired
from flake8_naq.syntax.notebook import Cells


def spans_cells(one: Reported, cells: Cells) -> bool:
    """Return whether the finding is on a resource that one cell opens and another cell releases.

    No block can span two cells, and an exception in a cell does not end the program.
    """
    subject = one.report.subject
    if not isinstance(subject, Acquired) or not isinstance(subject.function.scope.node, ast.Module):
        return False
    own = cells.number(subject.verdict.call.lineno)
    return any(cells.number(getattr(node, "lineno", 1)) != own for node in subject.verdict.summary.released)
