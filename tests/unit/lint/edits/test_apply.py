"""Edits become text, and edits that touch the same characters are refused."""

from __future__ import annotations

import pytest

from flake8_naq.edits.apply import Overlap, applied, difference, overlap, parsed
from flake8_naq.edits.model import Edit
from flake8_naq.syntax.concrete import Concrete
from flake8_naq.syntax.text import Text


def after(source: str, *edits: Edit) -> str:
    return applied(Concrete(Text(source)), list(edits))


@pytest.mark.parametrize(
    ("source", "edits", "expected"),
    [
        ("a = b\n", (), "a = b\n"),
        ("a = b\n", (Edit(0, 1, "x"), Edit(4, 5, "y")), "x = y\n"),
        ("a = b\n", (Edit(4, 5, "y"), Edit(0, 1, "x")), "x = y\n"),
        ("a = b\n", (Edit(4, 5, "y"), Edit(4, 5, "y")), "a = y\n"),
        ("a = b\n", (Edit(0, 1, "x"), Edit(1, 4, ": ")), "x: b\n"),
        ("a = b\n", (Edit(0, 0, "# c\n"), Edit(0, 1, "x")), "# c\nx = b\n"),
        ("a = b\n", (Edit(0, 0, "    "), Edit(0, 0, "with c:\n")), "with c:\n    a = b\n"),
        ("a = b\n", (Edit(6, 6, "c\n"),), "a = b\nc\n"),
        ("a = b\n", (Edit(0, 6, ""),), ""),
        ("", (Edit(0, 0, "c\n"),), "c\n"),
        ("a = b\nc", (Edit(6, 7, ""),), "a = b"),
        ("a = b\r\nc", (Edit(7, 8, ""),), "a = b"),
        ("a = b\nc", (Edit(0, 1, "x"),), "x = b\nc"),
        ("\n  # c\na = b\n", (Edit(7, 8, "x"),), "\n  # c\nx = b\n"),
        ("\n\na = b\n", (Edit(2, 2, "c\n"),), "\n\nc\na = b\n"),
        ("a = b\n\n\n", (Edit(0, 1, "x"),), "x = b\n\n\n"),
        ("é = '🎉'; b\n", (Edit(0, 1, "x"), Edit(9, 10, "é")), "x = '🎉'; é\n"),
    ],
)
def test_applied(source: str, edits: tuple[Edit, ...], expected: str) -> None:
    assert after(source, *edits) == expected


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], False),
        ([Edit(0, 2, "x")], False),
        ([Edit(0, 2, "x"), Edit(0, 2, "x")], False),
        ([Edit(0, 2, "x"), Edit(0, 2, "y")], True),
        ([Edit(0, 2, "x"), Edit(2, 3, "y")], False),
        ([Edit(0, 2, "x"), Edit(1, 3, "y")], True),
        ([Edit(1, 3, "y"), Edit(0, 2, "x")], True),
        ([Edit(0, 5, "x"), Edit(2, 2, "y")], True),
        ([Edit(0, 2, "x"), Edit(2, 2, "y")], False),
    ],
)
def test_overlap(edits: list[Edit], expected: bool) -> None:
    assert overlap(edits) is expected


def test_overlapping_edits_are_not_applied() -> None:
    with pytest.raises(Overlap):
        after("a = b\n", Edit(0, 3, "x"), Edit(2, 5, "y"))


def test_warnings_of_the_parser_stay_silent() -> None:
    # In this suite a warning is an error.
    assert parsed("'\\d'\n1 is 1\n").body


@pytest.mark.parametrize(
    ("before", "now", "edit"),
    [
        ("a = b\n", "a = c\n", Edit(4, 5, "c")),
        ("a = b\n", "a = b\n", Edit(6, 6, "")),
        ("a\nb\n", "a\na\nb\n", Edit(2, 2, "a\n")),
        ("a\na\nb\n", "a\nb\n", Edit(2, 4, "")),
        ("aaa", "aa", Edit(2, 3, "")),
        ("", "a", Edit(0, 0, "a")),
    ],
)
def test_difference(before: str, now: str, edit: Edit) -> None:
    assert difference(before, now) == edit
    assert after(before, edit) == now
