"""The options of `check` beside the selection: fixing, counting, standard input, quiet, colour, processes, watching."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from flake8_naq.cli import check
from flake8_naq.run import worker_pool
from lint.process import ENVIRONMENT, Done, forked, naq, run, terminal
from lint.sources import LEAK

# What a terminal obeys and does not show: colour, links, and lines that are cleared.
CONTROL = re.compile(r"\x1b\[[0-9;]*[mK]|\x1b\]8;.*?\x1b\\|\r")
BY_HAND = """\
import nats


async def send(url):
    nc = await nats.connect(url)
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()
"""
FIXED = """\
import nats


async def send(url):
    async with await nats.connect(url) as nc:
        await nc.publish("a", b"b")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(BY_HAND)
    (tmp_path / "b.py").write_text(LEAK)
    return tmp_path


def piped(*arguments: str, text: str, cwd: Path) -> Done:
    return subprocess.run(forked(*arguments), cwd=cwd, input=text, capture_output=True, text=True, env=ENVIRONMENT, check=False)


def test_check_fixes_and_reports_what_is_left(tree: Path) -> None:
    done = naq("check", "--fix", ".", cwd=tree)
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["./b.py"]
    assert (tree / "a.py").read_text() == FIXED
    assert naq("check", "--fix", "--unsafe-fixes", ".", cwd=tree).returncode == 0


def test_the_summary_says_what_was_fixed_and_what_can_be(tree: Path) -> None:
    seen = terminal("check", ".", cwd=tree, columns=200)
    assert seen.endswith("2 findings in 2 of 2 files; `flake8-naq fix` can fix 1, 1 more with --unsafe-fixes\n")
    seen = terminal("check", "--fix", ".", cwd=tree, columns=200)
    assert seen.endswith("1 finding in 1 of 2 files; 1 fixed; `flake8-naq fix --unsafe-fixes` may fix 1\n")


def test_check_prints_a_diff_and_writes_nothing(tree: Path) -> None:
    done = naq("check", "--diff", ".", cwd=tree)
    assert done.returncode == 1
    assert "+    async with await nats.connect(url) as nc:" in done.stdout
    assert (tree / "a.py").read_text() == BY_HAND


def test_check_leaves_what_the_baseline_knows(tree: Path) -> None:
    assert naq("baseline", "write", "--baseline", "known", cwd=tree).returncode == 0
    assert naq("check", "--fix", "--baseline", "known", ".", cwd=tree).returncode == 0
    assert (tree / "a.py").read_text() == BY_HAND


@pytest.mark.parametrize("output", [("--color", "always"), ("--output-format", "json")])
def test_statistics_plan_no_fixes(tree: Path, monkeypatch: pytest.MonkeyPatch, output: tuple[str, str]) -> None:
    asked: list[bool] = []

    def note(*arguments: object, plan_fixes: bool, **rest: object) -> tuple[list[object], list[str]]:
        asked.append(plan_fixes)
        return [], []

    monkeypatch.setattr(check, "check_paths", note)
    naq("check", *output, ".", cwd=tree)
    naq("check", "--statistics", *output, ".", cwd=tree)
    assert asked == [True, False]


def test_statistics(tree: Path) -> None:
    (tree / "c.py").write_text(LEAK)
    done = naq("check", "--statistics", ".", cwd=tree)
    assert (done.returncode, done.stdout) == (1, "2  NAQ103  never-closed\n1  NAQ101  hand-closed\n")
    counted = json.loads(naq("check", "--statistics", "--output-format", "json", ".", cwd=tree).stdout)
    assert counted[0] == {"code": "NAQ103", "name": "never-closed", "count": 2}
    refused = naq("check", "--statistics", "--output-format", "sarif", ".", cwd=tree)
    assert (refused.returncode, refused.stderr) == (
        2, "flake8-naq: --statistics: expected --output-format text or json\n",
    )  # fmt: skip


def test_exit_zero_hides_findings_and_no_failure(tree: Path) -> None:
    done = naq("check", "--exit-zero", ".", cwd=tree)
    assert (done.returncode, "NAQ103" in done.stdout) == (0, True)
    (tree / "broken.py").write_text("import nats\nnats.connect(\n")
    assert naq("check", "--exit-zero", ".", cwd=tree).returncode == 2


def test_quiet_prints_findings_and_nothing_else(tree: Path) -> None:
    (tree / ".flake8").write_text("[flake8]\nselect = E9\n")
    assert naq("check", ".", cwd=tree).stderr != ""
    done = naq("check", "-q", ".", cwd=tree)
    assert (done.stderr, done.stdout.count("\n")) == ("", 2)
    assert "findings in" not in terminal("check", "--quiet", ".", cwd=tree)
    (tree / "empty").mkdir()
    assert naq("check", "-q", "empty", cwd=tree).stderr == ""


