"""What a rule is, and how it makes a finding of a syntax node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition, Finding, FixSafety, Severity, State, Suggestion, Witness
from flake8_naq.syntax.enclosing import enclosing
from flake8_naq.syntax.source import characters


class Fix(NamedTuple):
    """Which function plans the fix of a rule's findings, and the best that the fix can be.

    `planner` names a module below `flake8_naq` and a function in it, `fixer.fix_naq109.awaited`; it is a name, since
    checking never imports the fixer. The function takes the snapshot of the file and the report's `subject`, and returns
    a plan.

    `along` names, in the same way, a function that says whether a finding that has no plan is gone after the fixes of
    other findings. It takes the snapshot, the `subject` and the syntax tree of the file after those fixes. `afterwards`
    names a function that takes the snapshot of a file after all fixes, and its text before them. It returns the edits that
    remove lines which a fix has written, and which are not needed now.
    """

    planner: str
    safety: FixSafety
    along: str = ""
    afterwards: str = ""


class Report(NamedTuple):
    """A finding before it knows its rule: the node, the message, and what they follow from.

    `acquisition`, `witness` and `manager` are plain data and go into the finding. `node` and `subject` belong to the
    syntax tree and the facts of this process and never leave it. `subject` is what the function of the fix is called
    with. `fix` is given where another function than that of the rule plans it. `hidden` marks a report in whose place
    another one on the same acquisition is shown; it is counted, so that it is not new when the other one is fixed.
    """

    node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.alias
    message: str
    acquisition: Acquisition | None = None
    witness: Witness | None = None
    manager: Suggestion | None = None
    subject: object = None
    fix: Fix | None = None
    hidden: bool = False


class Reported(NamedTuple):
    """A finding, and the report that it was made of."""

    finding: Finding
    report: Report


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

    def reported(self, facts: ModuleFacts) -> Iterator[Reported]:
        """The findings of a module, hidden ones included, with their reports."""
        for report in self.check(facts):
            yield Reported(self._finding(report, facts), report)

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
            function=enclosing(facts.tree, node.lineno),
            acquisition=report.acquisition,
            witness=report.witness,
            manager=report.manager,
        )
