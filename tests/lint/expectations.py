"""Reads the findings that a fixture expects from the comments on its own lines.

    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use '...'

Column and message may be left out; several findings on a line are separated by ` | `. A first line
`# settings: {...}` holds the `[tool.flake8-naq]` table as JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from flake8_naq.engine import lint
from flake8_naq.model import Finding
from flake8_naq.settings import Settings, settings_from_table

_EXPECTED = re.compile(r"#\s*expect:\s*(?P<all>NAQ\d{3}.*)$")
_ONE = re.compile(r"(?P<code>NAQ\d{3})(?:@(?P<column>\d+))?(?:\s+(?P<message>.+))?$")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One finding that a line promises; None where the fixture does not say."""

    line: int
    code: str
    column: int | None
    message: str | None

    def fits(self, finding: Finding) -> bool:
        return (
            finding.line == self.line
            and finding.code == self.code
            and self.column in (None, finding.column)
            and self.message in (None, finding.message)
        )


def expectations(source: str) -> list[Expectation]:
    """All promises of a fixture, in its order."""
    found: list[Expectation] = []
    for number, line in enumerate(source.splitlines(), 1):
        match = _EXPECTED.search(line)
        if match is None:
            continue
        for part in re.split(r"\s\|\s(?=NAQ)", match["all"]):
            one = _ONE.match(part.strip())
            assert one is not None, f"line {number}: cannot read {part!r}"
            column = int(one["column"]) if one["column"] else None
            found.append(Expectation(number, one["code"], column, one["message"]))
    return found


def settings_of(source: str) -> Settings:
    """The settings in a fixture's first line."""
    first = source.partition("\n")[0]
    _, mark, table = first.partition("# settings:")
    return settings_from_table(json.loads(table)) if mark else Settings()


def differences(source: str) -> list[str]:
    """What the linter says and the fixture does not promise, and the other way round; empty when they agree."""
    missing = expectations(source)
    surplus: list[str] = []
    for finding in lint(source, settings=settings_of(source)):
        match = next((e for e in missing if e.fits(finding)), None)
        if match is None:
            surplus.append(f"line {finding.line}: not expected: {finding.code}@{finding.column} {finding.message}")
        else:
            missing.remove(match)
    return surplus + [f"line {e.line}: missing: {e.code}@{e.column} {e.message or ''}" for e in missing]
