"""`check --watch`: what is told of each change, and what a failed check does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from flake8_naq.cli import watch
from flake8_naq.cli.outcome import FAILED, FINDINGS, UsageError


def changing(monkeypatch: pytest.MonkeyPatch, *changes: set[tuple[int, str]]) -> None:
    """Have the library that watches tell of these changes and end."""

    def told(*places: str, **options: object) -> Iterator[set[tuple[int, str]]]:
        yield from changes

    monkeypatch.setitem(sys.modules, "watchfiles", SimpleNamespace(watch=told))


def repeated(results: list[int | Exception]) -> int:
    def check(parsed: argparse.Namespace) -> int:
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    return watch.repeat(argparse.Namespace(paths=["."], quiet=False), check)


def test_each_change_is_told_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    changing(monkeypatch, {(1, str(tmp_path / "b.py")), (2, str(tmp_path / "a.py"))})
    assert repeated([0, FINDINGS]) == FINDINGS
    assert capsys.readouterr().err == "a.py, b.py changed\n"


def test_a_change_on_another_drive_is_told_with_its_path(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def other_drive(path: str, start: str = os.curdir) -> str:
        raise ValueError(f"path is on mount 'D:', start on mount 'C:': {path}")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    changing(monkeypatch, {(1, "/d/a.py")})
    assert repeated([0, 0]) == 0
    assert capsys.readouterr().err == "/d/a.py changed\n"


def test_a_check_that_fails_is_told_and_the_next_change_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changing(monkeypatch, {(1, os.path.abspath("a.py"))})
    assert repeated([UsageError("no such setting"), ValueError("broken")]) == FAILED
    assert capsys.readouterr().err == "flake8-naq: no such setting\na.py changed\nflake8-naq: broken\n"
