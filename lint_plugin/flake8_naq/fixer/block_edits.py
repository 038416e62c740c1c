"""From a block to edits: lines that disappear or move, names that change, comments in a new place."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_naq.edits.checks import check_lines_not_silenced
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.dropped_lines import DroppedLines
from flake8_naq.fixer.model import Plan, moved_comment_caveat
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.tree import first_line, last_line


def block_plan(block: Block) -> Plan:
    """Return the plan that writes the block; CannotFix where the text does not allow it."""
    edits = _BlockEdits(block).edits()
    return Plan(tuple(edits), frozenset(block.needs), tuple(block.caveats))


class _BlockEdits:
    """Writes one block."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._snapshot = block.snapshot
        self._text = block.snapshot.text
        self._first, self._last = self._first_line(), self._last_line()
        self._dropped = DroppedLines(block, self._first, self._last)
        self._indents = Indents(self._snapshot.concrete)
        self._unit = block.snapshot.unit_of(block.function)
        self._outer, self._inner = self._shift()

    def edits(self) -> list[Edit]:
        edits = [
            *self._header_edits(),
            *(Edit(*span, new) for span, new in self._indents.changes(self._dropped.numbers)),
            *self._dropped.passes,
            *(one for one in self._block.inner if self._text.line_at(one.start) not in self._dropped.numbers),
            *(Edit(*self._text.whole_lines(number, number), "") for number in self._dropped.numbers),
            *self._above_header(),
            *self._below_block(),
        ]
        self._check(edits)
        return edits

    def _first_line(self) -> int:
        """Return the first line of the block; blank lines below a compound statement stay above what is entered."""
        number = self._block.first or last_line(self._block.statement) + 1
        if self._block.below and hasattr(self._block.statement, "body"):
            while number <= len(self._text.lines) and self._text.is_blank(number):
                number += 1
        return number

    def _last_line(self) -> int:
        """Return the last line of the block, with the comments that belong to it by their indentation."""
        return self._snapshot.concrete.statement(self._block.end).range().end.line + 1

    # Lines that move

    def _shift(self) -> tuple[str, str]:
        """Move the lines of the block, and return the indentation of its header and of its lines."""
        outer = self._text.indent(self._block.statement.lineno)
        dropped = self._block.unwrapped
        skipped = range(0)
        if dropped is not None and dropped is self._block.enclosing_try:
            shallow = self._text.indent(dropped.lineno)
            self._indents.shift(range(dropped.lineno + 1, last_line(self._block.statement) + 1), outer, shallow)
            return shallow, outer
        inner = outer + self._unit
        if dropped is not None:
            inner = self._text.indent(dropped.body[0].lineno)
            skipped = range(dropped.lineno, self._snapshot.concrete.statement(dropped).range().end.line + 2)
        if self._block.around:
            self._indents.shift(skipped, inner, inner + self._unit)
            inner += self._unit
        lines = (number for number in range(self._first, self._last + 1) if number not in skipped)
        self._indents.shift(lines, outer, inner)
        return outer, inner

    # Text

    def _header_edits(self) -> Iterator[Edit]:
        yield from self._block.edits
        if self._block.below:
            at = self._text.start_of(self._first)
            heads = filter(None, (self._block.around, self._block.below))
            yield Edit(at, at, "".join(f"{self._outer}{self._unit * depth}{one}\n" for depth, one in enumerate(heads)))

    def _above_header(self) -> Iterator[Edit]:
        """Yield the comments that go above the header."""
        statement = self._block.statement
        if self._dropped.above:
            at = self._text.start_of(first_line(statement))
            yield Edit(at, at, "".join(f"{self._outer}{one}\n" for one in self._dropped.above))

    def _below_block(self) -> Iterator[Edit]:
        """Yield the comments of other dropped lines, which go to the end of the block, and what is behind the block."""
        dropped = self._dropped
        if dropped.below:
            self._block.caveats.append(moved_comment_caveat(dropped.below[min(dropped.below)]))
        lines = [f"{self._inner}{one}" for _, one in sorted(dropped.below.items())]
        lines += [f"{self._outer}{one}" if one else "" for one in self._block.footer]
        if lines:
            number = self._last
            while number in dropped.numbers or self._text.is_blank(number):
                number -= 1
            yield self._added(number, lines)

    def _added(self, number: int, lines: list[str]) -> Edit:
        """Return new lines below an old line, which may be the last of a file that does not end with a line end."""
        at = self._text.start_of(number + 1)
        text = "\n".join(lines)
        return Edit(at, at, f"\n{text}" if number == len(self._text.lines) else f"{text}\n")

    def _check(self, edits: list[Edit]) -> None:
        """No line is under noqa, and a header that is written completely loses no comment of the acquisition."""
        for edit in edits:
            if edit.start != edit.end:
                first, last = self._text.line_at(edit.start), self._text.line_at(edit.end - 1)
                check_lines_not_silenced(self._text, range(first, last + 1))
        statement = self._block.statement
        written = [one.text for one in self._block.edits if (one.start, one.end) == self._text.span(statement)]
        for number in range(statement.lineno, last_line(statement)) if written else ():
            if self._snapshot.concrete.comments.get(number, "") not in written[0]:
                raise CannotFix(f"the comment on line {number} is inside of the acquisition")
