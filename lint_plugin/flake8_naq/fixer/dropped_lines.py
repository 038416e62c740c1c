"""Lines that disappear with the releases of a block: the statements, their clauses, and blank lines that are left over.

Their comments stay, unless they speak of the close alone, and a block that would be empty gets a `pass`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flake8_naq.fixer.block_plan import BlockPlan
from flake8_naq.fixer.close_comments import says_only_close
from flake8_naq.fixer.model import CannotFix, Edit
from flake8_naq.syntax.concrete import Concrete
from flake8_naq.syntax.tree import first_line, last_line, only_target


class DroppedLines:
    """The numbers of the lines that disappear, and what stays of them."""

    def __init__(self, concrete: Concrete, plan: BlockPlan, first: int, last: int) -> None:
        """`first` and `last`: the lines of the block, without its header. Raises CannotFix where lines are shared."""
        self._concrete = concrete
        self._text = concrete.text
        self._plan = plan
        self._clauses: set[int] = set()  # the lines where clauses that disappear begin
        self.numbers: set[int] = set()
        self.above: list[str] = []  # comments that go above the header
        self.below: dict[int, str] = {}  # comments that go to the end of the block, by their lines
        self.passes: list[Edit] = []
        self.lacks_pass = False  # whether nothing at all follows the header
        self._move(plan.moved_lines(concrete))
        self._check_alone([plan.statement, *plan.body, *plan.removed])
        for statement in sorted(plan.removed, key=lambda one: one.lineno):
            self._drop(first_line(statement), last_line(statement), above=only_target(statement) is not None)
        for handler in plan.removed_handlers:
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

    def _check_alone(self, statements: Iterable[ast.stmt]) -> None:
        """Each statement must have its lines for itself."""
        for statement in statements:
            first, last = first_line(statement), last_line(statement)
            span = self._text.span(statement)
            before = self._text.source[self._text.start_of(statement.lineno) : span.start].strip()
            after = self._text.source[span.end : self._text.start_of(last + 1)].partition("#")[0].strip()
            if (first == statement.lineno and before) or after:
                raise CannotFix(f"several statements share line {first if before else last}")

    def _drop(self, first: int, last: int, above: bool = False) -> None:
        for number in range(first, last + 1):
            comment = self._concrete.comments.get(number)
            if comment and number not in self.numbers:
                if above:
                    self.above.append(comment)
                else:
                    self.below[number] = comment
            self.numbers.add(number)

    # Blocks that would be empty

    def _fill_empty_blocks(self) -> None:
        plan = self._plan
        handlers = plan.enclosing_try.handlers if plan.enclosing_try is not None else []
        staying = {*plan.removed, *plan.removed_handlers, plan.dropped_try}
        for node in (node for root in (*plan.body, *handlers) for node in ast.walk(root)):
            block = getattr(node, "body", None)
            if isinstance(block, list) and not plan.kept(block) and node not in staying:
                self._keep_as_pass(block[-1])
        if not plan.kept(plan.unwrapped_body):
            self._fill_block()

    def _fill_block(self) -> None:
        """Leave a `pass` of the last statement in the manager's block, which would be empty."""
        dropped = self._plan.dropped_try
        block = dropped.body if dropped is not None and dropped is not self._plan.enclosing_try else self._plan.body
        self.lacks_pass = not block
        if block:
            self._keep_as_pass(block[-1])
            number = block[-1].lineno - 1
            while self._text.is_blank(number):
                self.numbers.add(number)
                number -= 1

    def _keep_as_pass(self, statement: ast.stmt) -> None:
        """Let `pass` stand in the line of a statement that disappears, with its comment."""
        number = statement.lineno
        if number not in self.numbers:
            return
        self.numbers.discard(number)
        self.below.pop(number, None)
        comment = self._concrete.comments.get(number, "")
        if comment in self.above:
            self.above.remove(comment)
        start = self._text.start_of(number)
        line, indent = self._text.line(number), self._text.indent(number)
        written = f"pass  {comment}" if comment else "pass"
        self.passes.append(Edit(start + len(indent), start + len(line), written))

    # Comments of what disappears

    def _take_comments(self) -> None:
        """Take the comments above what disappears, too, and leave out those that say only that it is closed."""
        starts = {first_line(one) for one in self._plan.removed if only_target(one) is None} | self._clauses
        for start in starts & self.numbers:
            number = start - 1
            while self._concrete.is_comment_at(number, self._text.indent(start)):
                self._drop(number, number)
                number -= 1
        for line in sorted(self.below):
            whole = [self.below[number] for number in self._together(line)]
            if line - 1 not in self.below and says_only_close(" ".join(whole), self._plan.name):
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
        plan = self._plan
        nodes: list[ast.AST | None] = [plan.enclosing_try, *(node for root in plan.body for node in ast.walk(root))]
        for node in nodes:
            for block in (getattr(node, "orelse", None), getattr(node, "finalbody", None)):
                if node not in plan.removed and isinstance(block, list) and block and not plan.kept(block):
                    self._drop_clause(block)
        if plan.dropped_try is not None:
            number = plan.dropped_try.lineno
            if plan.dropped_try.body[0].lineno == number:
                raise CannotFix(f"several statements share line {number}")
            self._drop(number, number)

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
        for end in {last, last_line(self._plan.enclosing_try or self._plan.block_end)}:
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
        """Drop blank lines before dropped lines at the end, where blank lines or nothing follow anyway."""
        following = last + 1
        while following in self.numbers:
            following += 1
        if last not in self.numbers or (following <= len(self._text.lines) and not self._text.is_blank(following)):
            return
        number = last
        while number in self.numbers or self._text.is_blank(number):
            self.numbers.add(number)
            number -= 1
