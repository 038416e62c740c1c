"""The command itself: its arguments, help and exit codes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_naq import __version__
from flake8_naq.cli.main import SUBCOMMANDS, parser_for
from lint.process import naq, run, terminal
from lint.sources import LEAK


def test_exit_codes(tmp_path: Path) -> None:
    check = (sys.executable, "-m", "flake8_naq.cli.main", "check")
    (tmp_path / "leak.py").write_text(LEAK)
    (tmp_path / "fine.py").write_text("import nats\n")
    assert run(*check, "fine.py", cwd=tmp_path).returncode == 0
    found = run(*check, "leak.py", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout == (
        "leak.py:5:16: NAQ103 connection 'nc' is never closed; use 'async with await nats.connect() as nc'\n"
    )
    assert run(*check, "absent.py", cwd=tmp_path).returncode == 2


def test_json(tmp_path: Path) -> None:
    (tmp_path / "é.py").write_text(LEAK.replace("await nats", "('é', await nats").replace("connect()", "connect())[1]"))
    done = naq("check", "--output-format", "json", ".", cwd=tmp_path)
    [finding] = json.loads(done.stdout)
    assert set(finding) == {
        "path", "cell", "line", "column", "end_line", "end_column", "code", "name", "message", "manager", "fix", "url",
    }  # fmt: skip
    assert (finding["line"], finding["column"], finding["code"]) == (5, 22, "NAQ103")


@pytest.mark.parametrize(("code", "nearest"), [("NAQ119", "NAQ11"), ("NAQ9", "NAQ"), ("xyz", "")])
def test_an_unknown_code_is_said(tmp_path: Path, code: str, nearest: str) -> None:
    for arguments in (["check", "--select", code, "."], ["explain", code]):
        done = naq(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert f"unknown code '{code}'" in done.stderr
        assert nearest in done.stderr


def test_explain_prints_the_page(tmp_path: Path) -> None:
    done = naq("explain", "naq102", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("# NAQ102 leaks-on-some-paths\n")


@pytest.mark.parametrize(
    ("code", "nearest"),
    [
        ("NAQ10l", "did you mean 'NAQ101'?"),
        ("never_closed", "did you mean 'never-closed'?"),
        ("E501", "there are NAQ101 to NAQ304"),
    ],
)
def test_explain_names_the_nearest(tmp_path: Path, code: str, nearest: str) -> None:
    assert naq("explain", code, cwd=tmp_path).stderr == f"flake8-naq: unknown code '{code}'; {nearest}\n"


@pytest.mark.parametrize("option", ["--select", "--extend-select"])
@pytest.mark.parametrize("value", ["", ",", " "])
def test_a_selection_of_nothing_is_refused(tmp_path: Path, option: str, value: str) -> None:
    done = naq("check", f"{option}={value}", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr.startswith(f"flake8-naq: {option}: expected codes")) == (2, True)


def test_version_and_help(tmp_path: Path) -> None:
    assert naq("--version", cwd=tmp_path).stdout.startswith(f"flake8-naq {__version__} (flake8 ")
    for name in ("", *SUBCOMMANDS):
        shown = naq(*filter(None, (name, "--help")), cwd=tmp_path)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "exit codes:" in shown.stdout


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Every argument of a parser, and of its actions in turn."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from ((f"{name} {where}", one) for where, one in options(inner))
        else:
            yield action.dest, action


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_option_is_described(name: str) -> None:
    assert [where for where, action in options(parser_for(name)) if not action.help] == []


def test_bare_usage_errors_are_told(tmp_path: Path) -> None:
    for arguments in ((), ("chekc",), ("baseline",), ("completion",), ("check", "--output-format", "xml")):
        done = naq(*arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "error: " in done.stderr


# What need not be installed, what installs it, and what cannot be done without.
PARTS = {
    "flake8": ("flake8-naq", ["check leak.py", "inventory leak.py", "baseline write"]),
    "ast_grep_py": ("'flake8-naq[fix]'", ["fix leak.py", "fix --diff leak.py"]),
    "shtab": ("'flake8-naq[completion]'", ["completion bash"]),
}


def without(part: str, folder: Path) -> dict[str, str]:
    """An environment in which a package is not installed."""
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules[{part!r}] = None\n")
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_not_installed_is_named(tmp_path: Path, part: str) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    requirement, commands = PARTS[part]
    for arguments in commands:
        command = (sys.executable, "-m", "flake8_naq.cli.main", *arguments.split())
        done = run(*command, cwd=tmp_path, environment=without(part, tmp_path))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"flake8-naq: {part.replace('_', '-')} is not installed: pip install {requirement}\n"


def test_on_a_terminal_without_rich_lines_are_plain_and_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    seen = terminal("check", "leak.py", cwd=tmp_path, **without("rich", tmp_path))
    # On a machine that is slow at the moment, progress is shown before, and removed.
    note, finding, summary = seen.rpartition("\x1b[K")[2].splitlines()
    assert note == "flake8-naq: no code frames: rich is not installed: pip install 'flake8-naq[terminal]'"
    assert finding.startswith("leak.py:5:16: NAQ103 ")
    assert summary == "1 finding in 1 of 1 file; `flake8-naq fix --unsafe-fixes` may fix 1"


def test_reports_need_no_fixer(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    environment = without("ast_grep_py", tmp_path)
    for arguments in ("check --output-format json", "check --output-format sarif", "inventory --output-format html"):
        command = (sys.executable, "-m", "flake8_naq.cli.main", *arguments.split(), "leak.py")
        done = run(*command, cwd=tmp_path, environment=environment)
        assert (done.stderr, "NAQ103" in done.stdout) == ("", True)
