"""Moving lines to the right and left: which lines get which white space. Strings over several lines keep theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from flake8_naq.fixer.concrete import Concrete
from flake8_naq.fixer.model import Edit
from flake8_naq.syntax.text import Text


class Indents:
    """The shifts of some lines; later shifts of a line start from its earlier ones."""

    def __init__(self, concrete: Concrete) -> None:
        self._text = concrete.text
        self._frozen_lines = concrete.frozen_lines
        self._new: dict[int, str] = {}

    def shift(self, lines: Iterable[int], old: str, new: str) -> None:
        """Let `lines` begin with `new` where they begin with `old`; others, such as less indented comments, stay."""
        if old == new:
            return
        for number in lines:
            current = self._new.get(number, self._text.indent(number))
            if number in self._frozen_lines or self._text.is_blank(number) or not current.startswith(old):
                continue
            self._new[number] = new + current[len(old) :]

    def of(self, number: int) -> str:
        """Return the white space with which a line will begin."""
        return self._new.get(number, self._text.indent(number))

    def edits(self, without: Collection[int]) -> Iterator[Edit]:
        """Yield the edits, `without` those of lines that disappear."""
        for number, new in sorted(self._new.items()):
            old = self._text.indent(number)
            if number not in without and new != old:
                start = self._text.start_of(number)
                yield Edit(start, start + len(old), new)


def unit_of(text: Text, outer: int, inner: int) -> str:
    """Return one level of indentation: what a line of a block has more than the line above the block."""
    shallow, deep = text.indent(outer), text.indent(inner)
    return deep[len(shallow) :] if deep.startswith(shallow) and len(deep) > len(shallow) else "    "
