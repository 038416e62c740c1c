"""Lines that disappear with the releases of a block: the statements, their clauses, and blank lines that are left over.

Their comments stay, unless they speak of the close alone, and a nested block that would be empty gets a `pass`.
"""

from __future__ import annotations

import ast
import re

from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.shared_lines import SharedLine, check_alone
from flake8_naq.fixer.block import Block
from flake8_naq.syntax.closing_comments import says_only_close, speaks_of_close
from flake8_naq.syntax.tree import first_line, last_line, only_target

_CLAUSE = re.compile(r"\s*(?:except|else|elif|finally)\b")


class DroppedLines:
    """The numbers of the lines that disappear, and what stays of them."""

    def __init__(self, block: Block, first: int, last: int) -> None:
        """`first` and `last`: the lines of the block, without its header. Raises CannotFix where lines are shared."""
        self._concrete = block.snapshot.concrete
        self._text = block.snapshot.text
        self._block = block
        self._clauses: set[int] = set()  # the lines where clauses that disappear begin
        self.numbers: set[int] = set()
        self.passes: list[Edit] = []
        self.above: list[str] = []  # comments that go above the header
        self.below: dict[int, str] = {}  # comments that go to the end of the block, by their lines
        self._move(block.moved_lines())
        for statement in (block.statement, block.end, *block.removed):
            check_alone(self._text, statement)
        for statement in sorted(block.removed, key=lambda one: one.lineno):
            self._drop(first_line(statement), last_line(statement), above=only_target(statement) is not None)
        for handler in block.removed_handlers:
            self._drop(handler.lineno, last_line(handler))
        self._fill_empty_blocks()
        self._drop_clauses()
        self._take_comments()
        self._tidy(first, last)

    def _move(self, numbers: range) -> None:
        """Drop lines that are written again elsewhere with their comments, and the blank lines above them."""
        self.numbers.update(numbers)
        number = numbers.start - 1
        while numbers and self._text.is_blank(number):
            self.numbers.add(number)
            number -= 1

    def _drop(self, first: int, last: int, above: bool = False) -> None:
        for number in range(first, last + 1):
            comment = self._concrete.comments.get(number)
            if comment and number not in self.numbers:
                if above:
                    self.above.append(comment)
                else:
                    self.below[number] = comment
            self.numbers.add(number)

    def _fill_empty_blocks(self) -> None:
        """Let `pass` stand for a release that is all that its block contains, with the comment beside it."""
        block = self._block
        handlers = block.enclosing_try.handlers if block.enclosing_try is not None else []
        for node in (node for root in (*block.body, *handlers) for node in ast.walk(root)):
            body = getattr(node, "body", None)
            if isinstance(body, list) and not block.kept(body) and node not in (block.unwrapped, *block.removed):
                number = body[-1].lineno
                self.numbers.discard(number)
                comment = self.below.pop(number, "")
                start = self._text.start_of(number) + len(self._text.indent(number))
                end = self._text.start_of(number) + len(self._text.line(number))
                self.passes.append(Edit(start, end, f"pass  {comment}" if comment else "pass"))

    # Comments of what disappears

    def _take_comments(self) -> None:
        """Take the comments above what disappears, too."""
        starts = {first_line(one) for one in self._block.removed if only_target(one) is None} | self._clauses
        for start in starts & self.numbers:
            above = range(self._concrete.with_comments(start), start)
            if above and not self._begins_branch(above.start, start):
                self._drop(above.start, above.stop - 1)
        self._leave_out_closing()

    def _begins_branch(self, first: int, start: int) -> bool:
        """Whether the comments from `first` on begin a branch that goes on behind what disappears at `start`.

        They may speak of all that the branch does, unless they speak of a close.
        """
        statement = next((one for one in self._block.removed if first_line(one) == start), None)
        if statement is None:
            return False
        place = self._block.snapshot.tree.place(statement)
        second = self._block.kept(place.block[1:2]) if place.field != "finalbody" else []
        whole = " ".join(self._concrete.comments[number] for number in range(first, start))
        goes_on = any(one.lineno == last_line(statement) + 1 for one in second)
        return goes_on and not speaks_of_close(whole, self._block.name)

    def _leave_out_closing(self) -> None:
        """Leave out the comments that say only that it is closed."""
        for line in sorted(self.below):
            whole = [self.below[number] for number in self._together(line)]
            if line - 1 not in self.below and says_only_close(" ".join(whole), self._block.name):
                for number in self._together(line):
                    del self.below[number]

    def _together(self, line: int) -> list[int]:
        """Return the lines of a comment of several lines, from `line` on."""
        found = [line] if line in self.below else []
        while found and found[-1] + 1 in self.below:
            found.append(found[-1] + 1)
        return found

    # Clauses and blank lines

    def _drop_clauses(self) -> None:
        """Drop each `finally:` and `else:` without a body, and the `try:` that has nothing left but its body."""
        block = self._block
        nodes: list[ast.AST | None] = [block.enclosing_try, *(node for root in block.body for node in ast.walk(root))]
        for node in nodes:
            for clause in (getattr(node, "orelse", None), getattr(node, "finalbody", None)):
                if node not in block.removed and isinstance(clause, list) and clause and not block.kept(clause):
                    self._drop_clause(clause)
        if block.unwrapped is not None:
            number = block.unwrapped.lineno
            if block.unwrapped.body[0].lineno == number:
                raise SharedLine(number)
            if isinstance(block.unwrapped, ast.Try):
                self._drop(number, number)
                clause = self._concrete.clause(block.unwrapped.finalbody) if block.unwrapped.finalbody else None
                line = clause.range().start.line + 1 if clause is not None else number
                if any(one.lineno == line for one in block.kept(block.unwrapped.finalbody)):
                    raise SharedLine(line)
                self._drop(line, line)
            self.numbers.add(number)  # with its comment: the header of a `with` is written again

    def _drop_clause(self, block: list[ast.stmt]) -> None:
        clause = self._concrete.clause(block)
        if clause is None:
            raise CannotFix(f"line {block[0].lineno} is in an elif")
        self._clauses.add(clause.range().start.line + 1)
        self._drop(clause.range().start.line + 1, clause.range().end.line + 1)

    def _tidy(self, first: int, last: int) -> None:
        """Drop blank lines where a block now begins, and one of two where one was on each side of dropped lines."""
        number = first
        while number <= last and (number in self.numbers or self._text.is_blank(number)):
            self.numbers.add(number)
            number += 1
        for end in {last, last_line(self._block.enclosing_try or self._block.end)}:
            self._tidy_end(end)
        for number in sorted(self.numbers):
            after, before = number + 1, number - 1
            while before in self.numbers:
                before -= 1
            if after in self.numbers or after > last or before < first:
                continue
            if self._text.is_blank(before) and self._text.is_blank(after):
                self.numbers.add(before)

    def _tidy_end(self, last: int) -> None:
        """Drop blank lines before dropped lines at the end, where blank lines, a clause or nothing follow anyway."""
        following = last + 1
        while following in self.numbers:
            following += 1
        goes_on = following <= len(self._text.lines) and not self._text.is_blank(following)
        if goes_on and not _CLAUSE.match(self._text.line(following)):
            return
        number = last
        while number in self.numbers or self._text.is_blank(number):
            self.numbers.add(number)
            number -= 1
