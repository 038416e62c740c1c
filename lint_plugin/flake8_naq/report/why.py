"""The way to a finding: where the resource is acquired, what each callee was taken to do with it, where it leaks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition
from flake8_naq.prescan.callees import Effect
from flake8_naq.rules.base import Reported
from flake8_naq.rules.lifetime import Acquired

_EFFECTS: Final = {
    Effect.RELEASES: "releases it",
    Effect.MAY_RELEASE: "releases it on some of its paths",
    Effect.KEEPS: "may keep it",
    Effect.BORROWS: "only uses it",
}


class Step(NamedTuple):
    """What happens on one line."""

    line: int
    text: str


def way(one: Reported, facts: ModuleFacts) -> list[str]:
    """Return the finding and the lines that it follows from, in the order of the file."""
    finding, subject = one.finding, one.report.subject
    steps: set[Step] = set()
    if isinstance(subject, Acquired):
        owned = facts.owned
        known = owned.facts if owned is not None and finding.code == "NAQ114" else facts
        steps.update(_steps(subject.function, subject.verdict, known))
    if finding.acquisition is not None:
        steps.update(_acquired(finding.acquisition, facts))
    return [
        f"{finding.line}:{finding.column}: {finding.code} {finding.message}",
        *(f"  line {step.line}: {step.text}" for step in sorted(steps)),
    ]


def _acquired(acquisition: Acquisition, facts: ModuleFacts) -> Iterator[Step]:
    if not acquisition.line:
        return
    resource, maker = acquisition.resource, acquisition.maker
    place = facts.place(acquisition.maker_path, acquisition.maker_line)
    made = f" by '{maker}' ({place})" if maker else ""
    if maker == resource:  # an owner class
        yield Step(acquisition.line, f"the {resource} opens what it owns ({place})")
    else:
        yield Step(acquisition.line, f"the {resource} is acquired{made}")


def _steps(function: FunctionFacts, verdict: Verdict, facts: ModuleFacts) -> Iterator[Step]:
    summary = verdict.summary
    yield from passed_steps(function, summary, facts)
    for node in summary.released:
        yield Step(_line(node), f"'{ast.unparse(node)}' releases it")
    if verdict.leak is not None:
        yield Step(verdict.leak.line, f"it stays open where this line {verdict.leak.departure.value}")
    elif verdict.outcome is Outcome.NEVER_CLOSED:
        last = getattr(function.scope.node, "end_lineno", None) or summary.acquired[-1].lineno
        yield Step(last, "the function ends, and nothing has released it or taken it over")


def passed_steps(function: FunctionFacts, summary: AcquisitionSummary, facts: ModuleFacts) -> Iterator[Step]:
    """Yield what the functions do that are given the resource as an argument."""
    name = summary.origin.name
    for node in facts.nodes(function.scope.node):
        if isinstance(node, ast.Call) and name is not None:
            yield from _passed(node, name, summary, function, facts)


def _passed(
    call: ast.Call, name: str, summary: AcquisitionSummary, function: FunctionFacts, facts: ModuleFacts
) -> Iterator[Step]:
    """Yield what the function called does with an argument that is the resource."""
    resource = summary.origin.resource
    given: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
    given += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    for key, argument in given:
        if isinstance(argument, ast.Name) and argument.id == name:
            called = ast.unparse(call.func)
            if facts.callees.is_known(call, function.names):
                effect = _EFFECTS[facts.callees.effect(call, key, function.names, resource)]
                place = facts.callees.place_of(call, function.names)
                where = f" ({place})" if place else ""
                yield Step(call.lineno, f"'{called}'{where} {effect}")
            elif call not in summary.released:  # as a pool does that gets back its connection
                may_keep = ", and may keep it" if call in summary.kept_elsewhere else ""
                yield Step(call.lineno, f"'{called}' is not a function of the project{may_keep}")


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
