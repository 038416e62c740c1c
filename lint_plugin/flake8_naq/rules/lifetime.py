"""What NAQ101, NAQ102 and NAQ103 share: one of them at most for each acquisition."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Departure, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition, FixSafety, Suggestion, Witness
from flake8_naq.prescan.callees import Holding
from flake8_naq.rules.base import Fix, Report
from flake8_naq.rules.ending_alone import ends_in_a_loop, goes_on_alone
from flake8_naq.rules.kept_by_answers import is_kept_by_answer
from flake8_naq.rules.opened_on_some_ways import is_opened_on_some_ways
from flake8_naq.rules.outliving import kept_along, serves_the_module, used_by_generator, waits_for_callbacks
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.rules.scripts import ends_with_the_program
from flake8_naq.rules.suggestion import is_legacy, suggested
from flake8_naq.syntax.source import characters

_VOWELS: Final = frozenset("AEIOUaeiou")
_SPOKEN_WITH_VOWEL: Final = frozenset("AEFHILMNORSX")  # names of letters
_REPORTED: Final = (Outcome.HAND_CLOSED, Outcome.LEAKS, Outcome.NEVER_CLOSED)
_MIGRATION = Fix("migration.package_manager.managed", FixSafety.SAFE)


def with_outcome(facts: ModuleFacts, outcome: Outcome) -> Iterator[tuple[FunctionFacts, Verdict]]:
    """The acquisitions of the module with that outcome."""
    for function in facts.functions:
        for verdict in function.verdicts:
            if verdict.outcome is outcome and verdict.summary.origin.manager is None:
                if _is_meant(function, verdict) or is_replaced(function, verdict) or ends_in_a_loop(function, verdict):
                    continue
                if ends_with_the_program(facts, function, verdict):
                    continue
                if outcome is Outcome.NEVER_CLOSED and (
                    _close_is_not_awaited(function, verdict.summary)
                    or _closed_for_process(facts, function, verdict)
                    or serves_the_module(facts, function, verdict)
                    or is_kept_by_answer(function, verdict)
                    or goes_on_alone(facts, function, verdict)
                ):
                    continue
                yield function, verdict


def _is_meant(function: FunctionFacts, verdict: Verdict) -> bool:
    """Whether nothing better can be written: it lives as long as the process, or only a `finally` can close it."""
    resource = verdict.summary.origin.resource
    if resource.process_lived and isinstance(function.scope.node, ast.Module):
        return True
    if verdict.outcome is not Outcome.HAND_CLOSED:
        return False
    return not resource.manager or resource.block_does == "waits" or _holding(verdict) is not None or _opens_again(function, verdict)


def _opens_again(function: FunctionFacts, verdict: Verdict) -> bool:
    """Whether the call opens what the constructor has opened already, of which another report says how to close it.

    As in `server = smtplib.SMTP(host)` and `server.connect(host)`.
    """
    origin = verdict.summary.origin
    if not origin.opened or verdict.call is origin.call:
        return False
    return any(one.call is origin.call and one.summary.origin is origin and one.outcome in _REPORTED for one in function.verdicts)


def _holding(verdict: Verdict) -> Holding | None:
    """Return how the container or object holds it in which a function returns it, None if it comes by itself."""
    factory = verdict.summary.origin.factory
    return None if factory is None else factory.held


def _close_is_not_awaited(function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """NAQ109 says what is wrong with it already."""
    return summary.saw(Event.UNAWAITED) or any(lost.what == "release" for lost in function.graph.unawaited)


def _closed_for_process(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Another function of the file closes the one connection of the process, and this is that connection."""
    resource, origin = verdict.summary.origin.resource, verdict.summary.origin
    made = origin.factory.acquired_by if origin.factory is not None else function.names.of(verdict.call.func) or ""
    package = made.partition(".")[0]
    return facts.closes_for_process(resource) and any(
        name.partition(".")[0] == (package or facts.catalogue.migration.package) for name in resource.release_functions
    )


def acquired(facts: ModuleFacts, summary: AcquisitionSummary, call: ast.Call | None = None) -> Acquisition:
    """The acquisition of a summary as plain data: by `call`, or else by the call that made the resource."""
    origin, factory = summary.origin, summary.origin.factory
    return acquisition_of(facts, origin.resource, call or origin.call)._replace(
        name=origin.name or "",
        maker=factory.name if factory is not None else "",
        maker_line=factory.line if factory is not None else 0,
        maker_path=factory.path if factory is not None else "",
    )


