"""One version of a file, read once: its text, its tree, what the linter knows of it and what it finds."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cached_property

from flake8_naq.analysis.module import ModuleFacts
from flake8_naq.engine import hidden_findings, lint_facts, module_facts, module_name
from flake8_naq.fixer.apply import parsed
from flake8_naq.fixer.text import Text
from flake8_naq.fixer.tree import Tree
from flake8_naq.model import Finding
from flake8_naq.settings import Settings
from flake8_naq.syntax.names import Scope

# Nodes that a finding can be about.
_PLACED = (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.alias)


class Snapshot:
    """Everything that a plan may ask about one version."""

    def __init__(self, source: str, settings: Settings, path: str) -> None:
        """SyntaxError where *source* does not parse."""
        self.text = Text(source)
        self.settings = settings
        self.path = path
        self.module = parsed(source)

    @property
    def source(self) -> str:
        return self.text.source

    @cached_property
    def lines(self) -> list[str]:
        """The lines as the linter has them."""
        return self.source.splitlines(keepends=True) if "\f" not in self.source else [f"{x}\n" for x in self.text.lines]

    @cached_property
    def findings(self) -> list[Finding]:
        return lint_facts(self.facts, self.settings)

    @cached_property
    def codes(self) -> Counter[tuple[str, str]]:
        """How often each code is found in each function, findings that another one hides included."""
        found = (*self.findings, *hidden_findings(self.facts, self.settings))
        return Counter((finding.code, finding.function) for finding in found)

    @cached_property
    def names(self) -> tuple[str, str]:
        """The dotted names of the module and of its package."""
        return module_name(self.path)

    @cached_property
    def facts(self) -> ModuleFacts:
        return module_facts(self.module, self.lines, self.path, self.settings)

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.module)

    def scope_of(self, node: ast.AST) -> Scope:
        """The function or module around a node, with the names that it sees."""
        return self.facts.scopes.get(self.tree.function(node), self.facts.root)

    def place_of(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.arg | ast.alias) -> tuple[int, int]:
        """Line and column as findings have them."""
        start = self.text.span(node).start
        return node.lineno, start - self.text.start_of(node.lineno) + 1

    def node_at(self, finding: Finding, kind: type[ast.AST]) -> ast.AST | None:
        """The node of a kind that a finding is about."""
        for node in ast.walk(self.module):
            if not isinstance(node, kind) or not isinstance(node, _PLACED) or node.lineno != finding.line:
                continue
            if self.place_of(node) == (finding.line, finding.column) and node.end_lineno == finding.end_line:
                end = self.text.span(node).end - self.text.start_of(finding.end_line) + 1
                if end == finding.end_column:
                    return node
        return None
