"""Whether a program still does what it did before it was fixed: the comparison of its runs, one for each fortune.

A fix makes sure of the close, so one difference is always right: a resource that stayed open is closed now. Every other
difference has a name in `Permit` (see `permits`) or is a fault of the fixer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Flag, auto

from lint.fixer.truth.execution import Errors, Loaded, Run, failures_of
from lint.truth.tape import Tape

RUN_LIMIT = 3000


class Permit(Flag):
    """What a fix may change besides the close, because the page of its rule says so."""

    NOTHING = 0
    SERVER = auto()  # the server is the configuration's, not the URL's
    UNBOUND = auto()  # where the release met an unbound name, the failure itself comes out
    BROKEN = auto()  # where the code could not work (TypeError, AttributeError), it does something else from there on
    NONE = auto()  # where the release met None (AttributeError), the failure itself comes out
    CONSTRUCTOR = auto()  # the object keeps a config in place of a URL
    CLOSE_FIRST = auto()  # the close comes before the handlers of the try around it, and they see its failure
    QUIET_CLOSE = auto()  # a failure of the close comes out where it was swallowed
    DRAIN = auto()  # close where drain was
    WAIT = auto()  # no time limit and no shield around the close
    FINALLY = auto()  # where the acquisition fails, what its finally did does not happen
    AWAITED = auto()  # a release that was never awaited happens, and a connect with its release
    SUPPRESSED = auto()  # a failure that comes out meets a `suppress`, and ends well
    CLOSED_LATER = auto()  # who was given a function that uses the connection finds it closed, which was open before


@dataclass(frozen=True, slots=True)
class Difference:
    """One fortune under which the two programs differ."""

    what: str
    before: Run
    after: Run

    def __str__(self) -> str:
        chosen = "; ".join(f"{name} -> {choice}" for name, choice in self.before.choices.items() if choice)
        return "\n".join(
            [
                f"differs: {self.what}",
                f"  when:   {chosen or 'everything succeeds'}",
                *_told("before", self.before),
                *_told("after", self.after),
            ]
        )


def _told(name: str, run: Run) -> Iterator[str]:
    yield f"  {name}: {', '.join(run.log)}"
    yield f"          {run.end}" + (f"; left: {', '.join(run.left)}" if run.left else "")
    if run.open:
        yield f"          open: {sorted(run.open)}"


@dataclass(frozen=True, slots=True)
class Compared:
    """*closed* is how many runs leave nothing open any more that was open; *complete* whether all runs were made."""

    runs: int
    complete: bool
    difference: Difference | None
    closed: int = 0


def compared(
    before: str,
    after: str,
    fixed: frozenset[int] = frozenset(),
    permit: Permit = Permit.NOTHING,
    same_server: bool = False,
) -> Compared:
    """All runs of *before*, each held against the run of *after* with the same fortune.

    *fixed* are the lines of *before* whose acquisitions must be closed at the end of every run of *after*.
    """
    failures = failures_of(before)
    old = Loaded(before, failures, same_server)
    new = Loaded(after, failures, same_server)
    count = closed = 0
    watched = _watched(permit)
    for last in old.runs(RUN_LIMIT):
        count += 1
        run = new.run(old.world.tape, last.choices)
        what = _difference(last, run, fixed, permit)
        if what and watched:  # looking where the program itself broke is slow, and few runs need it
            broken = old.run(Tape(), last.choices, watched)
            what = _difference(broken, run, fixed, permit)
        if what:
            return Compared(count, True, Difference(what, last, run), closed)
        closed += bool(last.open - run.open)
    return Compared(count, count < RUN_LIMIT, None, closed)


def _watched(permit: Permit) -> Errors:
    watched = {Permit.UNBOUND: (NameError,), Permit.NONE: (AttributeError,), Permit.BROKEN: (TypeError, AttributeError)}
    return tuple({error for one, errors in watched.items() if one in permit for error in errors})


def _difference(before: Run, after: Run, fixed: frozenset[int], permit: Permit) -> str:
    """What differs, or nothing."""
    old, new = _operations(before, after, permit)
    if Permit.FINALLY in permit and _connect_fails(before):
        return _more_or_less(*_until_broken(before, old, new, permit)) or _unfixed(before, after, fixed)
    if before.broke is not None:
        return _after_breaking(before, after, permit)
    if permit & (Permit.CLOSE_FIRST | Permit.QUIET_CLOSE) and _close_fails(before):
        return _unfixed(before, after, fixed)
    if old != new:
        return _first(old, new)
    if before.end != after.end and not _tells_more(before, after):
        return f"end: {before.end} / {after.end}"
    if _left(before, after, before, permit) != _left(before, after, after, permit):
        return f"left behind: {before.left} / {after.left}"
    return _still_open(before, after, fixed)


def _connect_fails(run: Run) -> bool:
    return any(choice and name.startswith(("connect ", "open ")) for name, choice in run.choices.items())


def _more_or_less(old: list[str], new: list[str]) -> str:
    """Whether something happens that did not, or in another order."""
    left = iter(old)
    extra = next((one for one in new if one not in left), None)
    return f"operation: none / {extra}" if extra else ""


def _close_fails(run: Run) -> bool:
    return any(choice and name.startswith("release ") for name, choice in run.choices.items())


def _tells_more(before: Run, after: Run) -> bool:
    """Whether the error of a close has the same chain of errors behind it, and one more in front of that chain."""
    error, _, chain = before.end.partition(" while ")
    return _close_fails(before) and after.end.startswith(f"{error} while ") and after.end.endswith(chain)


_MASKED = re.compile(r"^raises (?:UnboundLocalError|NameError|AttributeError) while (.+)$")
_LINK = re.compile(r"(?<= )(?:UnboundLocalError|NameError|AttributeError) while ")


# How it ends after that: well, on one turn of a loop after the other, or where the name is used the next time.
_SWALLOWED = ("returns", "raises Cut", "raises UnboundLocalError", "raises AttributeError")


def _after_breaking(before: Run, after: Run, permit: Permit) -> str:
    """The same up to there; and the failure that an unbound name or None hid, if nothing else happened since, comes out."""
    old, new = _operations(before, after, permit)
    one, other = _until_broken(before, old, new, permit)
    if one != other:
        return _first(one, other)
    hidden = None if Permit.BROKEN in permit else _MASKED.match(before.end)
    if after.end.startswith(_SWALLOWED) and Permit.CLOSE_FIRST in permit:
        return ""  # the handler that met the unbound name does the rest of its work, and may swallow the failure
    if hidden and Permit.SUPPRESSED in permit and after.end.startswith("returns"):
        return ""
    ends = {before.end, *_uncovered(before.end)}
    if hidden and old[len(one) :] == new[len(one) :] and after.end not in ends:
        return f"end: {before.end} / {after.end}"
    return ""


def _uncovered(end: str) -> Iterator[str]:
    """The end with one error of an unbound name or of None gone that hid what it was raised in the handling of."""
    return (end[: link.start()] + end[link.end() :] for link in _LINK.finditer(end))


def _until_broken(before: Run, old: list[str], new: list[str], permit: Permit) -> tuple[list[str], list[str]]:
    """Both logs up to where the first program broke, without the closes if these may come elsewhere."""
    if before.broke is None:
        return old, new
    prefix = [*_permitted(list(before.log[: before.broke]), permit)]
    if Permit.CLOSE_FIRST in permit:
        prefix, new = ([one for one in log if not one.startswith(("close ", "drain "))] for log in (prefix, new))
    return prefix, new[: len(prefix)]


def _operations(before: Run, after: Run, permit: Permit) -> tuple[list[str], list[str]]:
    """Both logs, without the closes of what stayed open before, and without what is permitted to change."""
    late = {label for number in before.open for label in (f"close conn{number}", f"close file{number}")}
    if Permit.AWAITED in permit:
        late |= {f"drain conn{number}" for number in before.open}
    old, new = list(before.log), [label for label in after.log if label not in late]
    if Permit.AWAITED in permit and not any(label.startswith("connect ") for label in old):
        new = [label for label in new if not label.startswith(("connect ", "close ", "drain "))]
    return [*_permitted(old, permit)], [*_permitted(new, permit)]


def _permitted(log: list[str], permit: Permit) -> Iterator[str]:
    """The log in the words of what may not change."""
    closes: list[str] = []
    for label in log:
        if Permit.SERVER in permit and label.startswith("connect "):
            yield "connect"
        elif Permit.WAIT in permit and label.startswith(("wait_for ", "shield")):
            continue
        elif Permit.CLOSE_FIRST in permit and label.startswith(("close ", "drain ")):
            closes.append(_closing(label, permit))
        else:
            yield _closing(label, permit)
    yield from sorted(closes)


def _closing(label: str, permit: Permit) -> str:
    return label.replace("drain ", "close ", 1) if Permit.DRAIN in permit else label


def _left(before: Run, after: Run, run: Run, permit: Permit) -> tuple[str, ...]:
    """What one of the two left behind, without what is permitted to differ."""
    ignored: tuple[str, ...] = ()
    if Permit.CONSTRUCTOR in permit:
        ignored += ("nats_url = ", "config = ")
    if Permit.CLOSED_LATER in permit and before.open - after.open:
        ignored += ("called later: ",)
    return tuple(part for part in run.left if not part.startswith(ignored))


def _first(old: list[str], new: list[str]) -> str:
    for at, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return f"operation {at + 1}: {one} / {other}"
    if len(old) < len(new):
        return f"operation {len(old) + 1}: none / {new[len(old)]}"
    return f"operation {len(new) + 1}: {old[len(new)]} / none"


def _still_open(before: Run, after: Run, fixed: frozenset[int]) -> str:
    if after.open - before.open:
        return f"left open that was closed: {sorted(after.open - before.open)}"
    return _unfixed(before, after, fixed)


def _unfixed(before: Run, after: Run, fixed: frozenset[int]) -> str:
    meant = {number for number, line in enumerate(before.lines, 1) if line in fixed}
    still = meant & after.open
    return f"still open after its fix: {sorted(still)}" if still and not before.cut else ""
