"""The values of an edit: what is replaced, what has to be imported, and why no edit is right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the text from `start` up to `end` by `text`; offsets count characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """A name that the fixed code uses and that has to be imported: `from module import name`.

    An empty name means the module itself, `import module`. `beside` is the name under which a sibling is already
    imported: the new name joins its statement.
    """

    module: str
    name: str
    beside: str = ""


class CannotFix(Exception):
    """A finding that is not fixed; the text is the reason, written to follow a colon."""

    caveat = ""