def test_standard_input_is_checked_under_its_name(tree: Path) -> None:
    done = piped("check", "-", text=LEAK, cwd=tree)
    assert (done.returncode, done.stdout.startswith("stdin:5:16: NAQ103 ")) == (1, True)
    done = piped("check", "--stdin-filename", "src/new.py", "-", text=LEAK, cwd=tree)
    assert done.stdout.startswith("src/new.py:5:16: NAQ103 ")
    (tree / "pyproject.toml").write_text('[tool.flake8-naq]\nexclude = ["src"]\n')
    assert piped("check", "--stdin-filename", "src/new.py", "-", text=LEAK, cwd=tree).stdout == ""
    assert piped("check", "-", text="x = 1\n", cwd=tree).returncode == 0


@pytest.mark.parametrize("arguments", [["check", "-", "a.py"], ["inventory", "-"], ["check", "--fix", "-"], ["check", "--watch", "-"], ["check", "--add-noqa", "-"]])
def test_where_standard_input_cannot_be_used(tree: Path, arguments: list[str]) -> None:
    done = piped(*arguments, text=LEAK, cwd=tree)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_standard_input_is_fixed(tree: Path) -> None:
    done = piped("fix", "--stdin-filename", "x.py", "-", text=BY_HAND, cwd=tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, FIXED, "1 fixed in 1 of 1 file, 0 left\n")
    for text, code in ((LEAK, 1), ("x = 1\n", 0), ("import nats\nnats.connect(\n", 2)):
        done = piped("fix", "-", text=text, cwd=tree)
        assert (done.returncode, done.stdout) == (code, text)
    assert "+    async with" in piped("fix", "--diff", "-", text=BY_HAND, cwd=tree).stdout


