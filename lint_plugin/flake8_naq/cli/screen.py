"""What a person at a terminal sees of a report: colour, code frames, links, and a line that counts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_naq.project.extras import not_installed

if TYPE_CHECKING:
    from rich.console import Console

    from flake8_naq.run.check_files import Result

_WHEN = ("auto", "always", "never")


def add_color(parser: argparse.ArgumentParser) -> None:
    what = "auto (default): on a terminal, or with FORCE_COLOR, and not with NO_COLOR; always: also in a pipe; never"
    parser.add_argument("--color", choices=_WHEN, default="auto", metavar="WHEN", help=what)


def is_for_a_person(color: str) -> bool:
    """Return whether the output is laid out for a terminal."""
    return color == "always" or sys.stdout.isatty() or (color == "auto" and _is_forced())


def is_shown(parsed: argparse.Namespace, laid_out: str) -> bool:
    """Return whether the report, in the format `laid_out`, is printed for a person and not written for a program."""
    return parsed.output_format == laid_out and parsed.output_file is None and is_for_a_person(parsed.color)


def _is_forced() -> bool:
    return bool(os.environ.get("FORCE_COLOR"))


def console_for(color: str) -> Console:
    """Return rich's console for standard output. Raises ModuleNotFoundError where rich is not installed."""
    from rich.console import Console

    forced = True if color == "always" or (color == "auto" and _is_forced()) else None
    if color == "never":  # without a system of colours, there is nothing bold and no link, either
        return Console(highlight=False, soft_wrap=True, color_system=None)
    plain = False if color == "always" else None
    return Console(highlight=False, soft_wrap=True, force_terminal=forced, no_color=plain)


def show(results: Sequence[Result], summary: str, color: str, rule_url: str) -> None:
    """Print each finding with its frame, then the summary, which may be empty; plain lines where rich is missing."""
    try:
        console = console_for(color)
    except ModuleNotFoundError:
        from flake8_naq.report import text

        print(f"flake8-naq: no code frames: {not_installed('rich')}", file=sys.stderr)
        for line in (*text.plain(results), *filter(None, [summary])):
            print(line)
        return
    from flake8_naq.report import frames

    for line in frames.framed(results, console.width, rule_url):
        console.print(line)
    if summary:
        console.print(summary)
