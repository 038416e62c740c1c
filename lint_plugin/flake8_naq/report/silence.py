"""Why nothing is reported of what a line opens: where it is closed, or who else may close it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.report.why import Step, passed_steps
from flake8_naq.syntax.nodes import dotted

# What is observed without a place counts for the line that acquires the resource.
_ENDS: Final = {
    Event.RELEASED: "'{text}' releases it",
    Event.MANAGED: "a block closes it",
    Event.ENDED: "'{text}' leaves nothing to close",
    Event.CLEANUP_REGISTERED: "a stack or a callback closes it later",
    Event.EXPECTED_TO_FAIL: "its acquisition is expected to fail",
    Event.TESTED_CLOSED: "'{text}' asks whether it is closed already",
    Event.STORED: "it is stored where other code can close it",
    Event.UNAWAITED: "'{text}' is not awaited (NAQ109)",
}
_LONGEST: Final = 60  # characters of the code that a step quotes


def silence(facts: ModuleFacts, line: int) -> list[str]:
    """Return each resource that is acquired on the line and what becomes of it, in the order of the file."""
    found: list[str] = []
    for known in (facts,) if facts.owned is None else (facts, facts.owned.facts):
        for function in known.functions:
            for summary in function.summaries:
                if any(call.lineno <= line <= (call.end_lineno or 0) for call in summary.acquired):
                    found += _explained(known, function, summary, line)
    return found or sorted(_of_unknown_objects(facts, line))


def _of_unknown_objects(facts: ModuleFacts, line: int) -> Iterator[str]:
    """Yield the calls on the line that open something if their object has the class which has such a method."""
    for node in facts.nodes(facts.tree):
        method = node.func if isinstance(node, ast.Call) else None
        if isinstance(method, ast.Attribute) and method.attr in facts.catalogue.instance_methods:
            here = method.lineno <= line <= (method.end_lineno or 0)
            if here and dotted(method.value).partition(".")[0] not in facts.root.imports:  # a module has functions
                names = sorted(one for one in facts.catalogue.methods if one.endswith(f".{method.attr}"))
                called = " or ".join(f"'{one}'" for one in names)
                value = _short(method.value)
                yield f"  the class of '{value}' is not known; an annotation tells whether {called} is called"


def _explained(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, line: int) -> Iterator[str]:
    name, resource = summary.origin.name, summary.origin.resource.name
    yield f"{resource} '{name}'" if name else resource
    steps = {*_ends(summary, line), *passed_steps(function, summary, facts)}
    told = {step.line for step in steps}
    steps.update(step for step in _handed_on(summary) if step.line not in told)
    if not steps:
        stays = isinstance(function.scope.node, ast.Module)
        steps.add(Step(line, "it is there for as long as the process runs" if stays else "other code may get it"))
    if not summary.complete:
        steps.add(Step(line, "the function has too many paths to follow all of them"))
    yield from (f"  line {step.line}: {step.text}" for step in sorted(steps))


def _ends(summary: AcquisitionSummary, line: int) -> Iterator[Step]:
    for event, text in _ENDS.items():
        for one in summary.observed.get(event, ()):
            yield Step(getattr(one.node, "lineno", line), text.format(text=_short(one.node)))


def _handed_on(summary: AcquisitionSummary) -> Iterator[Step]:
    used = frozenset().union(*summary.uses.values())
    for node in summary.nodes(Event.HANDED_OFF) - summary.nodes(Event.STORED):
        if isinstance(node, ast.Return):
            text = "it is returned, and the caller has to close it" if node in used else "what is returned keeps it"
            yield Step(node.lineno, text)
        else:
            yield Step(getattr(node, "lineno", 0), "other code gets it")
    for node in summary.nodes(Event.ESCAPE_SITE):
        yield Step(getattr(node, "lineno", 0), f"'{_short(node)}' may keep it")


def _short(node: ast.AST | None) -> str:
    text = "" if node is None else ast.unparse(node).partition("\n")[0]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
