"""`flake8-naq baseline write|prune|show`: the file of findings that are known, so that only new ones are reported."""

from __future__ import annotations

import argparse
import os
import sys
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flake8_naq.baseline.content import Key, key_of
from flake8_naq.baseline.file import MARK, BaselineError, Entries, render
from flake8_naq.baseline.ledger import Ledger, covers, load
from flake8_naq.cli.baseline_option import add_baseline, baseline_file
from flake8_naq.cli.common import Context, add_flake8, check_paths, read_context
from flake8_naq.cli.outcome import CLEAN, FAILED, UsageError
from flake8_naq.project.paths import near
from flake8_naq.run.atomic_write import write_text

if TYPE_CHECKING:
    from flake8_naq.run.check_files import Result

DEFAULT = "flake8-naq.baseline"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("write", _write, "record all that check finds now, in place of what the file holds; resolves merge conflicts"),
        ("prune", _prune, "take out what has been fixed, and follow files that were renamed; adds nothing"),
        ("show", _show, "list what is known, with totals"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        action.add_argument("paths", nargs="*", metavar="PATH", help="files, folders (default: the baseline's folder)")
        add_baseline(action)
        add_flake8(action)
        action.set_defaults(run=_with_context(run), select=None, extend_select=None)


Action = Callable[[str, Sequence[str], Context], int]


def _with_context(action: Action) -> Callable[[argparse.Namespace], int]:
    def run(parsed: argparse.Namespace) -> int:
        context = read_context(parsed)
        if parsed.baseline == "":
            raise UsageError("--baseline: an empty name turns it off, and there is nothing to do; name a file")
        path = baseline_file(parsed, context) or os.path.abspath(DEFAULT)
        return action(path, parsed.paths or [os.path.dirname(near(path)) or "."], context)

    return run


def _write(path: str, paths: Sequence[str], context: Context) -> int:
    former = _former(path)
    results, _ = check_paths(paths, context)
    ledger = Ledger(os.path.dirname(path), former or {})
    entries = _found(results, ledger)
    unread = [result for result in results if result.error]
    for name in filter(_under(unread, ledger), _names(ledger)):
        entries[name] = ledger.known(name)
    write_text(path, render(entries))
    before = "" if former is None else f" (before: {_count(former)})"
    print(f"{near(path)}: {_findings(_count(entries))} in {_files(len(entries))}{before}")
    if not context.settings.baseline and not context.options.naq_baseline:
        name = os.path.basename(path)
        print(f'To use it, say so in pyproject.toml:\n\n    [tool.flake8-naq]\n    baseline = "{name}"')
    return _say_unread(unread, "what was known of it stays in the baseline")


def _prune(path: str, paths: Sequence[str], context: Context) -> int:
    ledger = load(path, context.excluded)
    results, files = check_paths(paths, context)
    unread = [result for result in results if result.error]
    found = _found(results, ledger)
    looked_at = set(map(ledger.name, files))
    is_unread = _under(unread, ledger)
    kept: dict[str, tuple[Key, ...]] = {}
    for name in _names(ledger):
        known = ledger.known(name)
        seen = name in looked_at or (name in ledger.gone and covers(paths, os.path.join(ledger.folder, name)))
        kept[name] = _still(known, found.get(name, ())) if seen and not is_unread(name) else known
    write_text(path, render(kept))
    fixed = ledger.total - _count(kept)
    moved = f", {_files(len(ledger.moved))} renamed" if ledger.moved else ""
    print(f"{near(path)}: {_findings(_count(kept))} left, {fixed} gone{moved}")
    for old, now in sorted(ledger.moved.items()):
        print(f"  {old} is now {now}")
    for name in sorted({*kept, *ledger.gone} - set(ledger.moved)):
        removed = Counter(ledger.known(name)) - Counter(kept.get(name, ()))
        for key in sorted(removed.elements()):
            print(f"  {name}: {key.code} {key.function}: {key.content}: gone")
    return _say_unread(unread, "what is known of it stays in the baseline")


def _names(ledger: Ledger) -> set[str]:
    """The files that have entries, where they are now."""
    return {*ledger.entries, *ledger.moved.values()} - set(ledger.moved)


def _under(unread: Sequence[Result], ledger: Ledger) -> Callable[[str], bool]:
    """Tells which names are a file, or are in a folder, that could not be read."""
    places = {ledger.name(result.path) for result in unread}
    return lambda name: any(part in places for part in (name, *map(str, PurePosixPath(name).parents)))


def _still(known: Sequence[Key], found: Sequence[Key]) -> tuple[Key, ...]:
    return tuple((Counter(known) & Counter(found)).elements())


def _show(path: str, paths: Sequence[str], context: Context) -> int:
    ledger = load(path, context.excluded)
    shown = {name: keys for name, keys in ledger.entries.items() if covers(paths, os.path.join(ledger.folder, name))}
    for name in sorted(shown):
        for key in shown[name]:
            print(f"{name}: {key.code} {key.function}: {key.content}")
    codes = Counter(key.code for keys in shown.values() for key in keys)
    totals = "".join(f", {code} {number}" for code, number in sorted(codes.items()))
    print(f"{_findings(_count(shown))} in {_files(len(shown))}{totals}")
    for name in sorted(set(ledger.gone) & set(shown)):
        now = ledger.moved.get(name)
        print(f"{name}: the file has gone{f', to {now}' if now else ''}; `flake8-naq baseline prune` takes note of it")
    return CLEAN


def _former(path: str) -> Entries | None:
    """Return the entries, none of a damaged file; None without a file. Raises UsageError for a file of another kind."""
    try:
        with open(path, "rb") as file:
            ours = file.read(len(MARK) + len(BOM_UTF8)).removeprefix(BOM_UTF8).startswith(MARK.encode())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if not ours:
        raise UsageError(f"{path}: not written: it is there and is not a baseline of flake8-naq; name another file")
    try:
        return load(path).entries
    except BaselineError as error:
        print(f"flake8-naq: {error}: done", file=sys.stderr)
        return None


def _found(results: Sequence[Result], ledger: Ledger) -> dict[str, tuple[Key, ...]]:
    return {
        ledger.name(result.path): tuple(sorted(key_of(finding, result.lines) for finding in result.findings))
        for result in results
        if result.findings
    }


def _say_unread(unread: Sequence[Result], consequence: str) -> int:
    for result in unread:
        print(f"{result.path}: {result.error}; {consequence}", file=sys.stderr)
    return FAILED if unread else CLEAN


def _count(entries: Entries) -> int:
    return sum(map(len, entries.values()))


def _findings(number: int) -> str:
    return f"{number} known finding{'s' * (number != 1)}"


def _files(number: int) -> str:
    return f"{number} file{'s' * (number != 1)}"