def acquisition_of(facts: ModuleFacts, resource: Resource, call: ast.Call | None, name: str = "") -> Acquisition:
    """The acquisition of a resource by a call; the name is empty where it has none."""
    line = call.lineno if call is not None else 0
    column = characters(facts.lines, call.lineno, call.col_offset) + 1 if call is not None else 0
    return Acquisition(resource.name, name, line=line, column=column)


def described(facts: ModuleFacts, acquisition: Acquisition) -> str:
    """`connection 'nc'`, or `connection` where it has no name, and the function that made it.

    The function reads `from 'connect' (line 9)`, and `from 'connect' (app/clients.py:9)` where it is in another file.
    """
    named = f" '{acquisition.name}'" if acquisition.name else ""
    place = facts.place(acquisition.maker_path, acquisition.maker_line)
    made = f" from '{acquisition.maker}' ({place})" if acquisition.maker else ""
    return f"{acquisition.resource}{named}{made}"


def instead(manager: Suggestion) -> str:
    """The manager in quotes, with what else has to change."""
    text = manager.text
    quote = '"' if "'" in text and '"' not in text else "'"  # as Python writes a text with quotes in it
    if manager.may_be_none:
        return f"{quote}{text}{quote} where it is not None"
    around = " in an async function" if manager.needs_async_function else ""
    missing = f" (import {manager.missing_import})" if manager.missing_import else ""
    return f"{quote}{text}{quote}{around}{missing}"


def _kept_open(summary: AcquisitionSummary) -> str:
    """That a block was entered which does not close the resource; empty where none was."""
    resource = summary.origin.resource
    if not summary.saw(Event.KEPT_OPEN):
        return ""
    if resource.entering == "impossible":
        return ": a 'with' block cannot enter it"
    does = f"{resource.block_does} and " if resource.block_does else ""
    return f": its 'with' block {does}does not close it"


def _remedy(manager: Suggestion, acquisition: Acquisition, summary: AcquisitionSummary) -> str:
    """The manager to use; where there is none, the release that belongs in a `finally`."""
    if manager.text:
        return f"use {instead(manager)}{_besides(summary.origin.resource)}"
    call = summary.origin.call if summary.origin.factory is None else None  # the object of a factory is not the pool
    owner = ast.unparse(call.func.value) if call is not None and isinstance(call.func, ast.Attribute) else ""
    name = acquisition.name or acquisition.resource.rpartition(" ")[2].lower()
    named = "" if acquisition.name else "give it a name, and "
    return f"{named}call '{summary.origin.resource.release_of(name, owner)}' in a 'finally'"


def _to_go_on(resource: Resource) -> str:
    """The argument by which the call says that what has no name may stay open; empty where there is no such argument."""
    first = resource.outlives_if[:1]
    said = f"{first[0].argument}={first[0].value}" if first and first[0].value is not None else ""
    return f"; or pass '{said}' if it is to go on without this process" if said else ""


def _on_a_stack(manager: Suggestion, resource: Resource) -> str:
    """How a stack enters the manager in the branch that opens the resource: no block can begin there."""
    source = manager.text.partition("with ")[2]
    entered = source.rpartition(" as ")[0] or source  # `async with nc` gives no name
    wait, kind = ("await ", "async_context") if manager.text.startswith("async ") else ("", "context")
    stack = "AsyncExitStack" if wait else "ExitStack"
    return f"it is opened on some ways only, so use '{wait}stack.enter_{kind}({entered})' in the block of an '{stack}'"


def _besides(resource: Resource) -> str:
    """What a block that closes the resource does besides; empty where it does nothing else."""
    return f" (its block {resource.block_does})" if resource.context_manager and resource.block_does else ""


class Acquired(NamedTuple):
    """The subject of a report on an acquisition: the verdict, and the function in which it was reached."""

    function: FunctionFacts
    verdict: Verdict


def migration(facts: ModuleFacts, acquired: Acquired) -> Fix | None:
    """The fix of an acquisition by a function that the package leaves behind; None for all others."""
    called = acquired.function.names.of(acquired.verdict.call.func)
    return _MIGRATION if called is not None and is_legacy(called, facts) else None


