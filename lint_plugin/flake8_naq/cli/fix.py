"""`flake8-naq fix`: rewrite to context managers. Exit code 0: nothing left, 1: findings left, 2: something failed."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flake8_naq.cli.baseline_option import add_baseline, read_baseline
from flake8_naq.cli.common import Context, add_selection, add_standard_input, collect_jobs, given_source, read_context
from flake8_naq.cli.outcome import CLEAN, FAILED, FINDINGS, UsageError
from flake8_naq.project.extras import not_installed

if TYPE_CHECKING:
    from flake8_naq.baseline.ledger import Ledger
    from flake8_naq.run.check_files import Job, Result
    from flake8_naq.run.fix_files import Fixed


def arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_standard_input(parser)
    parser.add_argument("--diff", action="store_true", help="print the changes as a diff, without writing files")
    parser.add_argument(
        "--unsafe-fixes", action="store_true", help="also apply fixes that may change more than the close"
    )
    add_baseline(parser)
    parser.add_argument("--ignore-baseline", action="store_true", help="also fix findings that the baseline knows")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    context = read_context(parsed)
    if parsed.paths == ["-"] and not parsed.diff:
        return _standard_input(parsed, context)
    jobs, unread, files = _jobs(parsed, context)
    for result in unread:
        _complain(result.path, result.error.replace("not checked", "not fixed"))
    found = [*_fixed(jobs, parsed.unsafe_fixes, parsed.diff, named=parsed.paths != ["-"])]
    _complain_all(found)
    if parsed.diff:
        _print_patch(zip(jobs, found, strict=True))
    report = sys.stderr if parsed.diff else sys.stdout
    for line in (*_left(found, parsed.diff), _summary(found, len(files), parsed.diff)):
        print(line, file=report)
    return FAILED if unread else _outcome(found)


def apply(parsed: argparse.Namespace, context: Context) -> int:
    """Fix the files, print only what went wrong, and return how many findings were fixed."""
    jobs, _, _ = _jobs(parsed, context)  # a file that cannot be read is told of by the check that follows
    found = [*_fixed(jobs, parsed.unsafe_fixes, dry=False)]
    _complain_all(found)
    return sum(len(fixed.applied) for fixed in found)


def _jobs(parsed: argparse.Namespace, context: Context) -> tuple[list[Job], list[Result], list[str]]:
    """The files to fix, without what the baseline knows; what could not be read; the names of all files."""
    ledger = _ledger(parsed, context)
    jobs, unread, files = collect_jobs(parsed.paths, context)
    modules, notebooks = _apart(jobs)
    unread += [one for one in notebooks if one.path in parsed.paths or parsed.paths == ["-"]]
    return _known(modules, ledger), unread, files


def _apart(jobs: list[Job]) -> tuple[list[Job], list[Result]]:
    """Return the jobs for modules, and for each notebook that it is not fixed."""
    from flake8_naq.run.check_files import Result

    notebooks = (job.path for job in jobs if job.cells is not None)
    refused = [Result(path, error="not fixed: a notebook is checked only") for path in notebooks]
    return [job for job in jobs if job.cells is None], refused


def _ledger(parsed: argparse.Namespace, context: Context) -> Ledger | None:
    """The baseline whose findings are left as they are. Raises UsageError where the fixer is not installed."""
    if importlib.util.find_spec("ast_grep_py") is None:
        raise UsageError(not_installed("ast_grep_py"))
    return None if parsed.ignore_baseline else read_baseline(parsed, context)


def _known(jobs: list[Job], ledger: Ledger | None) -> list[Job]:
    if ledger is None:
        return jobs
    return [job._replace(known=ledger.known(ledger.name(job.path))) for job in jobs]


def _standard_input(parsed: argparse.Namespace, context: Context) -> int:
    """Print the fixed text, or the text as it was where nothing can be fixed; the rest goes to standard error."""
    from flake8_naq.run.fix_files import FixJob, fix_one

    source, ledger = sys.stdin.buffer.read(), _ledger(parsed, context)
    jobs, unread = given_source(source, context, ledger)
    modules, notebooks = _apart(jobs)
    found = [fix_one(FixJob(job, parsed.unsafe_fixes)) for job in _known(modules, ledger)]
    sys.stdout.flush()
    sys.stdout.buffer.write(found[0].data if found and found[0].is_changed else source)
    sys.stdout.buffer.flush()
    for result in (*unread, *notebooks):
        _complain(result.path, result.error.replace("not checked", "not fixed"))
    _complain_all(found)
    for line in (*_left(found, dry=False), _summary(found, 1, dry=False)):
        print(line, file=sys.stderr)
    return FAILED if unread or notebooks else _outcome(found)


def _outcome(found: Sequence[Fixed]) -> int:
    """Return the exit code for what was fixed and what is left."""
    if any(fixed.error or fixed.unfollowed for fixed in found):
        return FAILED
    return FINDINGS if any(fixed.unfixed for fixed in found) else CLEAN


def _complain_all(found: Iterable[Fixed]) -> None:
    for fixed in found:
        if fixed.error or fixed.unfollowed:
            _complain(fixed.path, fixed.error or fixed.unfollowed)


def _complain(path: str, error: str) -> None:
    print(f"{path}: {error}", file=sys.stderr)


def _fixed(jobs: list[Job], unsafe: bool, dry: bool, named: bool = True) -> Iterator[Fixed]:
    """Fix all files, then write one after the other; `named`: the files exist."""
    if not jobs:
        return
    from flake8_naq.run.fix_files import Fixed, fix_all, write

    for job, fixed in zip(jobs, fix_all(jobs, unsafe, written=named), strict=True):
        error = write(fixed, job.source) if fixed.is_changed and not dry else ""
        yield Fixed(job.path, error=error) if error else fixed


def _print_patch(found: Iterable[tuple[Job, Fixed]]) -> None:
    """The diffs in the files' own bytes: whatever their encoding, they can be applied."""
    from flake8_naq.report.unified_diff import patch

    sys.stdout.flush()
    for job, fixed in found:
        for line in patch(fixed.path, job.source, fixed.data) if fixed.is_changed else ():
            sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _left(found: Iterable[Fixed], dry: bool) -> Iterator[str]:
    """What is left, by its place in the file as it is afterwards: a `dry` run leaves the file as it is."""
    for fixed in found:
        for left in sorted(fixed.unfixed, key=lambda one: one.finding):
            finding = left.finding if dry else left.now or left.finding
            place = f"{fixed.path}:{finding.line}:{finding.column}"
            reason = left.reason_before if dry else left.reason
            yield f"{place}: {left.finding.code} not fixed: {reason}"


def _summary(found: list[Fixed], files: int, dry: bool) -> str:
    """One line that counts."""
    applied = sum(len(fixed.applied) for fixed in found)
    left = [one for fixed in found for one in fixed.unfixed]
    changed = sum(fixed.is_changed and not fixed.error for fixed in found)
    done = "would be fixed" if dry else "fixed"
    text = f"{applied} {done} in {changed} of {files} file{'s' * (files != 1)}, {len(left)} left"
    known = sum(fixed.known for fixed in found)
    text += f", {known} known to the baseline not touched (--ignore-baseline)" if known else ""
    more = sum(bool(one.caveat) for one in left)
    return f"{text} ({more} of them may have a fix with --unsafe-fixes)" if more else text
