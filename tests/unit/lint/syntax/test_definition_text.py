"""The definitions of a name in a text that is not parsed."""

from __future__ import annotations

import pytest

from flake8_naq.syntax.definition_text import Definition, defined_in, definitions, is_decorated

SOURCE = b"""\
from app import get, made, shared

@cached
async def get(get=get): pass
class made_here: pass
    def made(self): pass
shared: int = 1
shared == made
# def other
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("get", [(b"", b"async ", b"get")]),
        ("made", [(b"    ", None, b"made")]),
        ("made_here", [(b"", None, b"made_here")]),
        ("shared", [(b"", None, None)]),
        ("other", []),
    ],
)
def test_definitions(name: str, expected: list[tuple[bytes, bytes | None, bytes | None]]) -> None:
    found = [(one["indent"], one["async"], one["defined"]) for one in definitions(SOURCE, name)]

    assert found == expected


def test_each_line_is_found_once_and_all_lines_are() -> None:
    assert [one.start() for one in definitions(b"def f(f=1): f\nf = 2\nf: int", "f")] == [0, 14, 20]


@pytest.mark.parametrize(
    ("source", "expected"),
    [(b"@one\ndef f(): 1", True), (b"#\ndef f(): 1", False), (b"def f(): 1", False), (b"@one\n\ndef f(): 1", False)],
)
def test_a_decorator_is_on_the_line_above(source: bytes, expected: bool) -> None:
    (found,) = definitions(source, "f")

    assert is_decorated(source, found) is expected


def test_all_functions_and_classes_are_found() -> None:
    assert list(defined_in("class Größe: pass\ndef f():\n    async  def g(): pass\nundef x\nclassic = 1\n")) == [
        Definition(0, "", "Größe", True),
        Definition(18, "", "f", False),
        Definition(27, "    ", "g", False),
    ]
