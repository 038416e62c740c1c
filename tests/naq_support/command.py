"""Running the command `naq` in the test's own process."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from naq.cli import main
from naq.config import Config


class Ran(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


class Naq:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> Ran:
        """Return exit code and output, whatever they are."""
        code = main(arguments)
        return Ran(code, *self._capsys.readouterr())

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Return standard output, or standard error if the command must fail."""
        got, out, err = self.run(*arguments)
        assert got == code, err
        if code:
            assert err.count("\n") == 1
            assert err.startswith("naq: ")
            assert not out
            return err
        assert not err
        return out

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def config(naq_config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Config:
    """The command finds the test's server and prefix by its environment; no file of the checkout is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAQ_NATS__SERVERS", naq_config.nats.servers[0])
    monkeypatch.setenv("NAQ_QUEUE__PREFIX", naq_config.queue.prefix)
    return naq_config


@pytest.fixture
def naq(config: Config, capsys: pytest.CaptureFixture[str]) -> Iterator[Naq]:
    """The command; what it sets up for logs ends with the test."""
    loggers = logging.getLogger(), logging.getLogger("naq")
    levels = [logger.level for logger in loggers]
    yield Naq(capsys)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
