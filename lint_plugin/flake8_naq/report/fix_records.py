"""The fix of each finding as replacements of ranges, for the report formats that carry fixes.

A report's reader applies the replacements without the fixer. So each is the outcome of a whole run of the fixer, which
checks the file that it writes; only findings with a planned fix are tried.
"""

from __future__ import annotations

import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from flake8_naq.model import Finding, FixSafety

if TYPE_CHECKING:
    from flake8_naq.fixer import Original
    from flake8_naq.project.settings import Settings
    from flake8_naq.run.check_files import Result

# Each try analyses the file again and costs the file's length. A million characters take some seconds.
BUDGET = 1_000_000
_SAID = {
    FixSafety.SAFE: "Rewrite it with its context manager (safe: every other effect stays).",
    FixSafety.UNSAFE: "Rewrite it with its context manager (unsafe: review it, more than the close may change).",
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """A range and its new `text`; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The replacements that fix one finding, including its imports."""

    description: str
    replacements: tuple[Replacement, ...]


def fixes(results: Iterable[Result], settings: Settings) -> dict[tuple[str, Finding], Fix]:
    """Return the fixes by path and finding, as far as the budget allows to try them."""
    found: dict[tuple[str, Finding], Fix] = {}
    for result in affordable(results):
        source = _read(result.path) if _planned(result) else None
        original = _original(source, result, settings) if source is not None else None
        if original is None:
            continue
        for finding in _planned(result):
            fix = _fix(original, finding)
            if fix is not None:
                found[result.path, finding] = fix
    return found


def affordable(results: Iterable[Result]) -> Iterator[Result]:
    """Yield the results whose fixes can be tried within the budget, the cheap ones first."""
    left = BUDGET
    for result in sorted(results, key=_cost):
        left -= _cost(result)
        if left < 0:
            return
        yield result


def _cost(result: Result) -> int:
    """Return the number of characters that have to be analysed to try each planned fix."""
    return sum(map(len, result.lines)) * len(_planned(result))


def _planned(result: Result) -> list[Finding]:
    return [finding for finding in result.findings if finding.fix is not None]


def _read(path: str) -> str | None:
    """Return the text with its line ends, or None if the file does not exist any more."""
    try:
        with open(path, "rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        with open(path, encoding=encoding, newline="") as file:
            return file.read()
    except (OSError, SyntaxError, ValueError):
        return None


def _original(source: str, result: Result, settings: Settings) -> Original | None:
    """Return the file before its fixes, which is analysed once for all of them."""
    codes = {finding.code for finding in _planned(result)}
    try:
        from flake8_naq.fixer import read_original

        return read_original(source, settings._replace(select=settings.select | codes), result.path)
    except Exception:  # a fix is an extra: a mistake in the fixer must not cost the findings their report
        return None


def _fix(original: Original, finding: Finding) -> Fix | None:
    from flake8_naq.fixer import fix_original

    wanted = finding._replace(fix=None)
    try:
        fixed = fix_original(original, unsafe=True, wanted=lambda found, _: [one for one in found if one == wanted])
    except Exception:  # as above
        return None
    if not fixed.applied or fixed.source == original.source:
        return None
    return Fix(_SAID[fixed.applied[0].safety], tuple(replacements(original.source, fixed.source)))


def replacements(before: str, after: str) -> Iterator[Replacement]:
    """Return a replacement for each run of changed lines, in order."""
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            line, column = _start_of(first, old)
            end_line, end_column = _start_of(last, old)
            yield Replacement(line, column, end_line, end_column, "".join(new[start:end]))


def _start_of(index: int, lines: list[str]) -> tuple[int, int]:
    """Return the position of the line's start, or the end of the text for a line behind the last."""
    if index < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return index + 1, 1
    return len(lines), len(lines[-1]) + 1
