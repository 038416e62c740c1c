"""Collects the connections of a module from its facts and findings. Reads no file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.inventory.model import Connection, Pattern
from flake8_naq.model import Finding, PlannedFix, State
from flake8_naq.rules import rule_of
from flake8_naq.rules.base import Reported
from flake8_naq.rules.suggestion import suggested
from flake8_naq.syntax.enclosing import enclosing
from flake8_naq.syntax.source import characters

_STATES = {
    Outcome.HAND_CLOSED: State.BY_HAND,
    Outcome.LEAKS: State.LEAKS,
    Outcome.NEVER_CLOSED: State.NEVER_CLOSED,
}
_SETTLED = (State.MANAGED, State.HANDED_OFF)
_BUCKETS = "key-value"
_JETSTREAM = "jetstream"
Fixes = Mapping[Finding, PlannedFix | None]  # of the findings that are reported


def connections(facts: ModuleFacts, found: Sequence[Reported], fixes: Fixes, path: str) -> Iterator[Connection]:
    """Return every acquisition in the module, in order, and every manager that is called and not entered.

    `found` are all findings, and `fixes` has those that are reported.
    """
    of_acquisitions = {one.report.node: one.finding for one in reversed(found) if _said(one.finding)}
    remarks = {one.report.node: one.finding for one in reversed(found) if one.finding in fixes}
    unawaited = {one.finding.function: one.finding for one in reversed(found) if one.finding.code == "NAQ109"}
    connections: dict[tuple[int, int], Connection] = {}
    for function in facts.functions:
        for verdict in function.verdicts:
            if verdict.summary.origin.call is not None:
                finding = of_acquisitions.get(verdict.call) or remarks.get(verdict.call)
                if finding is None and verdict.outcome is Outcome.NEVER_CLOSED:
                    finding = unawaited.get(function.scope.qualname)  # its release is there, and does nothing
                connections[_place(verdict.call, facts)] = _connection(facts, function, verdict, finding, fixes, path)
        for call, manager in function.graph.unentered:
            said = of_acquisitions.get(call)
            if said is not None:
                connections[_place(call, facts)] = _not_entered(facts, call, _suits(manager.suits), said, fixes, path)
    yield from (connections[place] for place in sorted(connections))


def _fix(finding: Finding | None, state: State, fixes: Fixes) -> str:
    """Return the fix of a connection that has to be migrated: `safe`, `unsafe` or an empty string."""
    fix = fixes.get(finding) if finding is not None and state not in _SETTLED else None
    return str(fix.safety) if fix is not None else ""


def _connection(
    facts: ModuleFacts,
    function: FunctionFacts,
    verdict: Verdict,
    finding: Finding | None,
    fixes: Fixes,
    path: str,
) -> Connection:
    summary = verdict.summary
    line, column = _place(verdict.call, facts)
    state = _state(verdict, finding)
    managed = state in _SETTLED
    return Connection(
        path=path,
        line=line,
        column=column,
        function=enclosing(facts.tree, verdict.call.lineno),
        resource=summary.origin.resource.name,
        pattern=pattern(summary),
        state=state,
        rule=finding.code if finding else "",
        manager=_present(summary) if managed else suggested(facts, function, summary).text,
        fix=_fix(finding, state, fixes),
        silenced=finding is not None and finding not in fixes,
    )


def _present(summary: AcquisitionSummary) -> str:
    """Return the last name of its manager, or an empty string."""
    manager = summary.origin.manager
    return manager.name.rpartition(".")[2] if manager else ""


def _not_entered(
    facts: ModuleFacts, call: ast.Call, suits: Pattern, finding: Finding, fixes: Fixes, path: str
) -> Connection:
    line, column = _place(call, facts)
    return Connection(
        path, line, column, enclosing(facts.tree, line), "connection", suits, State.NEVER_CLOSED, finding.code,
        finding.manager.text if finding.manager else "", _fix(finding, State.NEVER_CLOSED, fixes),
        silenced=finding not in fixes,
    )  # fmt: skip


def _said(finding: Finding) -> State | None:
    """Return the state of the acquisition that the finding reports; None for a finding about another place."""
    rule = rule_of(finding.code)
    return rule.state if rule is not None else None


def _state(verdict: Verdict, finding: Finding | None) -> State:
    said = _said(finding) if finding is not None else None
    if said is not None:
        return said
    summary = verdict.summary
    yields = summary.saw(Event.YIELDED_OPEN) and summary.released
    if summary.origin.manager is not None or summary.saw(Event.MANAGED) or yields:
        return State.MANAGED
    # A leak that no rule reports is one that another rule has explained.
    return _STATES.get(verdict.outcome, State.HANDED_OFF)


def pattern(summary: AcquisitionSummary) -> Pattern:
    """Return the pattern of use: A, B or C for one kind of work, D for several kinds or buckets."""
    resource = summary.origin.resource
    if not resource.kind:
        return Pattern.OTHER
    buckets = summary.views.get(f"{_JETSTREAM}:{_BUCKETS}", frozenset())
    done = {
        Pattern.SIMPLE: bool(summary.uses.get(resource.kind)),
        Pattern.JETSTREAM: bool(summary.uses.get(_JETSTREAM))
        or any(view.startswith(f"{_JETSTREAM}:") and not view.endswith(_BUCKETS) for view in summary.views),
        Pattern.KEY_VALUE: bool(summary.uses.get(_BUCKETS) or buckets),
    }
    kinds = [kind for kind, is_done in done.items() if is_done]
    if len(kinds) > 1 or len(buckets) > 1:
        return Pattern.SEVERAL
    if kinds:
        return kinds[0]
    manager = summary.origin.manager
    if manager is not None:
        return _suits(manager.suits)
    return Pattern.JETSTREAM if summary.views else Pattern.SIMPLE


def _suits(suits: str) -> Pattern:
    return {"jetstream": Pattern.JETSTREAM, "bucket": Pattern.KEY_VALUE}.get(suits, Pattern.SIMPLE)


def _place(call: ast.Call, facts: ModuleFacts) -> tuple[int, int]:
    return call.lineno, characters(facts.lines, call.lineno, call.col_offset) + 1
