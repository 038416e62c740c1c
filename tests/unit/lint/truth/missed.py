"""The missed alarms that are accepted, each with the reason; `missed.md` is made from it (`python -m lint.truth.missed`).

A false alarm is never accepted, and an alarm that is not missed any more has to leave this list: tests hold both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from lint.truth.compare import Disagreement, Kind

_CLOSES = re.compile(r"\b[ab]\.(?:close|drain)\(")


@dataclass(frozen=True, slots=True)
class Missed:
    """*applies* says whether what was found is such a one; *program* is the smallest, or a small one."""

    name: str
    applies: Callable[[Disagreement], bool]
    program: str
    why: str


def _calls_a_late_helper(found: Disagreement) -> bool:
    return re.search(r"shut_late|shut_maybe", found.program.source) is not None


def _fails_while_handing_on(found: Disagreement) -> bool:
    return any("keep(" in line for line in _raising(found))


def _raising(found: Disagreement) -> list[str]:
    """The lines that raise in the run that leaks."""
    lines = found.program.source.splitlines()
    return [lines[int(number) - 1].strip() for number in re.findall(r"(\d+) raises", found.trace)]


def _deletes_a_name(found: Disagreement) -> bool:
    return re.search(r"^ *del nc$", found.program.source, re.MULTILINE) is not None


def _fails_before_a_finally_hands_it_on(found: Disagreement) -> bool:
    """Whether an exception behind another is raised in a `finally`, in front of a `use(nc)`."""
    lines = found.program.source.splitlines()
    raised = [int(number) for number in re.findall(r"(\d+) raises", found.trace)][1:]
    bodies = _final_bodies(found)
    return any("use(nc)" in "\n".join(lines[line : body[-1]]) for body in bodies for line in raised if line in body)


def _fails_while_closing_another(found: Disagreement) -> bool:
    """Whether the close of another object, which is there, is the last to raise, in a `finally` that closes this one, too."""
    raised = re.findall(r"(\d+) raises (\w+)", found.trace)
    if not raised or raised[-1][1] == "AttributeError":
        return False
    line, lines = int(raised[-1][0]), found.program.source.splitlines()
    behind = ["\n".join(lines[line : body[-1]]) for body in _final_bodies(found) if line in body]
    return _CLOSES.search(lines[line - 1]) is not None and any(map(_CLOSES.search, behind))


def _final_bodies(found: Disagreement) -> list[range]:
    """The lines of each `finally`."""
    tries = [node for node in ast.walk(ast.parse(found.program.source)) if isinstance(node, ast.Try)]
    return [range(one.finalbody[0].lineno, (one.finalbody[-1].end_lineno or 0) + 1) for one in tries if one.finalbody]


ACCEPTED: tuple[Missed, ...] = (
    Missed(
        name="A helper that releases on some of its paths only",
        applies=_calls_a_late_helper,
        program="""from app import work


def shut_late(c):
    work()
    c.close()


def subject():
    nc = open('where')
    try:
        work()
    finally:
        shut_late(nc)
""",
        why=(
            "A function of the same file that releases its parameter on any path counts as a release. Its own paths are "
            "not held against each of its callers: most such helpers log, stop a server or test something before they "
            "close, and a finding in every caller would name a line that is not theirs."
        ),
    ),
    Missed(
        name="A call that is given it and fails",
        applies=_fails_while_handing_on,
        program="""from app import keep


def subject():
    nc = open('where')
    try:
        keep([nc])
    except ValueError:
        pass
    else:
        nc.close()
""",
        why=(
            "It cannot be known whether a function of another module that is given a connection had taken it over when it "
            "raised. It is held to have: what it was given to is asked to close it."
        ),
    ),
    Missed(
        name="A name that is used after `del`",
        applies=_deletes_a_name,
        program="""def subject():
    nc = open('where')
    c = nc
    del nc
    nc.close()
""",
        why=(
            "A `del` changes nothing: no finding in the standard library, in installed packages or in public repositories "
            "depends on one. So the close that raises here counts as a close."
        ),
    ),
    Missed(
        name="A `finally` that fails before it hands the resource on",
        applies=_fails_before_a_finally_hands_it_on,
        program="""from app import use, work


def subject():
    nc = open('where')
    try:
        try:
            work()
            nc.close()
        finally:
            work()
            use(nc)
    except Exception:
        pass
""",
        why=(
            "Two exceptions are needed, one that enters the `finally` and one in it, and a handler that ends the second. The "
            "first one alone leaves the resource to `use`, and an exception behind another is not named. If it were, a `finally` "
            "that only takes the resource out of a register would be said to leak where that fails, too. 1 of 150,000 generated "
            "programs."
        ),
    ),
    Missed(
        name="The close of another object that fails in the same `finally`",
        applies=_fails_while_closing_another,
        program="""def subject():
    b = open('where')
    a = open('where')
    try:
        pass
    finally:
        b.close()
        a.close()
""",
        why=(
            "An error of one close is taken for as rare as an error of the last. Each of 13 such findings that were read in public "
            "code was debatable. What is opened in the `try` may not be there to be closed, so it counts."
        ),
    ),
)


def accepted(found: Disagreement) -> bool:
    return found.kind is Kind.MISSED_ALARM and any(entry.applies(found) for entry in ACCEPTED)


def page() -> str:
    """The text of `missed.md`."""
    parts = ["# Missed alarms that are accepted\n", "Programs that leak in some run, where the linter says less.\n"]
    parts += [f"## {entry.name}\n\n{entry.why}\n\n```python\n{entry.program}```\n" for entry in ACCEPTED]
    return "\n".join(parts if ACCEPTED else [*parts, "None.\n"])


if __name__ == "__main__":
    print(page(), end="")
