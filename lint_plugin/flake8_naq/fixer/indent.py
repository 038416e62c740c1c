"""Moving lines to the right and left: which lines get which white space. Strings over several lines keep theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flake8_naq.fixer.model import Edit
from flake8_naq.fixer.text import Text


class Indents:
    """The shifts of some lines; each is asked for once, later ones build on earlier ones."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._new: dict[int, str] = {}

    def shift(self, lines: Iterable[int], old: str, new: str) -> None:
        """Let *lines* begin with *new* where they begin with *old*; others, such as less indented comments, stay."""
        if old == new:
            return
        for number in lines:
            current = self._new.get(number, self._text.indent(number))
            if number in self._text.frozen_lines or self._text.is_blank(number) or not current.startswith(old):
                continue
            self._new[number] = new + current[len(old) :]

    def of(self, number: int) -> str:
        """The white space with which a line will begin."""
        return self._new.get(number, self._text.indent(number))

    def edits(self, without: frozenset[int]) -> Iterator[Edit]:
        """The changes, *without* those of lines that disappear."""
        for number, new in sorted(self._new.items()):
            old = self._text.indent(number)
            if number not in without and new != old:
                start = self._text.start_of(number)
                yield Edit(start, start + len(old), new)


def unit_of(text: Text, outer: int, inner: int) -> str:
    """One level of indentation, read off a line and a line of the block below it."""
    shallow, deep = text.indent(outer), text.indent(inner)
    return deep[len(shallow) :] if deep.startswith(shallow) and len(deep) > len(shallow) else "    "
