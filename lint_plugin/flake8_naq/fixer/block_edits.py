"""From a layout and a header to edits: lines that go or move, names that change, comments in a new place."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from flake8_naq.fixer.block_plan import BlockPlan
from flake8_naq.fixer.header import Header
from flake8_naq.fixer.indent import Indents, unit_of
from flake8_naq.fixer.model import CannotFix, Edit, moved_comment_caveat
from flake8_naq.fixer.text import Span, Text
from flake8_naq.fixer.tree import Tree, first_line, last_line, only_target

_BLOCKS = ("body", "orelse", "finalbody")


class Rewriter:
    """Writes one layout."""

    def __init__(self, tree: Tree, text: Text, function: ast.AST, layout: BlockPlan, header: Header) -> None:
        self._tree = tree
        self._text = text
        self._function = function
        self._layout = layout
        self._header = header
        self._indents = Indents(text)
        self._dropped: set[int] = set()  # lines that disappear
        self._above: list[str] = []  # comments that go above the header
        self._below: list[tuple[int, str]] = []  # comments that go to the end of the block, with their lines
        self._passes: list[Edit] = []

    def edits(self) -> list[Edit]:
        layout = self._layout
        statement = layout.statement
        self._check_alone([statement, *layout.body, *layout.removed])
        first, last = self._first(), self._end()
        self._save_comments_of(statement)
        self._drop_statements()
        self._drop_clauses()
        self._tidy_blanks(first, last)
        self._shift(first, last)
        lines = frozenset(self._dropped)
        edits = [*self._header_edits(), *self._indents.edits(lines), *self._passes, *self._renames(first, last)]
        edits += self._replacements()
        edits += self._drops()
        edits += self._comments(last)
        self._check_noqa(edits)
        return edits

    def _first(self) -> int:
        """The first line of the block; blank lines between a larger statement and what is entered below it stay."""
        number = last_line(self._layout.statement) + 1
        if self._header.below and hasattr(self._layout.statement, "body"):
            while number <= len(self._text.lines) and self._text.is_blank(number):
                number += 1
        return number

    def _end(self) -> int:
        """The last line of the block, with the comments that belong to it by their indentation."""
        layout = self._layout
        last = last_line(layout.block_end)
        if layout.body:
            return self._with_comments(last, self._text.indent(layout.statement.lineno), layout.body[-1])
        return last

    def _with_comments(self, last: int, indent: str, statement: ast.stmt) -> int:
        """The line of the last comment under a statement that is deeper than *indent*, or *last*."""
        found = last
        deep = isinstance(statement, (ast.Try, ast.If, ast.For, ast.While, ast.With, ast.AsyncWith, ast.AsyncFor))
        for number in range(last + 1, len(self._text.lines) + 1):
            line = self._text.line(number)
            if not line.strip():
                continue
            own = self._text.indent(number)
            if not line.lstrip().startswith("#") or not deep or not (own.startswith(indent) and len(own) > len(indent)):
                break
            found = number
        return found

    # Lines that go

    def _check_alone(self, statements: Iterable[ast.stmt]) -> None:
        """Each statement must have its lines for itself."""
        for statement in statements:
            first, last = first_line(statement), last_line(statement)
            start = self._text.span(statement).start
            before = self._text.source[self._text.start_of(statement.lineno) : start]
            after = self._text.source[self._text.span(statement).end : self._text.start_of(last + 1)]
            if (first == statement.lineno and before.strip()) or after.strip().partition("#")[0].strip():
                raise CannotFix(f"several statements share line {last if before.strip() == '' else first}")

    def _drop_statements(self) -> None:
        layout = self._layout
        for statement in sorted(layout.removed, key=lambda one: one.lineno):
            self._drop_lines(first_line(statement), last_line(statement), above=self._is_view(statement))
        for handler in layout.removed_handlers:
            self._drop_lines(handler.lineno, last_line(handler), above=False)
        self._fill_empty()

    def _save_comments_of(self, statement: ast.stmt) -> None:
        """Comments inside an acquisition that is written anew go above it."""
        span = self._text.span(statement)
        if any(edit.start == span.start and edit.end == span.end for edit in self._header.edits):
            for number in range(statement.lineno, last_line(statement)):
                if self._text.comment(number):
                    self._above.append(self._text.comment(number))

    def _is_view(self, statement: ast.stmt) -> bool:
        """A statement that the header takes over, other than a release."""
        return only_target(statement) is not None

    def _is_comment(self, number: int) -> bool:
        return self._text.line(number).lstrip().startswith("#")

    def _drop_lines(self, first: int, last: int, above: bool) -> None:
        for number in range(first, last + 1):
            if number in self._dropped:
                continue
            self._dropped.add(number)
            comment = self._text.comment(number)
            if comment:
                if above:
                    self._above.append(comment)
                else:
                    self._below.append((number, comment))

    def _fill_empty(self) -> None:
        """`pass` where a block that stays would be empty."""
        for owner, field, block in self._blocks():
            if (
                not block
                or self._layout.kept(block)
                or owner in self._layout.removed
                or owner in self._layout.removed_handlers
            ):
                continue
            if field in ("finalbody", "orelse") or owner is self._layout.dropped_try:
                continue
            self._keep_as_pass(block[-1])
        layout = self._layout
        if not layout.kept(self._inner_body()):
            gone = layout.body
            if (
                layout.dropped_try is not None
                and layout.dropped_try.body
                and layout.dropped_try is not layout.enclosing_try
            ):
                gone = layout.dropped_try.body
            if gone:
                self._keep_as_pass(gone[-1])
                self._drop_blanks_above(gone[-1].lineno)
            else:
                self._add_pass()

    def _inner_body(self) -> list[ast.stmt]:
        """The statements that end up directly in the manager's block."""
        found: list[ast.stmt] = []
        for statement in self._layout.body:
            found += (
                statement.body
                if statement is self._layout.dropped_try and isinstance(statement, ast.Try)
                else [statement]
            )
        return found

    def _blocks(self) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
        layout = self._layout
        roots: list[ast.AST] = [*layout.body]
        if layout.enclosing_try is not None:
            roots += layout.enclosing_try.handlers
        for root in roots:
            for node in ast.walk(root):
                for field in _BLOCKS:
                    block = getattr(node, field, None)
                    if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                        yield node, field, block

    def _keep_as_pass(self, statement: ast.stmt) -> None:
        number = statement.lineno
        line = self._text.line(number)
        start = self._text.start_of(number)
        indent = self._text.indent(number)
        if number not in self._dropped:
            return
        self._dropped.discard(number)
        comment = self._text.comment(number)
        if comment in self._above:
            self._above.remove(comment)
        self._below = [one for one in self._below if one[0] != number]
        tail = f"  {comment}" if comment else ""
        self._passes.append(Edit(start + len(indent), start + len(line), f"pass{tail}"))

    def _drop_blanks_above(self, number: int) -> None:
        while self._text.is_blank(number - 1):
            number -= 1
            self._dropped.add(number)

    def _add_pass(self) -> None:
        statement = self._layout.statement
        indent = self._text.indent(statement.lineno)
        self._passes.append(self._added(last_line(statement), [f"{indent}{self._unit()}pass"]))

    def _drop_clauses(self) -> None:
        """`finally:` and `else:` without a body, and the `try:` that holds nothing any more."""
        layout = self._layout
        statements: list[ast.stmt] = [
            one for root in layout.body for one in ast.walk(root) if isinstance(one, ast.stmt)
        ]
        if layout.enclosing_try is not None:
            statements.append(layout.enclosing_try)
        for statement in statements:
            if statement in layout.removed:
                continue
            for field in ("orelse", "finalbody"):
                block = getattr(statement, field, None)
                if block and not layout.kept(block) and block[0] in layout.removed:
                    self._drop_clause(statement, block)
        if layout.dropped_try is not None:
            number = layout.dropped_try.lineno
            if layout.dropped_try.body[0].lineno == number:
                raise CannotFix(f"several statements share line {number}")
            self._drop_lines(number, number, above=False)

    def _drop_clause(self, owner: ast.stmt, block: list[ast.stmt]) -> None:
        number = block[0].lineno - 1
        while self._text.is_blank(number) or self._is_comment(number):
            number -= 1
        word = self._text.line(number).split(":")[0].split("#")[0].strip()
        if word not in ("finally", "else"):
            raise CannotFix(f"the clause of line {block[0].lineno} is not written on lines of its own")
        last = (
            self._with_comments(last_line(block[-1]), self._text.indent(number), owner)
            if owner.end_lineno == last_line(block[-1])
            else last_line(block[-1])
        )
        for line in range(number, last + 1):
            if self._is_comment(line) and line not in self._dropped:
                self._below.append((line, self._text.comment(line)))
                self._dropped.add(line)
            elif self._text.is_blank(line):
                self._dropped.add(line)
            else:
                self._drop_lines(line, line, above=False)

    def _tidy_blanks(self, first: int, last: int) -> None:
        """No blank lines where a block now begins, nor two where there was one on each side of what went."""
        number = first
        while number <= last and (number in self._dropped or self._text.is_blank(number)):
            self._dropped.add(number)
            number += 1
        for end in {last, last_line(self._layout.enclosing_try or self._layout.block_end)}:
            self._tidy_end(end)
        for number in sorted(self._dropped):
            after, before = number + 1, number - 1
            while before in self._dropped:
                before -= 1
            if after in self._dropped or after > last or before < first:
                continue
            if self._text.is_blank(before) and self._text.is_blank(after):
                self._dropped.add(before)

    def _tidy_end(self, last: int) -> None:
        """No blank lines before what went from the end, where blank lines or nothing follow anyway."""
        following = last + 1
        while following in self._dropped:
            following += 1
        if last not in self._dropped or (following <= len(self._text.lines) and not self._text.is_blank(following)):
            return
        number = last
        while number in self._dropped or self._text.is_blank(number):
            self._dropped.add(number)
            number -= 1

    # Lines that move

    def _unit(self) -> str:
        function = self._function
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.body[0].lineno > function.lineno:
            return unit_of(self._text, function.lineno, function.body[0].lineno)
        return "    "

    def _shift(self, first: int, last: int) -> None:
        layout = self._layout
        outer = self._text.indent(layout.statement.lineno)
        if layout.dropped_try is not None and layout.dropped_try is layout.enclosing_try:
            self._shift_unwrapped_around(outer)
            return
        inner = outer + self._unit()
        if layout.dropped_try is not None:
            inner = self._text.indent(layout.dropped_try.body[0].lineno)
            rest = layout.dropped_try.handlers or layout.dropped_try.finalbody
            skipped = range(layout.dropped_try.lineno, rest[0].lineno)
            self._indents.shift((n for n in range(first, last + 1) if n not in skipped), outer, inner)
        else:
            self._indents.shift(range(first, last + 1), outer, inner)
        self._inner = inner

    def _shift_unwrapped_around(self, outer: str) -> None:
        """The try around the acquisition goes: what stands before it moves out, the block stays where it is."""
        layout = self._layout
        assert layout.dropped_try is not None, "asked where it is"
        shallow = self._text.indent(layout.dropped_try.lineno)
        self._indents.shift(range(layout.dropped_try.lineno + 1, last_line(layout.statement) + 1), outer, shallow)
        self._inner = outer

    # Text

    def _header_edits(self) -> Iterator[Edit]:
        statement = self._layout.statement
        yield from self._header.edits
        if self._header.below:
            at = self._text.start_of(self._first())
            yield Edit(at, at, f"{self._indents.of(statement.lineno)}{self._header.below}\n")

    def _renames(self, first: int, last: int) -> Iterator[Edit]:
        replaced = [self._text.span(node) for node in self._header.replaced]
        replaced += [Span(edit.start, edit.end) for edit in self._passes]
        for old, new in self._header.renamed.items():
            for span in self._text.identifiers.get(old, []):
                number = self._text.line_at(span.start)
                if first <= number <= last and number not in self._dropped and not _within(span, replaced):
                    yield Edit(span.start, span.end, new)

    def _replacements(self) -> Iterator[Edit]:
        for node, new in self._header.replaced.items():
            if self._tree.is_inside(node, self._layout.removed):
                continue
            span = self._text.span(node)
            if any(isinstance(one, ast.JoinedStr) for one in self._tree.ancestors(node)):
                raise CannotFix(f"the view on line {node.lineno} is made inside a string")
            yield Edit(span.start, span.end, new)

    def _drops(self) -> Iterator[Edit]:
        for first, last in _runs(self._dropped):
            span = self._text.whole_lines(first, last)
            yield Edit(span.start, span.end, "")

    def _comments(self, last: int) -> Iterator[Edit]:
        """Comments of lines that went: above the header what speaks of making, at the end of the block the rest."""
        statement = self._layout.statement
        if self._above:
            at = self._text.start_of(first_line(statement))
            yield Edit(at, at, "".join(f"{self._indents.of(statement.lineno)}{one}\n" for one in self._above))
        if self._below:
            self._header.caveats.append(moved_comment_caveat(self._below[0][1]))
            yield self._added(self._last_kept(last), [f"{self._inner}{one}" for _, one in sorted(self._below)])

    def _added(self, number: int, lines: list[str]) -> Edit:
        """New lines below an old one, which may be the last of a file that does not end with a line's end."""
        at = self._text.start_of(number + 1)
        text = "\n".join(lines)
        return Edit(at, at, f"\n{text}" if number == len(self._text.lines) else f"{text}\n")

    def _last_kept(self, last: int) -> int:
        number = min(last, last_line(self._layout.block_end))
        while number in self._dropped or self._text.is_blank(number):
            number -= 1
        return number

    def _check_noqa(self, edits: list[Edit]) -> None:
        for edit in edits:
            for number in range(self._text.line_at(edit.start), self._text.line_at(max(edit.start, edit.end - 1)) + 1):
                if edit.start != edit.end and self._text.silenced(number):
                    raise CannotFix(f"line {number} is under noqa")


def _within(span: Span, others: Iterable[Span]) -> bool:
    return any(other.start <= span.start and span.end <= other.end for other in others)


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Consecutive numbers, as first and last."""
    first = last = None
    for number in sorted(numbers):
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last
