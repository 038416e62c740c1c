"""The commands of `naq`: one module for each group. Here they are put together, and errors become words."""

from __future__ import annotations

import os
import sys

import click
import nats.errors

from naq.command import events, failed, queueing, schedules, server, status, working
from naq.command.context import INTERRUPTED, Settings, add_common_options
from naq.errors import ConfigError, InvalidJob, InvalidName, NaqError, SerializationError

__all__ = ["root", "run"]

FAILED, MISUSED = 1, 2
# Raised for a group without a command, from click 8.2 on; before, its help was shown by click itself.
NO_WORDS = getattr(click.exceptions, "NoArgsIsHelpError", ())
# Errors that say that the command was given something wrong.
MISUSE = (ConfigError, InvalidJob, InvalidName, SerializationError)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--server", "-s", "servers", multiple=True, metavar="URL", help="NATS server; may be repeated.")
@click.option("--prefix", metavar="NAME", help="First part of every stream, subject and bucket (default: naq).")
@click.version_option(package_name="naq")
@click.pass_context
def root(context: click.Context, servers: tuple[str, ...], prefix: str | None) -> None:
    """A job queue on NATS JetStream.

    Settings come from NAQ_* variables, naq.toml and [tool.naq] in pyproject.toml; the options here go before them.

    Exit codes: 0 done, 1 it failed (no server, no such job, a job that failed), 2 it was asked for wrongly, 130
    interrupted.
    """
    context.obj = Settings(servers, prefix)


for command in (
    queueing.enqueue,
    working.worker,
    status.status,
    failed.failed,
    schedules.schedules,
    events.events,
    server.server,
):
    root.add_command(command)
    if command is not server.server:
        add_common_options(command)


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by who started us: there is nobody to tell.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    try:
        code = root.main(arguments, prog_name="naq", standalone_mode=False)
    except click.UsageError as error:
        if error.ctx is not None and isinstance(error, NO_WORDS):
            print(error.ctx.get_help(), file=sys.stderr)
            return MISUSED
        hint = f"; see '{error.ctx.command_path} --help'" if error.ctx else ""
        return _say(f"{error.format_message().rstrip('.')}{hint}", MISUSED)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        # On a terminal, ^C stands in the line.
        print(end="\n" if sys.stderr.isatty() else "", file=sys.stderr)
        return _say("interrupted", INTERRUPTED)
    except MISUSE as error:
        return _say(str(error), MISUSED)
    except BrokenPipeError:
        # Who read our output has seen enough; the interpreter must not complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (NaqError, nats.errors.Error, OSError) as error:
        return _say(str(error) or type(error).__name__, FAILED)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int) -> int:
    print(f"naq: {' '.join(message.split())}", file=sys.stderr)
    return code
