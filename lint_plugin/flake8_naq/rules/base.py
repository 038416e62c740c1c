"""What a rule is, and how it makes a finding of a syntax node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from flake8_naq.analysis.module import ModuleFacts
from flake8_naq.model import Finding, FixSafety, Severity, State
from flake8_naq.syntax.enclosing import enclosing
from flake8_naq.syntax.source import characters


class Report(NamedTuple):
    """A finding before it knows its rule: a place, a message, and the manager to write instead.

    `hidden` marks a report that another finding on the same acquisition stands for. It is counted and not shown: when
    the other finding is fixed, this one comes to light and is not new.
    """

    node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.alias
    message: str
    manager: str | None = None
    hidden: bool = False


class Fix(NamedTuple):
    """Which function of the fixer plans the fix of a rule's findings, and the best that the fix can be.

    `planner` names a module of `flake8_naq.fixer` and a function in it, `fix_naq201.narrowed`. It is a name, since checking
    never imports the fixer.
    """

    planner: str
    safety: FixSafety


class Rule(NamedTuple):
    """Everything that is specific to one code. The rule's page is its module's docstring.

    `default` says whether the rule reports without being selected. `state` is what its finding on an acquisition says of
    the connection, None for a rule that remarks on something else. `fix` is None where no finding of the rule has a fix.
    """

    code: str
    name: str
    summary: str
    check: Callable[[ModuleFacts], Iterator[Report]]
    default: bool = True
    severity: Severity = Severity.ERROR
    state: State | None = None
    fix: Fix | None = None

    def findings(self, facts: ModuleFacts, *, hidden: bool = False) -> Iterator[Finding]:
        """The findings of a module that are shown, or those that are hidden."""
        for report in self.check(facts):
            if report.hidden is hidden:
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
