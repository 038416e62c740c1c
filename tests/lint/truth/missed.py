"""The missed alarms that are accepted, each with the reason; `missed.md` is made from it (`python -m lint.truth.missed`).

A false alarm is never accepted, and an alarm that is not missed any more has to leave this list: tests hold both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lint.truth.compare import Disagreement, Kind


@dataclass(frozen=True, slots=True)
class Missed:
    """*form* is a pattern that the source of every such program matches; *program* is the smallest one."""

    name: str
    form: str
    program: str
    why: str


ACCEPTED: tuple[Missed, ...] = (
    Missed(
        name="A helper that releases on some of its paths only",
        form=r"shut_late|shut_maybe",
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
)


def accepted(found: Disagreement) -> bool:
    return found.kind is Kind.MISSED_ALARM and any(re.search(entry.form, found.program.source) for entry in ACCEPTED)


def page() -> str:
    """The text of `missed.md`."""
    parts = ["# Missed alarms that are accepted\n", "Programs that leak in some run, where the linter says less.\n"]
    parts += [f"## {entry.name}\n\n{entry.why}\n\n```python\n{entry.program}```\n" for entry in ACCEPTED]
    return "\n".join(parts if ACCEPTED else [*parts, "None.\n"])


if __name__ == "__main__":
    print(page(), end="")
