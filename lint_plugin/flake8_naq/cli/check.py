"""`flake8-naq check`: report unmanaged connections. Exit code 0: none, 1: some, 2: something could not be checked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_naq.cli.baseline_option import add_baseline, baseline_file, read_baseline
from flake8_naq.cli.common import (
    Context,
    add_jobs,
    add_output,
    add_selection,
    add_standard_input,
    check_paths,
    read_context,
)
from flake8_naq.cli.outcome import CLEAN, FAILED, FINDINGS, UsageError
from flake8_naq.cli.screen import add_color, is_shown
from flake8_naq.project.paths import near
from flake8_naq.report.formats import FORMATS, PLANNED

if TYPE_CHECKING:
    from flake8_naq.baseline.ledger import Ledger
    from flake8_naq.run.check_files import Result


def arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_standard_input(parser)
    add_output(parser, FORMATS, "text (default; a terminal has code frames), or one for programs and CI")
    add_color(parser)
    _add_instead(parser)
    parser.add_argument("--unsafe-fixes", action="store_true", help="with --fix and --diff: unsafe fixes, too")
    parser.add_argument("-q", "--quiet", action="store_true", help="print findings and errors, and nothing else")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 although there are findings")
    parser.add_argument("-w", "--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C")
    add_jobs(parser)
    _add_baseline(parser)
    parser.set_defaults(run=run)


def _add_instead(parser: argparse.ArgumentParser) -> None:
    """Add the options for what is done with findings, or shown, instead of reporting them."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--fix", action="store_true", help="apply safe fixes first, and report what is left")
    which.add_argument("--diff", action="store_true", help="print the fixes as a diff, and write nothing")
    which.add_argument("--statistics", action="store_true", help="print the number of findings of each code")
    which.add_argument("--add-noqa", action="store_true", help="add `# noqa: CODE` to each line with a finding")
    which.add_argument("--unused-noqa", action="store_true", help="report NAQ codes in `# noqa` that silence nothing")
    which.add_argument("--show-files", action="store_true", help="only list the files that would be checked")
    which.add_argument("--show-settings", action="store_true", help="only list the settings, with the file of each")


def _add_baseline(parser: argparse.ArgumentParser) -> None:
    add_baseline(parser)
    parser.add_argument(
        "--baseline-only-shrinks",
        action="store_true",
        help="fail if the baseline has entries that it did not have before",
    )
    parser.add_argument(
        "--baseline-reference",
        metavar="COMMIT",
        help="commit to compare the baseline with (default: HEAD; its parent if HEAD has the same baseline)",
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="analyse all files, also those that have not changed (FLAKE8_NAQ_CACHE_DIR: folder of what is kept)",
    )
    parser.set_defaults(ignore_baseline=False)


def run(parsed: argparse.Namespace) -> int:
    if parsed.watch:
        from flake8_naq.cli import watch

        return watch.repeat(parsed, _check)
    return _check(parsed)


def _check(parsed: argparse.Namespace) -> int:
    if parsed.diff:
        from flake8_naq.cli import fix

        return fix.run(parsed)
    context = read_context(parsed)
    if parsed.show_files or parsed.show_settings:
        return _show_what_counts(parsed, context)
    if parsed.unused_noqa:
        from flake8_naq.cli import noqa

        return noqa.report_unused(parsed, context)
    fixed = _fix(parsed, context) if parsed.fix else 0
    ledger = read_baseline(parsed, context)
    planned = not parsed.statistics and (is_shown(parsed, "text") or parsed.output_format in PLANNED)
    cache = "" if parsed.no_cache else _cache_folder()
    results, files = check_paths(parsed.paths, context, ledger, plan_fixes=planned, cache=cache)
    for result in results:
        if result.error:
            print(f"{result.path}: {result.error}", file=sys.stderr)
    if parsed.add_noqa:
        from flake8_naq.cli import noqa

        return noqa.add(parsed.paths, context, ledger, results)
    _report(results, len(files), parsed, context, fixed)
    sys.stdout.flush()
    if ledger is not None and not (parsed.select or parsed.ignore or parsed.extend_ignore or parsed.quiet):
        _tell_of_stale(baseline_file(parsed, context), parsed.paths, ledger, results)
    return _outcome(parsed, context, ledger, results)


