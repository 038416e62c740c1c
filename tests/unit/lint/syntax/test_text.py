"""Places in a text: `ast` counts UTF-8 bytes in its columns, the text counts characters."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.text import Text


@pytest.mark.parametrize("before", ["x", "é", "😀", "é😀x", "\f"])
def test_spans_count_characters(before: str) -> None:
    source = f"a = ['{before}', name]\n"
    node = next(one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Name) and one.id == "name")
    text = Text(source)
    assert text.of(node) == "name"
    assert text.span(node).start == source.index("name")


def test_lines_and_offsets() -> None:
    text = Text("a\n  b\n\n\tc")
    assert [text.start_of(number) for number in (1, 2, 3, 4, 5)] == [0, 2, 6, 7, 9]
    assert [text.line_at(offset) for offset in (0, 1, 2, 6, 7, 9, 20)] == [1, 1, 2, 3, 4, 4, 4]
    assert [text.indent(number) for number in (1, 2, 3, 4)] == ["", "  ", "", "\t"]
    assert [text.is_blank(number) for number in (1, 2, 3, 4)] == [False, False, True, False]
    assert text.source[slice(*text.whole_lines(2, 3))] == "  b\n\n"


def test_silenced_lines() -> None:
    text = Text("a  # noqa\nb  # NOQA: E1\nc  # no\nnoqa")
    assert [text.silenced(number) for number in (1, 2, 3, 4)] == [True, True, False, False]
