"""`flake8-naq inventory`: every connection, managed or not, and how far the migration has come."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from flake8_naq.cli.common import add_jobs, add_output, add_selection, collect_jobs, read_context
from flake8_naq.cli.outcome import CLEAN, FAILED
from flake8_naq.cli.screen import add_color, console_for, is_shown

if TYPE_CHECKING:
    from flake8_naq.inventory.model import Inventory

_FORMATS = ("table", "markdown", "json", "html")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_color(parser)
    add_jobs(parser)
    add_output(parser, _FORMATS, "table (default), markdown, json for programs, or html: one file to show")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    from flake8_naq.inventory.take import take

    context = read_context(parsed)
    jobs, unread, files = collect_jobs(parsed.paths, context)
    inventory = take(jobs, [(result.path, result.error) for result in unread], len(files), context.processes)
    for path, reason in inventory.unread:
        print(f"{path}: {reason}", file=sys.stderr)
    if is_shown(parsed, "table"):
        _show(inventory, parsed.color)
        return FAILED if inventory.unread else CLEAN
    text = _rendered(inventory, parsed.output_format, context.settings.file_url)
    if parsed.output_file is not None:
        from flake8_naq.run.atomic_write import write_text

        write_text(parsed.output_file, f"{text}\n")
    else:
        print(text)
    return FAILED if inventory.unread else CLEAN


def _show(inventory: Inventory, color: str) -> None:
    """Print the list for a terminal; the table where rich is not installed."""
    try:
        console = console_for(color)
    except ModuleNotFoundError:
        print(_rendered(inventory, "table"))
        return
    from flake8_naq.report import inventory_screen

    for line in inventory_screen.lines(inventory, console.width):
        console.print(line)


def _rendered(inventory: Inventory, output_format: str, file_url: str = "") -> str:
    from flake8_naq.report import inventory_html, inventory_text

    if output_format == "html":
        return inventory_html.render(inventory, file_url)
    if output_format == "json":
        return inventory_text.as_json(inventory)
    return inventory_text.markdown(inventory) if output_format == "markdown" else inventory_text.table(inventory)
