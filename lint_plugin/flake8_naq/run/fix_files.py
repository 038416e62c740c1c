"""Fixing files: read, fix, and say what was fixed, what is left and why. Writes nothing: `cli.fix` does."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flake8_naq.baseline.ledger import new_findings
from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.fixer.fix import fix_source
from flake8_naq.fixer.model import Applied, FixResult, Unfixed
from flake8_naq.migration.constructor_callers import changed_constructors, with_callers
from flake8_naq.model import Finding
from flake8_naq.project.codes import off_by_default
from flake8_naq.project.flake8_options import Decider
from flake8_naq.run.atomic_write import WriteError, replace_file
from flake8_naq.run.check_files import MAX_BYTES, TOO_LARGE, Job
from flake8_naq.run.run_modules import modules_of
from flake8_naq.syntax.source import SourceError, decode, encoded_as, parse_text

_PARAMETER = load_catalogue(()).migration.url_parameter


class FixJob(NamedTuple):
    """One file to fix."""

    job: Job
    unsafe: bool


class Fixed(NamedTuple):
    """What fixing one file gave; `error` is the one line that says why it is left as it was.

    `unfollowed` is the one that says which functions were not looked at in full. `known` counts the findings that a
    baseline covers, which are left as they are.
    """

    path: str
    before: str = ""
    after: str = ""
    data: bytes = b""
    applied: tuple[Applied, ...] = ()
    unfixed: tuple[Unfixed, ...] = ()
    error: str = ""
    unfollowed: str = ""
    known: int = 0

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def fix_one(fix_job: FixJob) -> Fixed:
    """Fix one file's text; whatever is wrong with it becomes one line."""
    job, unsafe = fix_job
    if len(job.source) > MAX_BYTES:
        return Fixed(job.path, error=f"not fixed: {TOO_LARGE}")
    try:
        text = decode(job.source)
        parse_text(text, job.path)
        result, known = _fixed(text, job, unsafe)
        data = encoded_as(job.source, result.source)
        return Fixed(job.path, text, result.source, data, result.applied, result.unfixed, "", result.unfollowed, known)
    except SourceError as error:
        return Fixed(job.path, error=str(error).replace("not checked", "not fixed"))
    except RecursionError:
        return Fixed(job.path, error="not fixed: it is nested too deeply")
    except Exception as error:  # a mistake of ours must not keep the other files from being fixed
        return Fixed(job.path, error=f"not fixed: a mistake in flake8-naq, please report it ({error!r})")


def fix_all(jobs: Iterable[Job], unsafe: bool, *, written: bool = True) -> list[Fixed]:
    """Fix all files; where a constructor has changed, its calls in the other ones change with it.

    A file that is to be `written` and must not be is left as it is.
    """
    jobs = list(jobs)
    found = [_one(job, unsafe) if written else fix_one(FixJob(job, unsafe)) for job in jobs]
    classes: dict[str, int] = {}
    for fixed in found if unsafe else ():
        if fixed.is_changed:
            classes |= changed_constructors(fixed.before, fixed.after, fixed.path, _PARAMETER)
    if not classes:
        return found
    return [_adapted(job, fixed, classes) for job, fixed in zip(jobs, found, strict=True)]


def _one(job: Job, unsafe: bool) -> Fixed:
    try:
        error = refusal(job.path)
    except OSError as problem:
        error = f"not fixed: {problem.strerror or problem}"
    return Fixed(job.path, error=error) if error else fix_one(FixJob(job, unsafe))


def _adapted(job: Job, fixed: Fixed, classes: Mapping[str, int]) -> Fixed:
    if fixed.error:
        return fixed
    after = with_callers(fixed.after, job.path, job.settings, classes)
    return fixed if after == fixed.after else fixed._replace(after=after, data=encoded_as(job.source, after))


def _fixed(text: str, job: Job, unsafe: bool) -> tuple[FixResult, int]:
    """The fixed text, and how many of the file's findings its baseline covers."""
    decider = Decider.of(job.options, job.settings.selection)
    covered = 0

    def wanted(findings: list[Finding], lines: list[str]) -> list[Finding]:
        nonlocal covered
        reported = decider.reported(job.path, findings, lines)
        new = new_findings(reported, lines, job.known) if job.known else reported
        covered = max(covered, len(reported) - len(new))
        return new

    settings = job.settings._replace(select=off_by_default())
    result = fix_source(text, settings, unsafe=unsafe, path=job.path, wanted=wanted, modules=modules_of(job.settings))
    return result, covered


def refusal(path: str) -> str:
    """Why a file is not to be written, or nothing."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return "not fixed: it is a symbolic link; name the file that it leads to"
    if not stat.S_ISREG(found.st_mode):
        return "not fixed: it is not a regular file"
    if not found.st_mode & 0o222 or not os.access(path, os.W_OK):
        return "not fixed: it is read-only"
    return ""


def write(fixed: Fixed, source: bytes) -> str:
    """Replace the file at once, if it is still what was read; gives the line that says why not, or nothing."""
    try:
        with open(fixed.path, "rb") as file:
            if file.read() != source:
                return "not fixed: it changed while it was being fixed"
        replace_file(fixed.path, fixed.data)
    except (OSError, WriteError) as error:
        return f"not fixed: {getattr(error, 'strerror', None) or error}"
    return ""
