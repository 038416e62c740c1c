"""`check --add-noqa` and `check --unused-noqa`: `# noqa` comments that name our codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_naq.cli.common import Context, collect_jobs, wanted_files
from flake8_naq.cli.outcome import CLEAN, FAILED, FINDINGS, UsageError
from flake8_naq.run.places import place

if TYPE_CHECKING:
    from flake8_naq.baseline.ledger import Ledger
    from flake8_naq.run.check_files import Job, Result


def add(paths: Sequence[str], context: Context, ledger: Ledger | None, results: Sequence[Result]) -> int:
    """Add a comment for each finding, and print how many."""
    from flake8_naq.run.noqa_files import add_comments

    if list(paths) == ["-"]:
        raise UsageError("--add-noqa writes files; it cannot be used with standard input")
    jobs, _, _ = collect_jobs(paths, context, ledger)
    done = list(add_comments(jobs, results))
    for added in done:
        if added.error:
            print(f"{added.path}: {added.error}", file=sys.stderr)
    findings, files = sum(one.findings for one in done), sum(not one.error for one in done)
    print(f"{findings} finding{'s' * (findings != 1)} silenced in {files} file{'s' * (files != 1)}")
    return FAILED if any(one.error for one in done) or any(result.error for result in results) else CLEAN


def report_unused(parsed: argparse.Namespace, context: Context) -> int:
    """Print each code of ours in a comment that silences no finding, whether its rule is selected or not."""
    from flake8_naq.run.noqa_files import names_our_codes, unused_comments

    number = 0
    for path in wanted_files(parsed.paths, context):
        job = _read(path, context)
        if job is None:
            return FAILED
        if names_our_codes(job.source):
            for one in unused_comments(job):
                number += 1
                where = f"{path}:{place(one.line, job.cells)}:{one.column}"
                print(f"{where}: unused '# noqa: {one.code}': it silences no finding")
    return FINDINGS if number and not parsed.exit_zero else CLEAN


def _read(path: str, context: Context) -> Job | None:
    """Return the job for a file; None, after saying why, if it cannot be read."""
    from flake8_naq.run.check_files import Job
    from flake8_naq.run.first_look import candidate

    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        print(f"{path}: not checked: {error.strerror or error}", file=sys.stderr)
        return None
    given = candidate(path, source)
    if given.source is None:
        print(f"{path}: not checked: {given.error}", file=sys.stderr)
        return None
    return Job(path, given.source, context.settings, context.options, cells=given.cells)
