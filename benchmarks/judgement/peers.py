"""The linters that are compared: how each is called over a folder, and where it reports a file that is opened."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
RULE = HERE / "open_never_closed.yml"
_FLAKE8 = re.compile(r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): ")
Place = tuple[str, int, int]  # the file's name, line and column, both from 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a linter reports at one place; `code` matters for flake8-naq alone."""

    place: Place
    code: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """A linter: its distribution, the command over the folder it runs in, and how its output is read."""

    title: str
    distribution: str
    command: tuple[str, ...]
    read: Callable[[str], Iterable[Report]]
    note: str = ""

    def version(self, bin_folder: Path) -> str | None:
        """Return the installed version; None where it is not installed."""
        ask = f"from importlib.metadata import version; print(version({self.distribution!r}))"
        asked = subprocess.run([bin_folder / "python", "-c", ask], capture_output=True, text=True, check=False)
        return asked.stdout.strip() or None

    def reports(self, folder: Path, bin_folder: Path) -> list[Report]:
        """Return what it reports in a folder. Raises SystemExit where its output cannot be read."""
        command = [bin_folder / self.command[0], *self.command[1:]]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        try:
            return list(self.read(done.stdout))
        except (ValueError, KeyError) as error:
            raise SystemExit(f"{self.title}: its output is not understood ({error}): {done.stderr[-500:]}") from error


def _ours(text: str) -> Iterator[Report]:
    for one in json.loads(text):
        yield Report((Path(one["path"]).name, one["line"], one["column"]), one["code"])


def _pylint(text: str) -> Iterator[Report]:
    for one in json.loads(text):
        yield Report((Path(one["path"]).name, one["line"], one["column"] + 1))


def _ruff(text: str) -> Iterator[Report]:
    for one in json.loads(text):
        yield Report((Path(one["filename"]).name, one["location"]["row"], one["location"]["column"]))


def _flake8(text: str) -> Iterator[Report]:
    for line in text.splitlines():
        match = _FLAKE8.match(line)
        if match is None:
            raise ValueError(line)
        yield Report((Path(match["path"]).name, int(match["line"]), int(match["column"])))


def _semgrep(text: str) -> Iterator[Report]:
    for one in json.loads(text)["results"]:
        yield Report((Path(one["path"]).name, one["start"]["line"], one["start"]["col"]))


OURS = Peer(
    "flake8-naq",
    "flake8-naq",
    ("flake8-naq", "check", "--no-cache", "--output-format", "json", "--select", "NAQ101,NAQ102,NAQ103", "."),
    _ours,
)
PEERS = (
    Peer(
        "pylint R1732",
        "pylint",
        ("pylint", "--disable=all", "--enable=R1732", "--rcfile=", "--output-format=json", "--recursive=y", "."),
        _pylint,
    ),
    Peer(
        "ruff SIM115",
        "ruff",
        ("ruff", "check", "--isolated", "--no-cache", "--select=SIM115", "--output-format=json", "."),
        _ruff,
    ),
    Peer("flake8-simplify SIM115", "flake8-simplify", ("flake8", "--isolated", "-j1", "--select=SIM115", "."), _flake8),
    Peer(
        "semgrep open-never-closed",
        "semgrep",
        (
            *("semgrep", "scan", "--metrics=off", "--disable-version-check", "--quiet", "--no-git-ignore"),
            *("--json", f"--config={RULE}", "."),
        ),
        _semgrep,
        "the rule's text is ours: open_never_closed.yml",
    ),
    Peer(
        "flake8-close-io-buffers IO100",
        "flake8-close-io-buffers",
        ("flake8", "--isolated", "-j1", "--select=IO100", "."),
        _flake8,
        "knows io.BytesIO and io.StringIO, not open",
    ),
)


def own_version() -> str:
    return version("flake8-naq")


def own_commands() -> Path:
    """Return the folder of the commands of the environment that runs this."""
    return Path(sys.executable).parent
