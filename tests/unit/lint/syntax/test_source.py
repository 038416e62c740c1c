"""From bytes to a tree and lines, or one line that says what is wrong."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.source import SourceError, characters, decode, parse, parse_text


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (b"a = 1\nb = 2\n", ["a = 1\n", "b = 2\n"]),
        (b"a = 1\r\nb = 2\r", ["a = 1\n", "b = 2\n"]),
        (b"\xef\xbb\xbfa = 1", ["a = 1"]),
        (b"# coding: latin-1\n'\xe9'\n", ["# coding: latin-1\n", "'\u00e9'\n"]),
        (b"a = 1\x0c\nb = '\xe2\x80\xa8'\n", ["a = 1\x0c\n", "b = '\u2028'\n"]),
        (b"", []),
    ],
)
def test_parse(source: bytes, lines: list[str]) -> None:
    tree, found = parse(source, "x.py")
    assert found == lines
    assert ast.dump(tree) == ast.dump(ast.parse("".join(lines)))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"a = (\n", "line 1: not checked: '(' was never closed"),
        (b"a = 1\n\nb = = 2\n", "line 3: not checked: invalid syntax"),
        (b"a\0", "not checked: it contains null bytes"),
        (b"'\xff'", "not checked: "),
        (b"# coding: nonsense\n", "not checked: unknown encoding: nonsense"),
    ],
)
def test_what_cannot_be_checked(source: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(source, "x.py")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_tree_that_is_too_deep() -> None:
    with pytest.raises(SourceError, match="not checked: "):
        parse_text("(" * 5000 + ")" * 5000, "x.py")


def test_invalid_escapes_are_not_reported() -> None:
    parse_text("a = '\\d'", "x.py")  # a warning would be an error here


def test_decode() -> None:
    assert decode("# é\n".encode()) == "# é\n"
    assert decode(b"# -*- coding: cp1252 -*-\n# \x80") == "# -*- coding: cp1252 -*-\n# \u20ac"


@pytest.mark.parametrize(
    ("line", "offset", "character"),
    [("abc", 2, 2), ("éa", 2, 1), ("éa", 3, 2), ("😀a", 4, 1), ("éa", 1, 0)],
)
def test_characters(line: str, offset: int, character: int) -> None:
    assert characters([line], 1, offset) == character
    assert characters([line], 2, 5) == 5  # a line that does not exist
    assert characters([line], 0, 5) == 5
