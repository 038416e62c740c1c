"""`naq dashboard`: pages in the browser about queues, workers, jobs and failures."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from naq.command.context import Settings, exit_code, json_option, run, stopping
from naq.command.output import print_json, print_line
from naq.config import Config
from naq.errors import ConfigError
from naq.settings.addresses import Address, parsed

if TYPE_CHECKING:
    from naq.dashboard.serving import Dashboard

PACKAGES = ("jinja2", "starlette", "uvicorn", "anyio", "h11", "markupsafe")


@click.command()
@click.option("--host", metavar="HOST", help="Interface to listen on (default: this machine alone).")
@click.option("--port", "-p", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.option("--allow-actions", is_flag=True, help="Allow requeueing and deleting failed jobs, with the token.")
@click.option("--show-arguments", is_flag=True, help="Show arguments and results of jobs, which may be secret.")
@click.option("--allowed-host", "allowed_hosts", multiple=True, metavar="NAME", help="Another name of this machine.")
@json_option
@click.pass_obj
def dashboard(
    settings: Settings,
    host: str | None,
    port: int | None,
    allow_actions: bool,
    show_arguments: bool,
    allowed_hosts: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show queues, workers, jobs and failures in the browser, until Ctrl-C.

    It only shows, and only to this machine, unless told otherwise. To act, and for other machines to see anything, the
    token is needed: dashboard.token of the settings, or the one in the address that is printed.
    """
    config = settings.config()
    given = config.dashboard
    present = parsed(given.address)
    changes = {
        "address": str(Address(host if host is not None else present.host, present.port if port is None else port)),
        "allow_actions": allow_actions or given.allow_actions,
        "show_arguments": show_arguments or given.show_arguments,
        "allowed_hosts": (*given.allowed_hosts, *allowed_hosts),
    }
    config = config.model_copy(update={"dashboard": given.model_copy(update=changes)})
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    return run(_serve(config, as_json))


async def _serve(config: Config, as_json: bool) -> int:
    served = _dashboard(config)
    _announce(served, config, as_json)
    with stopping(served.stop) as signals:
        await served.run()
    return exit_code(signals)


def _dashboard(config: Config) -> Dashboard:
    try:
        from naq.dashboard.serving import Dashboard
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in PACKAGES:
            raise
        raise ConfigError(f"naq dashboard needs {error.name}; pip install 'naq[dashboard]'") from None
    return Dashboard(config)


def _announce(served: Dashboard, config: Config, as_json: bool) -> None:
    """Print the address; with the token, if it was made for this run and is of use."""
    access = served.access
    needed = access.actions or not access.open_reading
    url = served.url
    if needed and config.dashboard.token is None:
        url += f"?{urlencode({'token': access.token})}"
    if as_json:
        print_json({"url": url, "actions": access.actions, "token_needed_to_read": not access.open_reading}, lines=True)
        return
    may = "it may requeue and delete failed jobs" if access.actions else "read-only"
    print_line(f"dashboard on {url} ({may}); Ctrl-C ends it")
