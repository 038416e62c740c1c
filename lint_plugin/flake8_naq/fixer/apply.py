"""Applying edits to a text, through ast-grep, and parsing what comes out."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from itertools import pairwise

from flake8_naq.fixer.model import Edit
from flake8_naq.syntax.concrete import Concrete


class Overlap(Exception):
    """Two edits of one plan touch the same characters."""


def applied(concrete: Concrete, edits: list[Edit]) -> str:
    """The text after the edits; ast-grep would drop overlapping ones in silence, so they are refused here."""
    ordered = sorted(set(edits))
    if overlap(ordered):
        raise Overlap
    changes = []
    for edit in _joined(ordered):
        change = concrete.root.replace(edit.text)
        change.start_pos, change.end_pos = edit.start, edit.end
        changes.append(change)
    return concrete.root.commit_edits(changes)


def overlap(edits: Iterable[Edit]) -> bool:
    """Whether two edits touch the same characters."""
    return any(two.start < one.end for one, two in pairwise(sorted(set(edits))))


def _joined(edits: list[Edit]) -> list[Edit]:
    """Edits that meet in one place as one, in their order."""
    found: list[Edit] = []
    for edit in edits:
        if found and found[-1].end == edit.start:
            last = found.pop()
            edit = Edit(last.start, edit.end, last.text + edit.text)
        found.append(edit)
    return found


def parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)
