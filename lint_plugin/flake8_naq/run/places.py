"""Lines as reports name them: in a file the line, in a notebook the cell and the line in it. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_naq.syntax.notebook import Cells

NOTEBOOK = ".ipynb"


def place(line: int, cells: Cells | None) -> str:
    """Return `12`, or `cell 3:2` for a line of a notebook's text."""
    return str(line) if cells is None else f"cell {cells.number(line)}:{cells.line(line)}"
