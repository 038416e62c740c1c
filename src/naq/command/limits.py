"""`naq limits`: the limits of queues and functions, and which jobs run under them."""

from __future__ import annotations

import click
import msgspec

from naq.command.context import Settings, json_option, run
from naq.command.output import print_json, print_table
from naq.queue.limit_status import LimitUse, limits_in_use


@click.command()
@json_option
@click.pass_obj
def limits(settings: Settings, as_json: bool) -> None:
    """Show the limits of queues and functions, and what runs under them.

    These are the limits of the settings, and those that workers have in use now.
    """
    found = run(limits_in_use(settings.config()))
    if as_json:
        print_json([msgspec.structs.asdict(use) for use in found])
        return
    columns = ("kind", "name", "running", "limit", "started", "rate", "jobs")
    print_table("Limits", columns, [_row(use) for use in found], "no limits")


def _row(use: LimitUse) -> tuple[object, ...]:
    running = "" if use.limit is None else use.running
    started = "" if use.rate is None else use.started
    return use.kind, use.name, running, use.limit or "", started, use.rate or "", " ".join(use.jobs)
