"""A subcommand reads flake8's configuration once, and lists the files, for which git is asked, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flake8_naq.project import discovery, flake8_options
from lint.process import git, naq

LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n"


def calls_of(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[tuple[object, ...]]:
    """The arguments of each call of a function, which still does its work."""
    seen: list[tuple[object, ...]] = []
    function = getattr(module, name)

    def counted(*arguments: object) -> object:
        seen.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(module, name, counted)
    return seen


@pytest.mark.parametrize("command", [["check", "."], ["check", "--show-settings"], ["baseline", "write"]])
def test_the_configuration_of_flake8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    (tmp_path / ".flake8").write_text("[flake8]\nexclude = other\n")
    reads = calls_of(monkeypatch, flake8_options, "find_config")
    naq(*command, cwd=tmp_path)
    assert reads == [(tmp_path,)]


@pytest.mark.parametrize("action", ["write", "prune"])
def test_what_git_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a.py").write_text(LEAK)
    assert naq("baseline", "write", cwd=tmp_path).returncode == 0
    (tmp_path / "a.py").write_text(LEAK.replace("nats.connect()", "None"))
    asked = calls_of(monkeypatch, discovery, "ignored")
    done = naq("baseline", action, cwd=tmp_path)
    assert "0 known findings" in done.stdout
    assert asked == [(".",)]
