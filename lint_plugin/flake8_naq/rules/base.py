"""What a rule is, and how it makes a finding of a syntax node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from flake8_naq.analysis.module import ModuleFacts
from flake8_naq.model import Finding, FixSafety
from flake8_naq.syntax.enclosing import enclosing
from flake8_naq.syntax.source import characters


class Report(NamedTuple):
    """A finding before it knows its rule: a place, a message, and the manager to write instead."""

    node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.alias
    message: str
    manager: str | None = None


class Rule(NamedTuple):
    """A rule's metadata and its check. Its page is its module's docstring.

    *fix* is the best that a fix of this rule can be, None where there is none; only the fixer knows it of one finding.
    """

    code: str
    name: str
    summary: str
    check: Callable[[ModuleFacts], Iterator[Report]]
    default: bool = True
    fix: FixSafety | None = None

    def findings(self, facts: ModuleFacts) -> Iterator[Finding]:
        for report in self.check(facts):
            yield self._finding(report, facts)

    def _finding(self, report: Report, facts: ModuleFacts) -> Finding:
        node, lines = report.node, facts.lines
        end_line = node.end_lineno or node.lineno
        return Finding(
            line=node.lineno,
            column=characters(lines, node.lineno, node.col_offset) + 1,
            code=self.code,
            message=report.message,
            end_line=end_line,
            end_column=characters(lines, end_line, node.end_col_offset or node.col_offset) + 1,
            name=self.name,
            manager=report.manager,
            function=enclosing(facts.tree, node.lineno),
        )
