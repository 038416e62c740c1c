"""Line ends are taken off and put on again."""

from __future__ import annotations

import pytest

from flake8_naq.syntax.line_ends import split_line_ends, with_line_ends


@pytest.mark.parametrize("source", ["", "a", "a\nb\n", "a\r\nb\r\n", "a\rb", "a\r\nb\nc\r", "a\x0cb\n"])
def test_a_text_comes_out_as_it_was(source: str) -> None:
    plain, ends = split_line_ends(source)
    assert "\r" not in plain
    assert with_line_ends(plain, plain, ends) == source


@pytest.mark.parametrize(
    ("source", "after", "expected"),
    [
        ("a\r\nb\r\n", "a\nx\nb\n", "a\r\nx\r\nb\r\n"),
        ("a\r\nb\nc\n", "a\nx\nb\nc\n", "a\r\nx\nb\nc\n"),
        ("a\nb\r\nc\r\n", "b\nx\n", "b\r\nx\r\n"),
    ],
)
def test_new_lines_get_the_usual_end(source: str, after: str, expected: str) -> None:
    plain, ends = split_line_ends(source)
    assert with_line_ends(plain, after, ends) == expected
