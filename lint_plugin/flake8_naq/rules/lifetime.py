"""What NAQ101, NAQ102 and NAQ103 share: one of them at most for each acquisition."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.analysis.module import FunctionFacts, ModuleFacts
from flake8_naq.analysis.ownership import Outcome, Verdict
from flake8_naq.analysis.state import Trace
from flake8_naq.remedy import is_legacy, manager_text, missing_import


def with_outcome(facts: ModuleFacts, outcome: Outcome) -> Iterator[tuple[FunctionFacts, Verdict]]:
    """The acquisitions of the module with that outcome."""
    for function in facts.functions:
        for verdict in function.verdicts:
            if verdict.outcome is outcome and verdict.trace.origin.manager is None:
                if outcome is Outcome.NEVER_CLOSED and _close_is_not_awaited(function, verdict.trace):
                    continue
                yield function, verdict


def _close_is_not_awaited(function: FunctionFacts, trace: Trace) -> bool:
    """NAQ109 says what is wrong with it already."""
    return bool(trace.unawaited) or any(lost.what == "release" for lost in function.program.unawaited)


def described(trace: Trace) -> str:
    """`connection 'nc'`, or `connection` where it has no name; `from 'connect' (line 9)` where a function made it."""
    origin = trace.origin
    made = f" from '{origin.maker.function.name}' (line {origin.maker.call.lineno})" if origin.maker else ""
    return (f"{origin.resource.name} '{origin.name}'" if origin.name else origin.resource.name) + made


class Instead(NamedTuple):
    """The manager to write: as *text* to paste, and as a message has it, with what else has to change."""

    text: str
    spoken: str


def use_instead(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> Instead:
    """The manager for what the code does with an acquisition."""
    text = manager_text(facts, function, verdict.trace, verdict.call)
    asynchronous = verdict.trace.origin.resource.asynchronous
    elsewhere = asynchronous and not isinstance(function.scope.node, ast.AsyncFunctionDef)
    missing = missing_import(function, verdict.trace, text)
    maker = verdict.trace.origin.maker
    if maker is not None and maker.may_be_none and not is_legacy(maker.way, facts):
        return Instead(text, f"'{text}' where it is not None")
    more = (" in an async function" if elsewhere else "") + (f" (import {missing})" if missing else "")
    return Instead(text, f"'{text}'{more}")
