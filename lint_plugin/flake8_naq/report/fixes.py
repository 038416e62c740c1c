"""What the fixer would write for each finding, as replacements of ranges: for reports that carry fixes."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from flake8_naq.model import Finding, FixSafety
from flake8_naq.offers import affordable, offer

if TYPE_CHECKING:
    from flake8_naq.check import Result
    from flake8_naq.settings import Settings

_SAID = {
    FixSafety.SAFE: "Rewrite it with its context manager (safe: every other effect stays).",
    FixSafety.UNSAFE: "Rewrite it with its context manager (unsafe: review it, more than the close may change).",
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """*text* in place of a range; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The replacements that fix one finding by itself, its imports included."""

    description: str
    replacements: tuple[Replacement, ...]


def fixes(results: Iterable[Result], settings: Settings) -> dict[tuple[str, Finding], Fix]:
    """The fixes that there are and that can be tried within the budget, by path and finding."""
    found: dict[tuple[str, Finding], Fix] = {}
    for result in affordable(results):
        source = _read(result.path) if result.findings else None
        if source is None:
            continue
        for finding in result.findings:
            fix = _fix(source, result.path, finding, settings)
            if fix is not None:
                found[result.path, finding] = fix
    return found


def _read(path: str) -> str | None:
    """The text with its own line ends; None where the file has gone in the meantime."""
    try:
        with open(path, "rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        with open(path, encoding=encoding, newline="") as file:
            return file.read()
    except (OSError, SyntaxError, ValueError):
        return None


def _fix(source: str, path: str, finding: Finding, settings: Settings) -> Fix | None:
    fixed = offer(source, settings._replace(select=settings.select | {finding.code}), path, finding)
    if fixed is None or not fixed.applied or fixed.source == source:
        return None
    return Fix(_SAID[fixed.applied[0].safety], tuple(replacements(source, fixed.source)))


def replacements(before: str, after: str) -> Iterator[Replacement]:
    """The changed runs of whole lines, in their order."""
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            line, column = _start_of(first, old)
            end_line, end_column = _start_of(last, old)
            yield Replacement(line, column, end_line, end_column, "".join(new[start:end]))


def _start_of(index: int, lines: list[str]) -> tuple[int, int]:
    """The place where the line begins, or, beyond the last line, where the text ends."""
    if index < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return index + 1, 1
    return len(lines), len(lines[-1]) + 1
