"""What a module leaves open until its process ends: by an error, or in a script, which opens it once."""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.dataflow.observations import Departure, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict, own_leaks
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.nested_opening import is_entry_point

_ERRORS: Final = (Departure.RAISES, Departure.CANCELLED)


def ends_with_the_program(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether it stays open only until the program ends.

    A module as a whole lets an error pass, and behind the last line of a script comes nothing. A notebook goes on behind
    both, and a process goes on behind the program that started it. What needs an event loop may have to send something,
    which it cannot do any more when the process ends.
    """
    if not isinstance(function.scope.node, ast.Module) or verdict.outcome not in (Outcome.LEAKS, Outcome.NEVER_CLOSED):
        return False
    resource = verdict.summary.origin.resource
    if facts.judges_scripts or facts.is_notebook or resource.outlives_if:
        return False
    leaks = own_leaks(verdict.call, verdict.summary)
    if verdict.outcome is Outcome.LEAKS and all(one.exceptional and one.departure in _ERRORS for one in leaks):
        return True
    if resource.asynchronous or verdict.summary.origin.name is None or verdict.summary.saw(Event.KEPT_OPEN):
        return False
    opened_once = all(one.departure is not Departure.REBOUND for one in leaks)
    return opened_once and _is_in_a_script(facts, verdict.call)


def _is_in_a_script(facts: ModuleFacts, call: ast.Call) -> bool:
    """Return whether the call is in the code for `__main__`, or in a module that uses all that it defines itself."""
    if any(isinstance(one, ast.stmt) and is_entry_point(one) for one in facts.parents.ancestors(call)):
        return True
    used = {one.id for one in facts.nodes(facts.tree) if isinstance(one, ast.Name)}
    return used.issuperset((*facts.root.functions, *facts.root.classes))
