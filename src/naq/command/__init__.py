"""The commands of `naq`, one module for each, and the message and exit code for each error.

A command's module is imported when the command or its help is used: `naq --help` needs neither nats-py nor the
settings, which take longest to load.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module

import click

from naq.command.context import INTERRUPTED, Settings, add_common_options, logging_options
from naq.command.lean import import_nats
from naq.error_text import error_text

__all__ = ["COMMANDS", "root", "run"]

FAILED, MISUSED = 1, 2
# click 8.2 and newer raise this for a group without a command; older versions print the help themselves.
NO_COMMAND = getattr(click.exceptions, "NoArgsIsHelpError", ())
# For each command: its module, and the first sentence of its help.
COMMANDS = {
    "cancel": (
        "cancel",
        "Cancel the job JOB_ID, or abort it if it runs; JOB_ID may also be the id of a repeating schedule.",
    ),
    "config": ("configuration", "Show the settings in effect, and where each of them comes from."),
    "dashboard": ("dashboard", "Show queues, workers, jobs and failures in the browser, until Ctrl-C."),
    "doctor": (
        "doctor",
        "Check server, rights, streams, clocks, workers and code, and say what is wrong and what to do.",
    ),
    "enqueue": ("queueing", "Put a job on a queue."),
    "events": ("events", "Show events of jobs and of your own programs."),
    "failed": ("failed", "List, requeue or delete jobs that failed permanently."),
    "limits": ("limits", "Show the limits of queues and functions, and what runs under them."),
    "list": ("jobs", 'List the jobs of QUEUE (default: "default") that are not done.'),
    "peek": ("jobs", 'Show the next job of QUEUE (default: "default") that no worker has taken, without taking it.'),
    "purge": ("purging", "Delete the jobs of QUEUE that wait or will be retried, after a question."),
    "result": ("result", "Print the result of the job JOB_ID as JSON."),
    "schedules": ("schedules", "List scheduled jobs, the next one first."),
    "server": ("server", "Start a nats-server with JetStream for development, and stop it with Ctrl-C."),
    "status": ("status", "Show the queues and workers, or the state of the job JOB_ID."),
    "worker": ("working", 'Run the jobs of QUEUES (default: "default").'),
}


class Commands(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, from its module; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            import_nats()
            module = import_module(f"naq.command.{COMMANDS[cmd_name][0]}")
            # A command with the name of a builtin has a function with an underscore behind it.
            command: click.Command = getattr(module, f"{cmd_name}_", None) or getattr(module, cmd_name)
            if cmd_name != "server":
                add_common_options(command)
            self.add_command(command)
        return self.commands[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands in the help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--server", "-s", "servers", multiple=True, metavar="URL", help="NATS server; may be repeated.")
@click.option("--prefix", metavar="NAME", help="First part of every stream, subject and bucket (default: naq).")
@logging_options
@click.version_option(package_name="naq")
@click.pass_context
def root(
    context: click.Context,
    servers: tuple[str, ...],
    prefix: str | None,
    log_level: str | None,
    log_format: str | None,
) -> None:
    """A job queue on NATS JetStream.

    Settings come from NAQ_* variables, naq.toml and [tool.naq] in pyproject.toml; the options here override them.

    Exit codes: 0 done, 1 failed (no server, no such job, a job that failed), 2 usage error, 130 interrupted.
    """
    context.obj = Settings(servers, prefix, log_level, log_format)


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code. Raises only exceptions that are faults of this library."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # The parent process has closed the stream.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            # A console of Windows, or a pipe there, may have an encoding without some characters.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = root.main(arguments, prog_name="naq", standalone_mode=False)
    except click.UsageError as error:
        if error.ctx is not None and isinstance(error, NO_COMMAND):
            print(error.ctx.get_help(), file=sys.stderr)
            return MISUSED
        hint = f"; see '{error.ctx.command_path} --help'" if error.ctx else ""
        return _say(f"{error.format_message().rstrip('.')}{hint}", MISUSED)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        # A terminal shows ^C in the line.
        print(end="\n" if sys.stderr.isatty() else "", file=sys.stderr)
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader has closed the pipe; redirect the output, so that the interpreter's last flush does not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        return _say(error_text(error), code)
    return code if isinstance(code, int) else 0


def _code_of(error: Exception) -> int | None:
    """Return the exit code for an error that the caller can correct; None for any other."""
    # Imported here, as these need nats-py, which the help does not.
    import nats.errors

    from naq.errors import ConfigError, InvalidJob, InvalidName, NaqError, SerializationError

    if isinstance(error, (ConfigError, InvalidJob, InvalidName, SerializationError)):
        return MISUSED
    return FAILED if isinstance(error, (NaqError, nats.errors.Error, OSError)) else None


def _say(message: str, code: int) -> int:
    print(f"naq: {' '.join(message.split())}", file=sys.stderr)
    return code
