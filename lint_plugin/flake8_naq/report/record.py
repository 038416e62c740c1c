"""One finding for the machine formats; it comes from the command or, for any plugin, from flake8."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from flake8_naq.model import Severity
from flake8_naq.project.paths import encoded, is_below, near, with_slashes

if TYPE_CHECKING:
    from flake8_naq.model import Finding
    from flake8_naq.report.fix_records import Fix
    from flake8_naq.run.check_files import Result
    from flake8_naq.syntax.notebook import Cells

# Our own, and pycodestyle's and pyflakes' codes for code that cannot run.
_ERRORS = ("NAQ", "E9", "F63", "F7", "F82")
# Where GitHub and GitLab put the checkout, from which they want paths.
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


@dataclass(frozen=True, slots=True)
class Record:
    """Lines and columns count from 1, columns in characters; the end is exclusive, and None where it is not known.

    `path` is as `relative` gives it; `source` is the line's text.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    source: str
    end_line: int | None = None
    end_column: int | None = None
    name: str = ""
    function: str = ""
    fix: Fix | None = None

    @property
    def level(self) -> Severity:
        """The severity of our rule, or one derived from the code of another plugin."""
        from flake8_naq.rules import rule_of  # for the formats that have levels only

        rule = rule_of(self.code) if self.code.startswith("NAQ") else None
        if rule is not None:
            return rule.severity
        return Severity.ERROR if self.code.startswith(_ERRORS) else Severity.WARNING


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A file that could not be checked, and why; `line` is 0 if no line is the reason."""

    path: str
    reason: str
    line: int = 0


def records(
    results: Iterable[Result], fixes: Mapping[tuple[str, Finding], Fix] = MappingProxyType({})
) -> Iterator[Record]:
    """Return the findings of the command's results, in order, with their fixes."""
    for result in results:
        for finding in result.findings:
            record = Record(
                relative(result.path),
                finding.line,
                finding.column,
                finding.code,
                finding.message,
                result.lines[finding.line - 1] if finding.line <= len(result.lines) else "",
                finding.end_line,
                finding.end_column,
                finding.name,
                finding.function,
                fixes.get((result.path, finding)),
            )
            yield record if result.cells is None else _in_notebook(record, result.cells)


def _in_notebook(record: Record, cells: Cells) -> Record:
    """Return the record with the line of the notebook's file, and with the cell in the message."""
    message = f"{cells.named(record.line)}: {record.message}"
    line = cells.stored_line(record.line)
    return replace(record, line=line, column=1, message=message, end_line=None, end_column=None)


def unchecked(results: Iterable[Result]) -> list[Unchecked]:
    return [Unchecked(relative(result.path), result.error, result.error_line) for result in results if result.error]


def rule_address(rule_url: str, code: str) -> str:
    """Return the address of the page of one of our rules; empty for another code, or where no address is set."""
    return rule_url.replace("{code}", code) if code.startswith("NAQ") else ""


def relative(path: str) -> str:
    """The path with slashes, from where the reports' readers look: the checkout in CI, else the current folder.

    A file that is elsewhere has its full path.
    """
    here = os.getcwd()
    root = next((root for root in map(os.environ.get, _ROOTS) if root and is_below(here, root)), here)
    full = os.path.abspath(path)
    return with_slashes(near(full, root) if is_below(full, root) else full)


def printable(path: str) -> str:
    """Return the path as valid text: bytes that are not UTF-8 become replacement characters."""
    return encoded(path).decode("utf-8", "replace")


def fingerprints(found: Iterable[Record]) -> Iterator[tuple[Record, str]]:
    """Return each record with a digest of path, code, text of the line, and its ordinal among identical lines."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for record in found:
        key = (record.path, record.code, " ".join(record.source.split()))
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        yield record, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
