"""Completion in the shell: the commands, their options and the values of these."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import ShellComplete

from naq.command import COMMANDS, root


def completed(*words: str) -> set[str]:
    """What the shell offers for the last word."""
    complete = ShellComplete(root, {}, "naq", "_NAQ_COMPLETE")
    return {item.value for item in complete.get_completions(list(words[:-1]), words[-1])}


def test_every_command_is_offered() -> None:
    assert completed("") == set(COMMANDS)
    assert completed("p") == {"peek", "purge"}
    assert list(COMMANDS) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("list", "--state", "r"), {"running", "retrying"}),
        (("list", "--st"), {"--state"}),
        (("peek", "--arg"), {"--arguments"}),
        (("purge", "--older"), {"--older-than"}),
        (("result", "--time"), {"--timeout"}),
        (("status", "--w"), {"--watch"}),
        (("worker", "--rel"), {"--reload", "--reload-dir"}),
        (("worker", "--log-level", "w"), {"warning"}),
        (("status", "--log-format", ""), {"text", "json"}),
        (("config", "--ch"), {"--changed"}),
        (("doctor", "--role", ""), {"producer", "worker", "viewer"}),
        (("failed", "list", "--log-l"), {"--log-level"}),
    ],
)
def test_options_and_values_are_offered(words: tuple[str, ...], offered: set[str]) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_the_common_options(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options or isinstance(command, click.Group)
    assert name == "server" or {"--server", "--prefix", "--log-level", "--log-format"} <= options
