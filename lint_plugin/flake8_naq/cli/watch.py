"""`check --watch`: check again whenever a Python file or a settings file changes, until it is interrupted."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from flake8_naq.cli.outcome import FAILED, UsageError
from flake8_naq.project.paths import near
from flake8_naq.run.places import NOTEBOOK

_SETTINGS = ("pyproject.toml", "setup.cfg", "tox.ini", ".flake8")
_CLEAR = "\x1b[2J\x1b[H"


def repeat(parsed: argparse.Namespace, check: Callable[[argparse.Namespace], int]) -> int:
    """Check, and again after each change; gives the exit code of the last check if watching ends by itself."""
    if parsed.paths == ["-"]:
        raise UsageError("--watch needs files; it cannot be used with standard input")
    code = _once(parsed, check)
    for changed in _changes(parsed.paths):
        if sys.stdout.isatty():
            print(_CLEAR, end="")
        if not parsed.quiet:
            print(f"{', '.join(sorted(changed))} changed", file=sys.stderr)
        code = _once(parsed, check)
    return code


def _once(parsed: argparse.Namespace, check: Callable[[argparse.Namespace], int]) -> int:
    """Check once: a setting that cannot be used at the moment is told, and the next change may mend it."""
    try:
        code = check(parsed)
    except (UsageError, ValueError) as error:
        print(f"flake8-naq: {error}", file=sys.stderr)
        code = FAILED
    sys.stdout.flush()
    return code


def _changes(paths: list[str]) -> Iterator[set[str]]:
    from watchfiles import watch

    folders = {path if os.path.isdir(path) else os.path.dirname(path) or os.curdir for path in paths}
    settings = {name for name in _SETTINGS if os.path.exists(name)}
    for changes in watch(*folders, *settings, watch_filter=_counts, raise_interrupt=True):
        yield {near(path) for _, path in changes}


def _counts(change: object, path: str) -> bool:
    name = os.path.basename(path)
    return (name.endswith((".py", NOTEBOOK)) and not name.startswith(".flake8-naq-")) or name in _SETTINGS
