"""`naq worker --reload`: which files count, what is passed on, and wrong options. `test_reload.py` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest
from watchfiles import Change

from naq.command import root
from naq.command.context import Settings
from naq.command.reloading import Sources, _named, arguments_of
from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("shop.py", True),
        ("pkg/deep/shop.py", True),
        ("naq.toml", True),
        ("pyproject.toml", True),
        ("other.toml", False),
        ("sub/naq.toml", False),
        ("shop.pyc", False),
        ("log.txt", False),
        (".venv/lib/shop.py", False),
        ("__pycache__/shop.py", False),
        (".git/shop.py", False),
        (".shop.py.swp", False),
    ],
)
def test_sources_and_settings_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, counts: bool) -> None:
    monkeypatch.chdir(tmp_path)
    assert Sources()(Change.modified, str(tmp_path / path)) is counts


def test_the_worker_gets_what_the_command_was_given() -> None:
    given = ["a", "b", "--import", "shop", "--import", "sale", "-c", "3", "--json", "--reload", "--reload-dir", "."]
    worker = root.get_command(click.Context(root), "worker")
    assert worker is not None
    with worker.make_context("worker", [*given, "--name", "w"], obj=Settings((), None)) as context:
        settings = Settings(("nats://one", "nats://two"), "p", "debug", "json")
        passed = arguments_of(context, settings)
        assert passed == [
            *("worker", "--concurrency", "3", "--name", "w", "--import", "shop", "--import", "sale", "--json"),
            *("--server", "nats://one", "--server", "nats://two", "--prefix", "p"),
            *("--log-level", "debug", "--log-format", "json", "--", "a", "b"),
        ]
        # The command understands it.
        with worker.make_context("worker", passed[1:], obj=settings) as again:
            assert {**context.params, "reload": False, "reload_dirs": ()} == again.params
    with worker.make_context("worker", [], obj=Settings((), None)) as context:
        assert arguments_of(context, Settings((), None)) == ["worker", "--"]


def test_a_log_line_names_some_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _named({str(tmp_path / "b.py"), "/elsewhere/a.py"}) == "/elsewhere/a.py, b.py"
    assert _named({str(tmp_path / f"{number}.py") for number in range(5)}) == "0.py, 1.py, 2.py and 2 more"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reload", "--burst"], "--reload and --burst cannot be used together"),
        (["--reload-dir", "."], "--reload-dir can only be used with --reload"),
        (["--reload", "--reload-dir", "nosuch"], "Directory 'nosuch' does not exist"),
    ],
)
def test_bad_input_is_one_line(naq: Naq, arguments: list[str], said: str) -> None:
    assert said in naq("worker", *arguments, code=2)


def test_without_the_package_it_says_what_to_install(naq: Naq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "naq.command.reloading")
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert "pip install 'naq[reload]'" in naq("worker", "--reload", code=2)


def test_wrong_settings_are_an_error_at_once(naq: Naq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAQ_WORKER__CONCURRENCY", "many")
    assert "NAQ_WORKER__CONCURRENCY" in naq("worker", "--reload", code=2)
