"""The command `flake8-naq`: finds the subcommand, runs it, and turns what goes wrong into one line and an exit code.

Exit codes: 0 clean, 1 findings, 2 failed; 130 interrupted, 141 when its output is not read to the end.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence

TYPE_CHECKING = False  # that of `typing`, which takes its time
if TYPE_CHECKING:
    from flake8_naq.cli.parser import Parser

# Each is a module of `flake8_naq.cli`; only the one that is asked for is imported.
SUBCOMMANDS = {
    "check": "report unmanaged connections, and the context manager to write instead",
    "fix": "rewrite unmanaged connections to their context managers",
    "explain": "print the page of a rule: what it means, why, and what to write",
    "rules": "list the rules, the libraries that are known, or the format of a resource",
    "inventory": "list every connection, managed or not, and how far the migration has come",
    "baseline": "write, prune or show the file of known findings, which are not reported",
    "lsp": "serve an editor: warnings while one types, and quick fixes",
    "completion": "print the script with which a shell completes this command",
}
# What follows the options, where it is not paths.
_ARGUMENTS = {"explain": "[CODE]", "rules": "", "baseline": "ACTION [PATH ...]", "lsp": "", "completion": "SHELL"}
_EPILOG = """\
exit codes: 0 clean, 1 findings, 2 something could not be done, and which
settings:   flake8's (setup.cfg, tox.ini, .flake8, # noqa) and, in pyproject.toml,
            [tool.flake8-naq]
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    is_process = arguments is None
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments), is_process)
    except KeyboardInterrupt:
        return _interrupted(is_process)


def _run(given: list[str], is_process: bool) -> int:
    from flake8_naq.cli.outcome import FAILED, UNHEARD, UsageError  # here, so that an interrupt finds us ready

    if sys.stdout is None or not _is_somewhere():
        what = "standard output is closed" if sys.stdout is None else "the current folder is not there any more"
        return _failed(what, FAILED)
    _prepare_streams()
    try:
        code = _outcome(given, is_process)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _abandon(sys.stdout)
        return UNHEARD
    except (UsageError, ValueError) as error:
        return _failed(str(error), FAILED)
    except OSError as error:
        _abandon(sys.stdout)
        return _failed(f"{error.filename or 'standard output'}: {error.strerror or error}", FAILED)


def _outcome(given: list[str], is_process: bool) -> int:
    if given in (["--version"], ["-V"]):
        return _show_version()  # without argparse
    try:
        parsed = parser_for(given[0] if given else "").parse(given)
        from flake8_naq.run.gc_tuning import collected_seldom

        with collected_seldom(is_last=is_process):
            return int(parsed.run(parsed))
    except SystemExit as end:  # argparse has shown the help, or what is wrong with the arguments
        return int(end.code or 0)
    except ModuleNotFoundError as error:
        from flake8_naq.cli.outcome import UsageError
        from flake8_naq.project.extras import EXTRAS, not_installed

        name = (error.name or "").partition(".")[0]
        if name not in EXTRAS:
            raise
        raise UsageError(not_installed(name)) from error


def _is_somewhere() -> bool:
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _prepare_streams() -> None:
    """UTF-8, as flake8 writes it, whatever the locale; a file's name need not be that."""
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    from flake8_naq.project.paths import ANY_TEXT

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=ANY_TEXT)


def _failed(text: str, code: int) -> int:
    try:
        print(f"flake8-naq: {text}", file=sys.stderr, flush=True)
    except OSError:
        _abandon(sys.stderr)
    return code


def _abandon(stream: object) -> None:
    """Nothing more can be written there, and the interpreter need not try when it ends."""
    if isinstance(stream, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _interrupted(is_process: bool) -> int:
    """End as an interrupt ends a program: a shell then ends the script, too, and nothing is waited for."""
    from flake8_naq.cli.outcome import INTERRUPTED

    if is_process:
        if os.name == "posix":
            import signal

            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        os._exit(INTERRUPTED)
    return INTERRUPTED


def parser_for(*asked: str) -> Parser:
    """The parser of all subcommands, with the arguments of those that are `asked` for."""
    from flake8_naq.cli.parser import Parser

    parser = Parser(
        prog="flake8-naq",
        usage="%(prog)s COMMAND [OPTIONS] ...",
        description="Find connections whose closing is left to chance.",
        epilog=_EPILOG + "options:    flake8-naq COMMAND --help",
    )
    parser.add_argument("-V", "--version", action="store_true", help="show the version, and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", prog="flake8-naq")
    for name, text in SUBCOMMANDS.items():
        described = f"{text[0].upper()}{text[1:]}."
        usage = f"flake8-naq {name} [OPTIONS] {_ARGUMENTS.get(name, '[PATH ...]')}".rstrip()
        subparser = commands.add_parser(name, help=text, description=described, epilog=_EPILOG, usage=usage)
        if name in asked:
            importlib.import_module(f"flake8_naq.cli.{name}").arguments(subparser)
    parser.set_defaults(run=lambda parsed: _show_version() if parsed.version else parser.error("a COMMAND is needed"))
    return parser


def _show_version() -> int:
    from flake8_naq.cli.version import version_line

    print(version_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