def about(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, says: str, witness: Witness | None) -> Report:
    """The report on an acquisition: what becomes of it, as `says` puts it, and the manager that suits what the code does."""
    acquisition = acquired(facts, verdict.summary, verdict.call)
    held = _holding(verdict)
    if held is not None:
        message = f"{_described_held(facts, acquisition, held, says)}; {_closing(verdict, acquisition, held)}"
        return Report(verdict.call, message, acquisition, witness, subject=Acquired(function, verdict))
    factory = verdict.summary.origin.factory
    if factory is not None and factory.decided_by is not None:  # a block of the caller would close another value, too
        remedy = f"let '{factory.name}' be a context manager that closes only what it opens"
        return Report(verdict.call, f"{described(facts, acquisition)} {says}; {remedy}", acquisition, witness)
    generator = used_by_generator(facts, function, verdict)
    if generator:  # a block of this function would close it before the generator begins
        remedy = f"close it in a 'finally' of '{generator}', which goes on using it"
        return Report(verdict.call, f"{described(facts, acquisition)} {says}; {remedy}", acquisition, witness)
    manager = suggested(facts, function, verdict.summary, verdict.call)
    remedy = kept_along(facts, function, verdict, acquisition)
    entered = manager if manager.text and not remedy else None
    if entered is not None and is_opened_on_some_ways(facts, function, verdict):
        remedy, entered = _on_a_stack(manager, verdict.summary.origin.resource), None
    remedy = remedy or _remedy(manager, acquisition, verdict.summary)
    if not acquisition.name and verdict.outcome is Outcome.NEVER_CLOSED:
        remedy += _to_go_on(verdict.summary.origin.resource)
    if entered is not None and waits_for_callbacks(facts, function, verdict):
        remedy += ", and wait in its block while callbacks are to run"
    message = f"{described(facts, acquisition)} {says}{_kept_open(verdict.summary)}; {remedy}"
    subject = Acquired(function, verdict)
    return Report(verdict.call, message, acquisition, witness, entered, subject, migration(facts, subject))


def _described_held(facts: ModuleFacts, acquisition: Acquisition, held: Holding, says: str) -> str:
    """`connections in 'clients' from 'open_all' (app/clients.py:9) are never closed`, `connection 'clients.nc' ...`."""
    name, fields = acquisition.name, held.fields
    inside = " and ".join(f"'{name}.{field}'" for field in fields) if fields else f"in '{name}'"
    made = f" from '{acquisition.maker}' ({facts.place(acquisition.maker_path, acquisition.maker_line)})"
    if len(fields) != 1:
        says = says.replace("is ", "are ", 1) if says.startswith("is ") else says.replace("stays ", "stay ", 1)
    kind = acquisition.resource if len(fields) == 1 else several(acquisition.resource)
    return f"{kind}{f' {inside}' if name else ''}{made} {says}"


def several(kind: str) -> str:
    """Return the word for more than one resource of that kind: `connections`, `processes`."""
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def with_article(kind: str) -> str:
    """Return the word for a resource with its article: `a connection`, `an engine`, `an SSH client`."""
    word = kind.partition(" ")[0]
    is_spelled = word.isupper() and not _VOWELS.intersection(word)  # letter by letter: `HDF5`, but not `NATS`
    return f"{'an' if word[:1] in (_SPOKEN_WITH_VOWEL if is_spelled else _VOWELS) else 'a'} {kind}"


def _closing(verdict: Verdict, acquisition: Acquisition, held: Holding) -> str:
    """What closes the resources in a container or an object."""
    resource, name = verdict.summary.origin.resource, acquisition.name
    if held.fields and name:
        releases = " and ".join(f"'{resource.release_of(f'{name}.{field}')}'" for field in held.fields)
        return f"call {releases} in a 'finally'"
    stack = "AsyncExitStack" if resource.asynchronous else "ExitStack"
    release = resource.release_of("item")
    return f"close each in a 'finally', as in '{release}', or use an '{stack}'"


def when(facts: ModuleFacts, witness: Witness) -> str:
    """`if line 14 raises`, `when line 9 rebinds it`."""
    line = facts.named_line(witness.line)
    if witness.how == Departure.REBOUND.value:
        return f"when {line} rebinds it"
    if witness.how == Departure.YIELDS.value:  # an error of that code is raised at the `yield`
        return f"if the code that {line} yields to raises or stops"
    return f"if {line} {witness.how}"
