"""Reads the findings that a fixture expects from the comments on its own lines.

    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use '...'

Column and message may be left out; several findings on a line are separated by ` | `. A line that a message names is
counted from the line of the comment, so that a line which is added above changes nothing. A first line
`# settings: {...}` holds the `[tool.flake8-naq]` table as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flake8_naq.engine import lint
from flake8_naq.model import Finding
from flake8_naq.project.settings import Settings, settings_from_table

_EXPECTED = re.compile(r"\s*#\s*expect:\s*(?P<all>NAQ\d{3}.*)$")
_ONE = re.compile(r"(?P<code>NAQ\d{3})(?:@(?P<column>\d+))?(?:\s+(?P<message>.+))?$")
_LINE = re.compile(r"\bline (\d+)")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One finding that a line promises; None where the fixture does not say."""

    line: int
    code: str
    column: int | None
    message: str | None

    def fits(self, finding: Finding) -> bool:
        """Return whether the finding is all that is promised."""
        return (
            finding.line == self.line
            and finding.code == self.code
            and self.column in (None, finding.column)
            and self.message in (None, _relative(finding))
        )

    def __str__(self) -> str:
        column = "" if self.column is None else f"@{self.column}"
        return f"{self.code}{column}{f' {self.message}' if self.message else ''}"


def _relative(finding: Finding) -> str:
    """Return the finding's message, in which each line is counted from the line of the finding."""
    return _LINE.sub(lambda match: f"line {int(match[1]) - finding.line:+d}", finding.message)


def expectations(source: str) -> list[Expectation]:
    """Return all promises of a fixture, in its order."""
    found: list[Expectation] = []
    for number, line in enumerate(source.splitlines(), 1):
        match = _EXPECTED.search(line)
        if match is None:
            continue
        for part in re.split(r"\s\|\s(?=NAQ)", match["all"]):
            one = _ONE.match(part.strip())
            assert one is not None, f"line {number}: cannot read {part!r}"
            assert not _LINE.search(part), f"line {number}: write `line +2`, counted from this line, in {part!r}"
            column = int(one["column"]) if one["column"] else None
            found.append(Expectation(number, one["code"], column, one["message"]))
    return found


def settings_of(source: str) -> Settings:
    """Return the settings in a fixture's first line."""
    first = source.partition("\n")[0]
    _, mark, table = first.partition("# settings:")
    return settings_from_table(json.loads(table)) if mark else Settings()


def differences(source: str, path: str = "-") -> list[str]:
    """Return what the linter finds and the fixture does not promise, and the other way round; empty if they agree."""
    missing = expectations(source)
    surplus: list[str] = []
    for finding in lint(source, path, settings_of(source)):
        match = next((e for e in missing if e.fits(finding)), None)
        if match is None:
            surplus.append(f"line {finding.line}: not expected: {_promise(finding)}")
        else:
            missing.remove(match)
    return surplus + [f"line {e.line}: missing: {e}" for e in missing]


def regenerated(source: str, path: str = "-") -> str:
    """Return the fixture with comments that promise exactly what the linter finds.

    A promise that fits is kept as it is written, so also without column or message; one of the same line and code is
    corrected in the parts that it has. Lines on which nothing is found lose their comment.
    """
    findings = lint(source, path, settings_of(source))
    promised = expectations(source)
    lines = source.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        here = _corrected([e for e in promised if e.line == number], [f for f in findings if f.line == number])
        text = line.rstrip("\n")
        if not here and not any(e.line == number for e in promised):
            continue
        comment = f"  # expect: {' | '.join(map(str, here))}" if here else ""
        lines[number - 1] = _EXPECTED.sub("", text) + comment + line[len(text) :]
    return "".join(lines)


def _corrected(promised: Sequence[Expectation], findings: Sequence[Finding]) -> list[Expectation]:
    """Return a promise for each finding of one line: one that fits, one of the same code corrected, or a new one."""
    left = list(promised)
    result: list[Expectation] = []
    for finding in findings:
        new = _promise(finding)
        same = [e for e in left if e.fits(finding)] or [e for e in left if e.code == finding.code]
        if same:
            left.remove(same[0])
            column = None if same[0].column is None else new.column
            new = replace(new, column=column, message=None if same[0].message is None else new.message)
        result.append(new)
    return result


def _promise(finding: Finding) -> Expectation:
    return Expectation(finding.line, finding.code, finding.column, _relative(finding))
