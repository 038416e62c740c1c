"""`flake8-naq inventory`: every connection, managed or not, and how far the migration has come."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from flake8_naq.cli.common import add_output, add_selection, collect_jobs, read_context
from flake8_naq.cli.outcome import CLEAN, FAILED

if TYPE_CHECKING:
    from flake8_naq.inventory.model import Inventory

_FORMATS = ("table", "markdown", "json", "html")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_output(parser, _FORMATS, "table (default), markdown, json for programs, or html: one file to show")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    from flake8_naq.inventory.take import take

    jobs, unread, files = collect_jobs(parsed.paths, read_context(parsed))
    inventory = take(jobs, [(result.path, result.error) for result in unread], len(files))
    for path, reason in inventory.unread:
        print(f"{path}: {reason}", file=sys.stderr)
    text = _rendered(inventory, parsed.output_format)
    if parsed.output_file is not None:
        from flake8_naq.run.atomic_write import write_text

        write_text(parsed.output_file, f"{text}\n")
    else:
        print(text)
    return FAILED if inventory.unread else CLEAN


def _rendered(inventory: Inventory, output_format: str) -> str:
    from flake8_naq.report import inventory_html, inventory_text

    if output_format == "html":
        return inventory_html.render(inventory)
    if output_format == "json":
        return inventory_text.as_json(inventory)
    return inventory_text.markdown(inventory) if output_format == "markdown" else inventory_text.table(inventory)
