"""`naq doctor`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import click
from rich.table import Table
from rich.text import Text

from naq.command.context import Settings, import_from_here, json_option, run
from naq.command.output import busy, console, print_json
from naq.config import Config
from naq.diagnosis.check import Check, counted, listed
from naq.diagnosis.examine import SETTINGS, examine
from naq.diagnosis.rights import ROLES
from naq.errors import ConfigError
from naq.names import check_queue_name
from naq.settings.variables import PREFIX, sort_out

COLORS = {"ok": "green", "warning": "yellow", "error": "red"}


@click.command()
@click.option("--queue", "-q", "queues", multiple=True, metavar="NAME", help="A queue to look at; may be repeated.")
@click.option("--role", "-r", "roles", multiple=True, type=click.Choice(ROLES), help="The user must have its rights.")
@json_option
@click.pass_obj
def doctor(settings: Settings, queues: tuple[str, ...], roles: tuple[str, ...], as_json: bool) -> int:
    """Check server, rights, streams, clocks, workers and code, and say what is wrong and what to do.

    It changes nothing on the server. Rights that this user lacks are warnings, or errors with --role. Exit codes: 0 no
    error (there may be warnings), 1 an error.
    """
    import_from_here()
    # What goes wrong is in the report.
    settings.set_up_logs("critical")
    for queue in queues:
        check_queue_name(queue)
    with busy("checking"):
        checks = _checks(settings, queues, roles)
    errors = sum(1 for one in checks if one.level == "error")
    warnings = sum(1 for one in checks if one.level == "warning")
    if as_json:
        print_json({"ok": not errors, "errors": errors, "warnings": warnings, "checks": checks})
    else:
        _print(checks)
        click.echo(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
    return 1 if errors else 0


def _checks(settings: Settings, queues: Sequence[str], roles: Sequence[str]) -> list[Check]:
    try:
        config = replace(settings, log_level=None, log_format=None).config()
    except ConfigError as error:
        remedy = "correct the setting; see `naq config`"
        return [Check(SETTINGS, "error", problem, remedy) for problem in error.problems]
    return [*_ignored(), *run(examine(config, queues, roles))]


def _ignored() -> list[Check]:
    """Return the check for variables whose names begin as those of settings do, and that name none."""
    names = [name for name in os.environ if name.upper().startswith(PREFIX)]
    _, others = sort_out(Config, names)
    if not others:
        return []
    text = f"variables that name no setting are ignored: {listed(others)}"
    remedy = "if they are meant for naq, correct them (docs/configuration.md); Kubernetes sets such variables too"
    return [Check(SETTINGS, "warning", text, remedy)]


def _print(checks: Sequence[Check]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in checks:
        about = Text(_printable(one.text))
        if one.remedy:
            about.append(f"\n-> {_printable(one.remedy)}", style="bold")
        table.add_row(Text(one.level, style=COLORS[one.level]), one.check, about)
    console().print(table)


def _printable(text: str) -> str:
    """Return the text without control characters, which must not reach the terminal."""
    return "".join(one if one.isprintable() else " " for one in text)
