"""Applies edits to a text, and parses the result."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from flake8_naq.edits.model import Edit
from flake8_naq.syntax.concrete import Concrete

_LINE_ENDS: Final = ("\n", "\r")


class Overlap(Exception):
    """Two edits of one plan touch the same characters."""


def applied(concrete: Concrete, edits: list[Edit]) -> str:
    """Return the text after the edits; raises Overlap where two edits touch the same characters.

    Of two edits at one place, new lines come first: the other one changes the line that is there. The last line ends as
    it did: also where the edits drop the last line, which had no line end.
    """
    ordered = sorted(set(edits), key=lambda one: (one.start, one.end, not one.text.endswith(_LINE_ENDS), one.text))
    if overlap(ordered):
        raise Overlap
    source, pieces, end = concrete.text.source, [], 0
    for edit in ordered:
        pieces += [source[end : edit.start], edit.text]
        end = edit.end
    text = "".join([*pieces, source[end:]])
    return text if not source or source.endswith(_LINE_ENDS) else text.removesuffix("\n").removesuffix("\r")


def difference(before: str, after: str) -> Edit:
    """Return the edit that makes one text of the other, without what both begin and end with."""
    start = _alike(before, after)
    same = _alike(before[start:][::-1], after[start:][::-1])
    return Edit(start, len(before) - same, after[start : len(after) - same])


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def overlap(edits: Iterable[Edit]) -> bool:
    """Whether two edits touch the same characters."""
    return any(two.start < one.end for one, two in pairwise(sorted(set(edits))))


def parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)
