"""The name that was meant, or none."""

from __future__ import annotations

import pytest

from flake8_naq.syntax.spelling import hint, nearest


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("acquires", ["name", "acquire", "manager"], "acquire"),
        ("xyz", ["name", "acquire"], None),
        ("x", [], None),
        ("", ["a"], None),
        ("name", ["names", "name"], "name"),
        ("ab", ["xb", "ax"], None),
        ("abc", ["abx", "xbc"], "abx"),  # as similar, and the same from the start
        ("xbc", ["abc", "xbd"], "xbd"),
        ("abc", ["abz", "aby"], "aby"),  # as similar, and the first in the alphabet
    ],
)
def test_nearest(word: str, known: list[str], found: str | None) -> None:
    assert nearest(word, known) == found
    assert nearest(word, known[::-1]) == found


@pytest.mark.parametrize(("likeness", "found"), [(0.5, "abxy"), (0.51, None)])
def test_nearest_takes_the_least_likeness(likeness: float, found: str | None) -> None:
    assert nearest("abcd", ["abxy"], likeness) == found


@pytest.mark.parametrize(("word", "said"), [("acquires", "did you mean 'acquire'?"), ("xyz", "there is no other")])
def test_hint(word: str, said: str) -> None:
    assert hint(word, ["acquire"], "there is no other") == said