def _cache_folder() -> str:
    from flake8_naq.run.result_cache import default_folder

    return default_folder()


def _outcome(parsed: argparse.Namespace, context: Context, ledger: Ledger | None, results: Sequence[Result]) -> int:
    grown = parsed.baseline_only_shrinks and _has_new_entries(parsed, context, ledger)
    if any(result.error for result in results):
        return FAILED
    found = any(result.findings for result in results) and not parsed.exit_zero
    return FINDINGS if grown or found else CLEAN


def _fix(parsed: argparse.Namespace, context: Context) -> int:
    """Apply the fixes, and return how many were applied; a file that could not be fixed is told of."""
    from flake8_naq.cli import fix
    from flake8_naq.run.run_modules import forget_modules

    if parsed.paths == ["-"]:
        raise UsageError("--fix writes files; `flake8-naq fix -` fixes standard input")
    applied = fix.apply(parsed, context)
    forget_modules()
    return applied


def _show_what_counts(parsed: argparse.Namespace, context: Context) -> int:
    """Print the files, or the settings, and check nothing."""
    from flake8_naq.cli import show

    lines = show.files(parsed.paths, context) if parsed.show_files else show.settings(parsed, context)
    for line in lines:
        print(line)
    return CLEAN


def _has_new_entries(parsed: argparse.Namespace, context: Context, ledger: Ledger | None) -> bool:
    """Whether the baseline has entries that it did not have at the commit; if so, lists them."""
    from flake8_naq.baseline.history import changes

    if ledger is None:
        raise UsageError("--baseline-only-shrinks: there is no baseline; name one with --baseline or in pyproject.toml")
    path = baseline_file(parsed, context)
    change = changes(path, ledger.entries, parsed.baseline_reference)
    if not change.added:
        return False
    what = "1 new entry" if len(change.added) == 1 else f"{len(change.added)} new entries"
    print(f"{path}: {what} since {change.reference} ({change.before} before, {change.now} now):", file=sys.stderr)
    for name, key in change.added:
        print(f"  {name}: {key.code} {key.function}: {key.content}", file=sys.stderr)
    return True


def _tell_of_stale(path: str, paths: Sequence[str], ledger: Ledger, results: Sequence[Result]) -> None:
    """Say how many entries of the files that were checked match no finding any more."""
    from flake8_naq.baseline.ledger import covers

    stale = sum(result.stale for result in results)
    if covers(paths, ledger.folder) and not any(result.error for result in results):
        stale = ledger.total - sum(result.known for result in results)
    if stale > 0:
        what = "1 entry matches" if stale == 1 else f"{stale} entries match"
        where = near(path)
        print(f"{where}: {what} no finding any more; run `flake8-naq baseline prune`", file=sys.stderr)


def _report(results: Sequence[Result], files: int, parsed: argparse.Namespace, context: Context, fixed: int) -> None:
    rule_url, output = context.settings.rule_url, parsed.output_format
    if is_shown(parsed, "text") and not parsed.statistics:
        from flake8_naq.cli import screen
        from flake8_naq.report.text import summary

        screen.show(results, "" if parsed.quiet else summary(results, files, fixed), parsed.color, rule_url)
        return
    text = _statistics(results, output) if parsed.statistics else _rendered(results, output, context)
    if parsed.output_file is not None:
        from flake8_naq.run.atomic_write import write_text

        write_text(parsed.output_file, f"{text}\n" if text else "")
    elif text:
        print(text)


def _rendered(results: Sequence[Result], output_format: str, context: Context) -> str:
    from flake8_naq.report import formats

    return formats.render(results, output_format, context.settings)


def _statistics(results: Sequence[Result], output_format: str) -> str:
    from flake8_naq.report import text

    if output_format == "text":
        return "\n".join(text.statistics(results))
    if output_format != "json":
        raise UsageError("--statistics: expected --output-format text or json")
    import json

    counted = [{"code": code, "name": name, "count": number} for code, name, number in text.by_code(results)]
    return json.dumps(counted, indent=2)