@pytest.mark.parametrize(
    ("color", "environment", "coloured"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_in_a_pipe(tree: Path, color: str, environment: dict[str, str], coloured: bool) -> None:
    plain = dict.fromkeys(("NO_COLOR", "FORCE_COLOR"), "") | {"TERM": "xterm-256color"}
    for command in ("check", "inventory"):
        done = run(*forked(command, "--color", color, "."), cwd=tree, environment={**plain, **environment})
        assert ("\x1b[" in done.stdout) is coloured
        assert ("\x1b[1;31m" in done.stdout or "\x1b[33m" in done.stdout) is coloured


def test_colour_can_be_turned_off_on_a_terminal(tree: Path) -> None:
    assert "\x1b[1;31m" in terminal("check", ".", cwd=tree)
    for command in ("check", "inventory"):
        seen = terminal(command, "--color", "never", ".", cwd=tree)
        assert "\x1b" not in seen.replace("\x1b[K", "")  # progress clears its line


def test_places_are_links_on_a_terminal(tree: Path) -> None:
    address = (tree / "a.py").as_uri()
    assert f";{address}\x1b\\" in terminal("check", ".", cwd=tree)
    assert f";{address}\x1b\\" in terminal("inventory", ".", cwd=tree)
    assert "\x1b]8" not in terminal("check", ".", cwd=tree, TERM="dumb")
    (tree / "pyproject.toml").write_text('[tool.flake8-naq]\nrule-url = "https://docs.example.org/{code}"\n')
    assert ";https://docs.example.org/NAQ101\x1b\\" in terminal("check", ".", cwd=tree)


def test_a_terminal_says_below_a_yield_when_it_leaks(tmp_path: Path) -> None:
    lent = LEAK.replace("await nc.publish", "yield nc\n    await nc.publish") + "    await nc.close()\n"
    (tmp_path / "a.py").write_text(lent)
    shown = terminal("check", "a.py", cwd=tmp_path, columns=120, TERM="dumb")
    assert " stays open if the code that line 6 yields to raises or stops" in shown
    assert " stays open if the code that this yields to raises or stops\n" in shown


def test_the_number_of_processes_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"m{number}.py").write_text(LEAK + "#" * 200_000)
    asked: list[int] = []

    def spread(work: Callable[[object], object], jobs: Iterable[object], workers: int, chunk: int) -> Iterator[object]:
        asked.append(workers)
        return map(work, jobs)

    monkeypatch.setattr(worker_pool, "spread", spread)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for arguments in (["-j", "3"], ["--jobs=auto"], ["--jobs", "2"]):
        naq("check", "--no-cache", *arguments, ".", cwd=tmp_path)
    naq("inventory", "--jobs", "2", ".", cwd=tmp_path)
    assert asked == [3, 4, 2, 2]
    refused = naq("check", "--jobs", "0", ".", cwd=tmp_path)
    assert (refused.returncode, "expected a number from 1 on, or auto, got '0'" in refused.stderr) == (2, True)


def test_watching_checks_again_when_a_file_changes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import nats\n")
    (tmp_path / "notes.txt").write_text("")
    command = [sys.executable, "-u", "-m", "flake8_naq", "check", "--watch", "."]
    output = tmp_path / "output.txt"
    with output.open("w") as file, subprocess.Popen(command, cwd=tmp_path, stdout=file, stderr=file) as process:
        try:
            deadline = time.monotonic() + 60
            while "NAQ103" not in output.read_text().partition("changed")[2] and time.monotonic() < deadline:
                (tmp_path / "a.py").write_text(LEAK)  # again and again, until it watches
                time.sleep(0.3)
            assert "a.py changed\n./a.py:5:16: NAQ103 " in output.read_text()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT


@pytest.mark.parametrize(
    ("arguments", "usage", "error"),
    [
        (["chekc"], "flake8-naq COMMAND [OPTIONS] ...", "flake8-naq: error: COMMAND: invalid choice: 'chekc'; did you mean 'check'?"),
        (["check", "--selct=NAQ"], "flake8-naq check [OPTIONS] [PATH ...]", "flake8-naq check: error: unknown option '--selct'; did you mean '--select'?"),
        (["fix", "--xyzzy"], "flake8-naq fix [OPTIONS] [PATH ...]", "flake8-naq fix: error: unknown option '--xyzzy'"),
        (["check", "--output-format", "junt"], "flake8-naq check [OPTIONS] [PATH ...]", "flake8-naq check: error: --output-format: invalid choice: 'junt'; did you mean 'junit'?"),
        (["completion", "fish"], "flake8-naq completion [OPTIONS] SHELL", "flake8-naq completion: error: SHELL: invalid choice: 'fish'; expected one of bash, zsh, tcsh"),
        (["rules", "NAQ101"], "flake8-naq rules [OPTIONS]", "flake8-naq rules: error: unexpected argument 'NAQ101'"),
    ],
)  # fmt: skip
def test_what_is_misspelled_is_two_lines_with_the_nearest(
    tmp_path: Path, arguments: list[str], usage: str, error: str
) -> None:
    done = naq(*arguments, cwd=tmp_path)
    first, second = done.stderr.splitlines()
    assert (done.returncode, done.stdout, first) == (2, "", f"usage: {usage}")
    assert second.partition("; see `")[0] == error


def test_rules_are_a_table_and_json(tmp_path: Path) -> None:
    head, *rows = naq("rules", cwd=tmp_path).stdout.splitlines()
    assert head.split() == ["code", "default", "severity", "fix", "name", "reported"]
    assert rows[1].split()[:5] == ["NAQ102", "on", "error", "safe", "leaks-on-some-paths"]
    assert {row.index(row.split()[4]) for row in rows} == {head.index("name")}
    assert naq("explain", cwd=tmp_path).stdout.splitlines() == [head, *rows]
    (tmp_path / "pyproject.toml").write_text(
        '[tool.flake8-naq]\nextend-select = ["NAQ203"]\nrule-url = "https://docs.example.org/{code}"\n'
    )
    [rule] = json.loads(naq("rules", "--select", "NAQ203", "--output-format", "json", cwd=tmp_path).stdout)
    assert (rule["code"], rule["default"], rule["on"], rule["fix"]) == ("NAQ203", False, True, None)
    assert rule["url"] == "https://docs.example.org/NAQ203"


@pytest.mark.parametrize("columns", [60, 100, 250])
def test_the_inventory_fits_the_terminal(tree: Path, columns: int) -> None:
    name = "a_function_with_a_name_that_is_as_long_as_a_name_can_be_and_then_some"
    (tree / "a_file_with_a_long_name_in_a_folder.py").write_text(BY_HAND.replace("send", name))
    seen = CONTROL.sub("", terminal("inventory", ".", cwd=tree, columns=columns))
    assert max(map(len, seen.splitlines())) <= columns
    assert "by hand" in seen
    assert "0 of 3 migrated (0 %)" in seen
    assert ("b.py:5\n" in seen) is (columns < 250)


def test_standard_input_in_this_process(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LEAK.encode())))
    assert naq("check", "-", cwd=tree).returncode == 1


def test_a_narrow_inventory_keeps_the_start_of_what_to_write_and_all_facts(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import nats\n\n\nasync def f(a_rather_long_address):\n    nc = await nats.connect(a_rather_long_address)\n    await nc.flush()\n")
    seen = CONTROL.sub("", terminal("inventory", ".", cwd=tmp_path, columns=40)).splitlines()
    assert seen[2:6] == ["  medium priority, pattern A, NAQ103", "  fix: unsafe", "  in f", "  async with await nats.connect(a_rathe…"]
