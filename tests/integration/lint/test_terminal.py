"""What a person at a terminal sees: colour, frames, progress; and that a pipe has none of it."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

import pytest

from flake8_naq.cli import common
from lint.process import naq, terminal
from lint.sources import LEAK

WIDE = 'import nats\n\n\nasync def f():\n\té = "日本語"; nc = await nats.connect()\n\tawait nc.flush()\n'
LONG = LEAK.replace("connect()", f"connect({[f'nats://host{i}' for i in range(20)]})")


def frame(text: str) -> list[str]:
    return [line for line in text.splitlines() if " | " in line]


def test_a_terminal_has_colour_and_a_frame_with_the_place_marked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(WIDE, "utf-8")
    seen = terminal("check", "a.py", cwd=tmp_path)
    assert "\x1b[1m" in seen
    source, marks = frame(seen)
    assert source == '  5 |  é = "日本語"; nc = await nats.connect()'
    assert marks == f"    | {' ' * 26}{'^' * len('nats.connect()')}"  # three characters are two columns wide
    assert seen.endswith("1 finding in 1 of 1 file\n")


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_turned_off(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    seen = terminal("check", "a.py", cwd=tmp_path, **environment)
    assert "\x1b[1;31m" not in seen
    assert "\x1b[31m" not in seen
    assert len(frame(seen)) == 2


@pytest.mark.parametrize("columns", [30, 60, 120])
def test_a_frame_is_no_wider_than_the_terminal(tmp_path: Path, columns: int) -> None:
    (tmp_path / "a.py").write_text(LONG)
    source, marks = frame(terminal("check", "a.py", cwd=tmp_path, columns=columns))
    assert max(len(source), len(marks)) <= columns
    assert source[marks.index("^") :].startswith("nats.connect(")
    assert source.endswith("…")


def test_what_is_piped_has_neither_frame_nor_colour(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    assert len(naq("check", "a.py", cwd=tmp_path).stdout.splitlines()) == 1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that two processes are busy with for some seconds."""
    folder = tmp_path_factory.mktemp("large")
    for number in range(200):
        (folder / f"m{number}.py").write_text(LEAK * 50)
    return folder


def test_progress_is_shown_when_it_takes_longer_than_a_second_and_goes(large: Path) -> None:
    begin = time.monotonic()
    seen = terminal("check", "--jobs", "2", "--select", "NAQ2", ".", cwd=large, columns=30)
    most = (time.monotonic() - begin) / common.PAUSE
    signs = seen.split("\r\x1b[K")
    assert signs[1].startswith("200 files read, ")
    assert max(map(len, signs[1:-1])) < 30
    assert signs[-1] == "200 files checked, nothing found\n"
    assert len(signs) < most + 2


@pytest.mark.parametrize(("term", "seconds", "shown"), [("xterm", 2, True), ("xterm", 0.1, False), ("dumb", 2, False)])
def test_progress_is_shown_late_and_where_a_line_can_be_cleared(
    monkeypatch: pytest.MonkeyPatch, term: str, seconds: float, shown: bool
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(screen, "fileno", lambda: 2)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(os, "get_terminal_size", lambda descriptor: os.terminal_size((80, 24)))
    monkeypatch.setattr(time, "monotonic", (number * seconds for number in range(9)).__next__)
    monkeypatch.setenv("TERM", term)
    progress = common.Progress()
    progress.seen(256)
    progress.stop()
    assert ("256 files read" in screen.getvalue()) is shown
