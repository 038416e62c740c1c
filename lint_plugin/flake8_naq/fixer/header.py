"""The header of the new block: the edits that write it, and what they change in the block's body."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from flake8_naq.fixer.block_plan import BlockPlan
from flake8_naq.fixer.model import Edit, Need
from flake8_naq.syntax.tree import Tree, names_in


@dataclass(slots=True)
class Header:
    """Edits of the acquisition's own statement, new names for old ones in the block, and expressions to replace."""

    edits: list[Edit] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    replaced: dict[ast.expr, str] = field(default_factory=dict)
    needs: set[Need] = field(default_factory=set)
    caveats: list[str] = field(default_factory=list)
    changes_constructor: bool = False  # of the class around
    below: str = ""  # a separate line below the acquisition, which stays as it is
    footer: tuple[str, ...] = ()  # lines behind the block, indented as if the acquisition were not


def is_used(tree: Tree, function: ast.AST, layout: BlockPlan, name: str) -> bool:
    """Whether anything that is kept reads the name."""
    return any(
        isinstance(node.ctx, ast.Load) and not layout.is_removed(tree, node) for node in names_in(function, name)
    )
