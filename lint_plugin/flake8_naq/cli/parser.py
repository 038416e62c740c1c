"""The parser of the command line: usage in one line, and the nearest name where one is misspelled."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from flake8_naq.syntax.spelling import hint, nearest

_CHOICE = re.compile(r"(argument [^:]+: )?invalid choice: '(?P<given>.*?)' \(")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are two lines: how the command is used, and what is wrong, with the nearest name.

    Subparsers are of the same class.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        settings.setdefault("formatter_class", _layout)
        super().__init__(*arguments, **settings)

    def error(self, message: str) -> NoReturn:
        """End with exit code 2 and the message."""
        match = _CHOICE.match(message)
        if match is not None:
            message = self._unknown_choice(message, match["given"])
        usage = self.usage % {"prog": self.prog} if self.usage else f"{self.prog} [OPTIONS]"
        self.exit(2, f"usage: {usage}\n{self.prog}: error: {message}; see `{self.prog} --help`\n")

    def parse(self, given: Sequence[str]) -> argparse.Namespace:
        """Return the parsed command line; an option that does not exist is an error of the subcommand."""
        parsed, rest = self.parse_known_args(list(given))
        if rest:
            parser = self._of(getattr(parsed, "command", None))
            parser.error(parser._unknown_option(rest[0]))
        return parsed

    def _of(self, command: str | None) -> Parser:
        """The parser of the subcommand."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and command in action.choices:
                found = action.choices[command]
                assert isinstance(found, Parser)
                return found
        return self

    def _unknown_option(self, option: str) -> str:
        if not option.startswith("-"):
            return f"unexpected argument '{option}'"
        name = option.partition("=")[0]
        close = nearest(name, (one for one in self._option_string_actions if one.startswith("--")))
        return f"unknown option '{name}'{f'; did you mean {close!r}?' if close else ''}"

    def _unknown_choice(self, message: str, given: str) -> str:
        """Return the message with the nearest choice, without the list of all where there is one."""
        what = message.partition("invalid choice")[0].removeprefix("argument ").strip().removesuffix(":")
        for action in self._actions:
            if action.choices is not None and given not in action.choices:
                names = [str(one) for one in action.choices]
                if what in (action.metavar, action.dest, "/".join(action.option_strings)):
                    said = hint(given, names, f"expected one of {', '.join(names)}")
                    return f"{what}: invalid choice: '{given}'; {said}"
        return message


def _layout(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=30)
