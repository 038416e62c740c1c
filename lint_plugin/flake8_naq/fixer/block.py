"""The block that a fix writes: what it holds, what disappears, how it begins, and what changes besides the close."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from flake8_naq.edits.checks import check_unused_after
from flake8_naq.edits.model import Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.syntax.name_flow import NameFlow
from flake8_naq.syntax.tree import Place, first_line, last_line, names_in


@dataclass(slots=True)
class Block:
    """The block below the statement at `place` up to index `last`."""

    snapshot: Snapshot
    place: Place
    last: int
    name: str
    removed: set[ast.stmt] = field(default_factory=set)
    removed_handlers: set[ast.ExceptHandler] = field(default_factory=set)
    unwrapped: ast.Try | ast.With | ast.AsyncWith | None = None  # it loses its `try:` and `finally:`, or its header
    enclosing_try: ast.Try | None = None  # the try in whose body the acquisition is, if its finally releases
    asked: list[ast.expr] = field(default_factory=list)  # conditions of that finally, which stay
    close_fails: bool = True
    only_closes: bool = False  # by `contextlib.closing`, as the resource's own block does more than its releases
    final: tuple[ast.stmt, ...] = ()  # the release, or logs behind it, written again in the finally of a new try
    # The header: edits of the acquisition, or a separate line below it, which stays as it is
    edits: list[Edit] = field(default_factory=list)
    below: str = ""
    around: str = ""  # a header above that line: `try:`
    first: int = 0  # the first line of the block, where others are between the statement and that
    footer: tuple[str, ...] = ()  # lines behind the block, indented as if the acquisition were not
    inner: list[Edit] = field(default_factory=list)  # edits in the block, for lines that do not disappear
    needs: set[Need] = field(default_factory=set)
    caveats: list[str] = field(default_factory=list)

    @property
    def statement(self) -> ast.stmt:
        """The statement above the block: the acquisition, or what it is in."""
        return self.place.block[self.place.index]

    @property
    def function(self) -> ast.AST:
        return self.snapshot.tree.function(self.statement)

    @property
    def flow(self) -> NameFlow:
        return NameFlow(self.snapshot.tree, self.function, self.name)

    @property
    def body(self) -> list[ast.stmt]:
        """The statements of the block, including those that disappear."""
        return self.place.block[self.place.index + 1 : self.last + 1]

    @property
    def end(self) -> ast.stmt:
        """The last statement of the block, or the acquisition where nothing follows."""
        return self.place.block[self.last]

    @property
    def unwrapped_body(self) -> list[ast.stmt]:
        """The statements directly in the block once a statement is unwrapped, including those that disappear."""
        unwrapped = self.unwrapped
        return [one for each in self.body for one in (unwrapped.body if unwrapped and each is unwrapped else [each])]

    def kept(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """Return the statements of `block` that stay."""
        return [statement for statement in block if statement not in self.removed]

    def moved_lines(self) -> range:
        """Return the lines of what is written again, with the comments above it."""
        if not self.final:
            return range(0)
        first = self.snapshot.concrete.with_comments(first_line(self.final[0]))
        return range(first, last_line(self.final[-1]) + 1)

    def is_removed(self, node: ast.AST) -> bool:
        """Whether a node disappears with its statement."""
        return self.snapshot.tree.is_inside(node, [*self.removed, *self.removed_handlers])

    @property
    def is_global(self) -> bool:
        """Whether other functions may read the name."""
        return self.name in self.snapshot.scope_of(self.statement).outer

    def is_used(self, name: str) -> bool:
        """Whether anything that is kept may read what the block binds to the name, or another function may read it."""
        if name == self.name:
            gone = [*self.removed, *self.removed_handlers]
            return self.is_global or self.flow.reader(self.statement, gone) is not None
        named = (node for node in names_in(self.function, name) if isinstance(node.ctx, ast.Load))
        return not all(map(self.is_removed, named))

    @property
    def inside(self) -> list[ast.AST]:
        """What is in the block, or disappears with it."""
        return [self.statement, *self.body, *self.removed, *self.removed_handlers]

    def check_unused_after(self, name: str) -> None:
        """Nothing behind the block reads the value that its statement binds to the name."""
        check_unused_after(self.snapshot.tree, self.statement, self.inside, name)

    def use_after(self) -> ast.Name | None:
        """Return the first use of the name after the block."""
        return self.flow.reader(self.statement, self.inside)
