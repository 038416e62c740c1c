"""`flake8-naq check`: report unmanaged connections. Exit code 0: none, 1: some, 2: something could not be checked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flake8_naq.cli.baseline_option import add_baseline, baseline_file, read_baseline
from flake8_naq.cli.common import Context, add_output, add_selection, check_paths, read_context
from flake8_naq.cli.outcome import CLEAN, FAILED, FINDINGS, UsageError
from flake8_naq.project.extras import not_installed
from flake8_naq.project.paths import near

if TYPE_CHECKING:
    from flake8_naq.baseline.ledger import Ledger
    from flake8_naq.project.settings import Settings
    from flake8_naq.run.check_files import Result

_FORMATS = ("text", "json", "github", "gitlab", "sarif")
_WITH_FIXES = ("json", "sarif")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_output(parser, _FORMATS, "text (default; a terminal has code frames), json for programs, the others for CI")
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
    show = parser.add_mutually_exclusive_group()
    show.add_argument("--show-files", action="store_true", help="only list the files that would be checked")
    show.add_argument("--show-settings", action="store_true", help="only list the settings, with the file of each")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    context = read_context(parsed)
    if parsed.show_files or parsed.show_settings:
        return _show_what_counts(parsed, context)
    ledger = read_baseline(parsed, context)
    results, files = check_paths(parsed.paths, context, ledger, plan_fixes=parsed.output_format in _WITH_FIXES)
    for result in results:
        if result.error:
            print(f"{result.path}: {result.error}", file=sys.stderr)
    _report(results, len(files), parsed, context.settings)
    sys.stdout.flush()
    if ledger is not None and not (parsed.select or parsed.ignore or parsed.extend_ignore):
        _tell_of_stale(baseline_file(parsed, context), parsed.paths, ledger, results)
    grown = parsed.baseline_only_shrinks and _has_new_entries(parsed, context, ledger)
    if any(result.error for result in results):
        return FAILED
    return FINDINGS if grown or any(result.findings for result in results) else CLEAN


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


def _report(results: Sequence[Result], files: int, parsed: argparse.Namespace, settings: Settings) -> None:
    output_format: str = parsed.output_format
    if parsed.output_file is not None:
        from flake8_naq.run.atomic_write import write_text

        text = _rendered(results, output_format, settings)
        write_text(parsed.output_file, f"{text}\n" if text else "")
    elif output_format == "text" and sys.stdout.isatty():
        _show(results, files)
    else:
        text = _rendered(results, output_format, settings)
        if text:
            print(text)


def _show(results: Sequence[Result], files: int) -> None:
    """For a person: colours, code frames, and a line that counts."""
    from flake8_naq.report import text

    try:
        from rich.console import Console
    except ModuleNotFoundError:
        print(f"flake8-naq: no code frames: {not_installed('rich')}", file=sys.stderr)
        print("\n".join([*text.plain(results), text.summary(results, files)]))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in text.framed(results, console.width):
        console.print(line)
    console.print(text.summary(results, files))


def _rendered(results: Sequence[Result], output_format: str, settings: Settings) -> str:
    if output_format == "sarif":
        return _sarif(results, settings)
    render: dict[str, Callable[[Sequence[Result]], str]] = {
        "text": _text, "json": _json, "github": _github, "gitlab": _gitlab
    }  # fmt: skip
    return render[output_format](results)


def _text(results: Sequence[Result]) -> str:
    from flake8_naq.report import text

    return "\n".join(text.plain(results))


def _json(results: Sequence[Result]) -> str:
    from flake8_naq.report import json_format

    return json_format.render(results)


def _github(results: Sequence[Result]) -> str:
    from flake8_naq.report import github, record

    return github.render(record.records(results), record.unchecked(results))


def _gitlab(results: Sequence[Result]) -> str:
    from flake8_naq.report import gitlab, record

    return gitlab.render(record.records(results), record.unchecked(results))


def _sarif(results: Sequence[Result], settings: Settings) -> str:
    from flake8_naq import __version__
    from flake8_naq.report import fix_records as fixes
    from flake8_naq.report import record, sarif

    found = record.records(results, fixes.fixes(results, settings))
    return sarif.render(found, record.unchecked(results), version=__version__)
