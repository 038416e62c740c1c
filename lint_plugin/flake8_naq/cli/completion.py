"""`flake8-naq completion SHELL`: print the script that completes the command in a shell."""

from __future__ import annotations

import argparse

from flake8_naq.cli.outcome import CLEAN

SHELLS = ("bash", "zsh", "tcsh")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"{', '.join(SHELLS)}")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    import shtab

    from flake8_naq.cli.main import SUBCOMMANDS, parser_for

    parser = parser_for(*SUBCOMMANDS)
    _complete_files(parser)
    print(shtab.complete(parser, parsed.shell))
    return CLEAN


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Have the arguments that name files completed with the names of files."""
    import shtab

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _complete_files(inner)
        elif action.metavar in ("FILE", "PATH"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab reads an attribute that argparse does not declare
