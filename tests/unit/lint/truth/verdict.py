"""From what happened in all runs to what the linter must say: NAQ101, NAQ102, NAQ103 or nothing, and which lines leak.

The rules are those of the linter's design, applied to observed fates; nothing here looks at the linter.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lint.truth.fake import SUBJECT, Held, Site
from lint.truth.runner import Fate, Runs, Step

HAND_CLOSED = "NAQ101"
LEAKS = "NAQ102"
NEVER_CLOSED = "NAQ103"
_TRACED = 400  # leaking runs, the shortest first, that are looked at for a line


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the runs say of one acquisition; *leaks* are the tapes of the runs that show it.

    *may* be reported: a resource that is handed on, and is lost by an exception before that, which a handler may take.
    """

    code: str | None
    why: str
    leaks: tuple[tuple[int, ...], ...] = ()
    may: str | None = None


def verdicts(runs: Runs) -> dict[Site, Verdict]:
    """One for each acquisition that some run made."""
    by_site: dict[Site, list[Fate]] = {}
    for fate in runs.fates:
        by_site.setdefault(fate.site, []).append(fate)
    return {site: _with_tapes(judge(fates, _failing(runs, fates)), runs) for site, fates in by_site.items()}


Tape = tuple[int, ...]


def _failing(runs: Runs, fates: list[Fate]) -> dict[Fate, list[Tape]]:
    """The runs, by their fate, that leave what is handed on elsewhere open where something fails, the shortest first."""
    found: dict[Fate, list[Tape]] = {}
    for fate in fates if any(fate.strong or fate.weak for fate in fates) else ():
        tapes = sorted(runs.fates[fate], key=len)[:_TRACED] if fate.open and not fate.managed else []
        failing = [tape for tape in tapes if not fate.normal or _has_failed(runs, tape, fate.site)]
        if failing:
            found[fate] = failing
    return found


def _has_failed(runs: Runs, tape: Tape, site: Site) -> bool:
    """Whether an exception is raised after the acquisition at *site*, while a name still has the resource."""
    steps = runs.trace(tape)
    made = [at for at, step in enumerate(steps) if isinstance(step.what, Held) and step.what.site == site]
    if not made or not any(step.kind == "exception" for step in steps[made[0] :]):
        return False
    return all(held.site != site for _, held in runs.losses(tape))


@dataclass(frozen=True, slots=True)
class Judgement:
    code: str | None
    why: str
    leaking: tuple[Fate, ...] = ()
    may: str | None = None
    failing: Mapping[Fate, list[Tape]] | None = None  # the runs that count, by their fates; all of the leaking if None


def judge(fates: list[Fate], failing: Mapping[Fate, list[Tape]]) -> Judgement:
    """The rules, on the fates of one acquisition, of which some are those of runs in which something fails."""
    lent = frozenset[int]().union(*(fate.borrowed for fate in fates))
    handed = {fate for fate in fates if fate.strong or fate.weak - lent}
    by_hand = any(fate.by_hand for fate in fates)
    released = by_hand or any(fate.managed for fate in fates)
    leaking = tuple(fate for fate in fates if fate.open and not fate.managed and fate not in handed)
    if handed:
        return _handed_on(released, leaking, failing)
    if not released:
        return Judgement(NEVER_CLOSED, "no run releases it or hands it on", leaking)
    if leaking:
        return Judgement(LEAKS, "some runs release it, others leave it open", leaking)
    if not by_hand:
        return Judgement(None, "a manager releases it in every run")
    if any(fate.yields for fate in fates):
        return Judgement(None, "a generator that releases it in every run")
    return Judgement(HAND_CLOSED, "every run releases it by hand")


def _handed_on(released: bool, leaking: tuple[Fate, ...], failing: Mapping[Fate, list[Tape]]) -> Judgement:
    early = tuple(fate for fate in leaking if fate in failing)
    may = LEAKS if early else None
    if not released:
        return Judgement(None, "handed on and never released here", early, may, failing)
    loose = tuple(fate for fate in leaking if fate.normal)
    if loose:
        return Judgement(LEAKS, "a normal run neither releases it nor hands it on", loose)
    return Judgement(None, "every normal run releases it or hands it on", early, may, failing)


def _with_tapes(judgement: Judgement, runs: Runs) -> Verdict:
    by_fate = runs.fates if judgement.failing is None else judgement.failing
    tapes = [tape for fate in judgement.leaking for tape in by_fate[fate]]
    return Verdict(judgement.code, judgement.why, tuple(sorted(tapes, key=len)), judgement.may)


# --- the line that leaks

Cause = tuple[int, str]


def leaks_by(runs: Runs, site: Site, verdict: Verdict, cause: Cause, source: str) -> bool:
    """Whether some leaking run leaks by that line in that way."""
    kinds = statement_kinds(source)
    return any(cause in causes(runs.trace(tape), site, kinds) for tape in verdict.leaks[:_TRACED])


def all_causes(runs: Runs, site: Site, verdict: Verdict, source: str) -> set[Cause]:
    kinds = statement_kinds(source)
    return {cause for tape in verdict.leaks[:_TRACED] for cause in causes(runs.trace(tape), site, kinds)}


