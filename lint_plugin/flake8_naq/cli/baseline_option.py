"""The option `--baseline`, for every subcommand that reports findings, and the baseline that holds for a run."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from flake8_naq.cli.common import Context

if TYPE_CHECKING:
    from flake8_naq.baseline.ledger import Ledger


def add_baseline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--baseline", metavar="FILE", help="file of known findings; empty: no baseline")


def baseline_file(parsed: argparse.Namespace, context: Context) -> str:
    """Its path, empty for none: the command line, then flake8's file, then `pyproject.toml`."""
    given: str | None = parsed.baseline
    if given is not None:
        return os.path.abspath(given) if given else ""
    configured = context.options.naq_baseline
    return context.settings.baseline if configured is None else configured


def read_baseline(parsed: argparse.Namespace, context: Context) -> Ledger | None:
    """The baseline that holds; BaselineError where it is missing or foreign, and later, where an entry is damaged."""
    path = baseline_file(parsed, context)
    if not path:
        return None
    from flake8_naq.baseline.ledger import load

    return load(path, context.excluded, later=True)  # most commits touch no file that mentions a resource
