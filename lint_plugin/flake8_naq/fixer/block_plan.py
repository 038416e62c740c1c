"""The block of a manager as it is planned: which statements it holds, and which disappear. Makes no edits."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from flake8_naq.fixer.model import CannotFix
from flake8_naq.syntax.concrete import Concrete
from flake8_naq.syntax.tree import Place, Tree, first_line, last_line


@dataclass(slots=True)
class BlockPlan:
    """The block from the acquisition at `place` up to index `last`, and what disappears."""

    place: Place
    last: int
    name: str
    removed: set[ast.stmt] = field(default_factory=set)
    removed_handlers: set[ast.ExceptHandler] = field(default_factory=set)
    dropped_try: ast.Try | None = None  # a try of which only the body is left
    enclosing_try: ast.Try | None = None  # the try in whose body the acquisition is, if its finally releases
    final: tuple[ast.stmt, ...] = ()  # the removed releases that are written again, in the finally of a new try
    caveats: list[str] = field(default_factory=list)
    use_after_block: ast.Name | None = None  # the first use of the name after the block

    @property
    def statement(self) -> ast.stmt:
        """The statement that acquires."""
        return self.place.block[self.place.index]

    @property
    def body(self) -> list[ast.stmt]:
        """The statements of the block, including those that disappear."""
        return self.place.block[self.place.index + 1 : self.last + 1]

    @property
    def block_end(self) -> ast.stmt:
        """The last statement of the block, or the acquisition where nothing follows."""
        return self.place.block[self.last]

    @property
    def unwrapped_body(self) -> list[ast.stmt]:
        """The statements directly in the block once its try is dropped, including those that disappear."""
        dropped = self.dropped_try
        return [one for each in self.body for one in (dropped.body if dropped and each is dropped else [each])]

    def kept(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """Return the statements of `block` that stay."""
        return [statement for statement in block if statement not in self.removed]

    def moved_lines(self, concrete: Concrete) -> range:
        """Return the lines of the release that is written again, with the comments above it."""
        if not self.final:
            return range(0)
        first = first_line(self.final[0])
        while concrete.is_comment_at(first - 1, concrete.text.indent(first)):
            first -= 1
        return range(first, last_line(self.final[-1]) + 1)

    def is_removed(self, tree: Tree, node: ast.AST) -> bool:
        """Whether a node disappears with its statement."""
        return tree.is_inside(node, [*self.removed, *self.removed_handlers])

    def check_unused_after(self) -> None:
        """Raise CannotFix where the name is used after the block."""
        if self.use_after_block is not None:
            raise CannotFix(f"the name '{self.name}' is used after the block, on line {self.use_after_block.lineno}")