def causes(steps: list[Step], site: Site, kinds: Kinds) -> set[Cause]:
    """Why the acquisition at *site* stayed open in this run: the last exception, or the jumps and rebindings after it."""
    found: set[Cause] = set()
    for start, step in enumerate(steps):
        held = step.what
        if step.kind == "acquired" and isinstance(held, Held) and held.site == site and held.open:
            found |= _causes_after(site[0], steps[start + 1 :], kinds) | _pending(steps[:start], kinds)
    return found


def overwriting_lines(runs: Runs, site: Site) -> set[int]:
    """The lines that give the last name of the resource another value while it is open: nothing can close it then."""
    tapes = sorted((tape for fate in runs.fates if fate.site == site for tape in runs.fates[fate]), key=len)
    return {line for tape in tapes[:_TRACED] for line, held in runs.losses(tape) if held.site == site}


def _pending(steps: list[Step], kinds: Kinds) -> set[Cause]:
    """The exception or jump that was on its way when a handler or a finally acquired."""
    for step in reversed(steps):
        if isinstance(step.what, BaseException):
            return {(step.line, way) for way in ways(step.what)}
        if jumps := kinds.ways.get(step.line, set()) & {"returns", "breaks", "continues"}:
            return {(step.line, way) for way in jumps}
    return set()


def _causes_after(begin: int, steps: list[Step], kinds: Kinds) -> set[Cause]:
    found: set[Cause] = set()
    rebound: set[Cause] = set()
    last: BaseException | None = None
    for at, step in enumerate(steps):
        error = step.what
        if step.kind == "exception" and isinstance(error, BaseException):
            if error is not last and "raise" not in kinds.ways.get(step.line, ()):
                found.clear()
            found |= {(step.line, way) for way in ways(error)}
            last = error
        elif step.kind == "line":
            rebound |= {(step.line, way) for way in kinds.ways.get(step.line, ()) if way == "is rebound"}
            found |= {(step.line, "raises" if way == "raise" else way) for way in kinds.ways.get(step.line, ())}
        elif step.kind == "return" and steps[at - 1].kind != "exception":  # a frame also returns when it raises
            found |= {(line, "returns") for line in _last_lines(begin, steps[:at], kinds)}
    return found | rebound


def _last_lines(begin: int, steps: list[Step], kinds: Kinds) -> Iterator[int]:
    """Where the function ends when it runs out: the last line that does something, those after it, and their heads.

    *begin* is the line before all the steps.
    """
    for step in reversed(steps):
        if step.kind == "line":
            yield step.line
            yield from kinds.heads.get(step.line, ())
            if step.line not in kinds.inert:
                return
    yield begin


def ways(error: BaseException) -> set[str]:
    """What the message may call it; an exception that comes out of a yield is the yield's."""
    if isinstance(error, GeneratorExit):
        return {"yields"}
    way = "is cancelled" if isinstance(error, asyncio.CancelledError) else "raises"
    return {way, "yields"} if error.args == ("thrown in",) else {way}


_WAYS: dict[type[ast.AST], str] = {
    ast.Return: "returns",
    ast.Break: "breaks",
    ast.Continue: "continues",
    ast.Raise: "raise",
    ast.Assign: "is rebound",
    ast.AnnAssign: "is rebound",
    ast.NamedExpr: "is rebound",
    ast.Delete: "is rebound",
    ast.For: "is rebound",
}
_ACTIVE = (ast.Call, ast.Await, ast.Yield, ast.Return, ast.Raise)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What the lines of the function under test are."""

    ways: dict[int, set[str]]  # what each can do to a resource besides raising
    heads: dict[int, set[int]]  # the compound statements around it
    inert: set[int]  # those that do nothing


def statement_kinds(source: str) -> Kinds:
    kinds = Kinds({}, {}, set())
    for node in _subject_nodes(ast.parse(source)):
        way = _WAYS.get(type(node))
        if way and isinstance(node, (ast.stmt, ast.expr)):
            kinds.ways.setdefault(node.lineno, set()).add(way)
        if isinstance(node, ast.stmt):
            _enter_statement(node, kinds)
    return kinds


def _enter_statement(node: ast.stmt, kinds: Kinds) -> None:
    if isinstance(node, (ast.Pass, ast.Try, ast.For, ast.With, ast.AsyncWith)) or _is_quiet(node):
        kinds.inert.add(node.lineno)
    if isinstance(node, (ast.If, ast.Match, ast.For, ast.While)):
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            kinds.heads.setdefault(line, set()).add(node.lineno)


def _is_quiet(node: ast.stmt) -> bool:
    """A statement or a test of names and constants only, or a logging call."""
    if isinstance(node, ast.If):
        return not any(isinstance(part, _ACTIVE) for part in ast.walk(node.test))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func) in ("log.info", "print")
    return isinstance(node, ast.Assign) and not any(isinstance(part, _ACTIVE) for part in ast.walk(node))


def _subject_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == SUBJECT:
            yield from ast.walk(node)
