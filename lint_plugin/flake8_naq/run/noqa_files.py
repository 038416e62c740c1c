"""`# noqa` comments in files: added for the findings of a run, and reported where they silence no finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from flake8_naq.run.atomic_write import WriteError, replace_file
from flake8_naq.run.check_files import Job, Result, examine
from flake8_naq.syntax.noqa_comments import Unused, unused, with_comments
from flake8_naq.syntax.source import SourceError, decode, encoded_as

_OURS = "NAQ"


class Added(NamedTuple):
    """What became of one file: how many of its findings are silenced now, or why the file is left as it was."""

    path: str
    findings: int = 0
    error: str = ""


def add_comments(jobs: Iterable[Job], results: Sequence[Result]) -> Iterator[Added]:
    """Write the comments for the findings of each file; a file in which one would not help is left as it was."""
    found = {result.path: result for result in results if result.findings}
    for job in jobs:
        if job.path in found:
            yield _add(job, found[job.path])


def _add(job: Job, result: Result) -> Added:
    if job.cells is not None:
        return Added(job.path, error="not changed: a notebook is checked only")
    codes: dict[int, set[str]] = {}
    for finding in result.findings:
        codes.setdefault(finding.line, set()).add(finding.code)
    try:
        after = encoded_as(job.source, with_comments(decode(job.source), codes))
        examined = examine(job._replace(source=after))
        if isinstance(examined, Result) or len(examined.reported) > result.known:
            return Added(job.path, error="not changed: a comment does not silence every finding")
        replace_file(job.path, after)
    except (SourceError, SyntaxError, WriteError) as error:
        return Added(job.path, error=f"not changed: {error}")
    return Added(job.path, len(result.findings))


def names_our_codes(source: bytes) -> bool:
    """Return whether a comment in the file may name a code of ours."""
    text = source.upper()
    return _OURS.encode() in text and b"NOQA" in text


def unused_comments(job: Job) -> list[Unused]:
    """Return the codes of ours that a comment of the file names in vain; none for a file that cannot be checked."""
    examined = examine(job)
    if isinstance(examined, Result):
        return []
    found: dict[int, set[str]] = {}
    for one in examined.found:
        found.setdefault(one.finding.line, set()).add(one.finding.code)
    text = decode(job.source) if job.cells is None else "".join(examined.facts.lines)
    return list(unused(text, found, _OURS))
