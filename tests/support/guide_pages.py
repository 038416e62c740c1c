"""Runs a page of the documentation as a reader would: its files are written, its commands run, their output compared.

A block with a title is a file (```` ```python title="shop.py" ````). A block `console` has commands behind `$ ` and
their output. Blocks count in their order, in one folder for each page.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from naq.free_ports import free_ports

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Ports on which the commands of a page listen.
_PORTS = ("8321", "8322", "9400")
# What differs from run to run, and what a page has in its place.
_DIFFERS = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"\d+ s(?= ago)"), "SECONDS"),
    (re.compile(r"(?<=there for )\d+ s|(?<=after )\d+\.\d+ s"), "SECONDS"),
    # The tests' own server and prefix, and what others do on this server.
    (re.compile(r"nats://127\.0\.0\.1:\d{4,5}, nats-server [\d.]+"), "nats://127.0.0.1:4222, nats-server VERSION"),
    (re.compile(r"test_[0-9a-f]{8}"), "naq"),
    (re.compile(r"\d+ streams?, \d+ consumers?"), "1 stream, 0 consumers"),
)
# A command that leaves a program behind, or sends signals to programs.
_SIGNALS = re.compile(r"&(?!&)|\b(?:kill|timeout)\b")


class Step(NamedTuple):
    """A file to write (`title`, `text`), or a command (`text`) and the lines that the page shows as its output."""

    title: str
    text: str
    shown: tuple[str, ...] = ()


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Return kind, title and text of each fenced block of a page."""
    return BLOCK.findall(page.read_text("utf-8"))


def steps(page: Path) -> Iterator[Step]:
    """Return what a reader of the page does, in order."""
    for kind, title, text in blocks(page):
        if title:
            yield Step(title, text)
        elif kind == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, *shown = part.splitlines()
                yield Step("", command, tuple(shown))


def follow(
    page: Path, folder: Path, environment: Mapping[str, str], programs: Path | None = None
) -> list[tuple[str, list[str], list[str]]]:
    """Do what the page says in `folder`; return command, output and shown output of each command that differs.

    Standard output is compared, or all output where the page shows more than that. Programs in the folder `programs`
    are used before others, by commands that end by themselves.
    """
    different = []
    # Two suites may run on one machine.
    ports = dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))
    settings = {**environment, "NAQ_DASHBOARD__ADDRESS": f"127.0.0.1:{ports['8321']}"}
    for step in steps(page):
        if step.title:
            (folder / step.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.title).write_text(step.text, "utf-8")
            continue
        first = [] if programs is None or _SIGNALS.search(step.text) else [str(programs)]
        done = _run(_replaced(step.text, ports), folder, settings, first)
        shown = [line.rstrip() for line in step.shown]
        own = {port: given for given, port in ports.items()}
        got, everything = (_lines(_replaced(text, own), folder) for text in (done.stdout, done.stdout + done.stderr))
        if shown not in (got, everything) or "Traceback" in "".join(set(everything) - set(shown)):
            different.append((step.text, everything, shown))
    return different


def _replaced(text: str, ports: Mapping[str, str]) -> str:
    return re.sub(rf"\b(?:{'|'.join(ports)})\b", lambda match: ports[match[0]], text)


def _run(
    command: str, folder: Path, environment: Mapping[str, str], first: list[str]
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((*first, str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    settings = {"PATH": path, "PYTHONUTF8": "1", "COLUMNS": "200"}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **environment, **settings},
    )  # fmt: skip


def _lines(text: str, folder: Path) -> list[str]:
    for pattern, word in _DIFFERS:
        text = pattern.sub(word, text)
    return [line.rstrip() for line in text.replace(str(folder), "PROJECT").splitlines()]
