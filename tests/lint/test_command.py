"""The command and the flake8 plugin, as processes: same findings, exit codes, and one clear line for bad input."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from flake8_naq.command import SUBCOMMANDS, parser_for
from flake8_naq.commands import common
from lint.process import naq, terminal

FIXTURES = Path(__file__).parent / "rules"
LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"
BIN = Path(sys.executable).parent


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, env=environment, check=False
    )


def check(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("flake8_naq.command", "check", *arguments, cwd=cwd)


def flake8(*arguments: str, cwd: Path) -> list[str]:
    done = run("flake8", "-j1", *arguments, cwd=cwd)
    assert "Traceback" not in done.stderr
    return [line for line in done.stdout.splitlines() if " NAQ" in line]


def test_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    (tmp_path / "fine.py").write_text("import nats\n")
    assert check("fine.py", cwd=tmp_path).returncode == 0
    found = check("leak.py", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout == (
        "leak.py:5:16: NAQ103 connection 'nc' is never closed; use 'async with await nats.connect() as nc'\n"
    )
    assert check("absent.py", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("selection", [[], ["--select", "NAQ"], ["--extend-select", "NAQ203,NAQ302"]])
def test_plugin_and_command_find_the_same_in_all_fixtures(selection: list[str]) -> None:
    expected = flake8("--isolated", *selection, *sorted(p.name for p in FIXTURES.glob("naq*.py")), cwd=FIXTURES)
    found = check(*selection, *sorted(p.name for p in FIXTURES.glob("naq*.py")), cwd=FIXTURES)
    assert sorted(found.stdout.splitlines()) == sorted(expected)


NOQA = [
    "    nc = await nats.connect()  # noqa\n",
    "    nc = await nats.connect()  # noqa: NAQ103\n",
    "    nc = await nats.connect()  # noqa: NAQ101\n",
    "    nc = await nats.connect()  # NoQA:NAQ1,E501\n",
    "    nc = await nats.connect(\n        'x',  # noqa: NAQ103\n    )\n",
    # U+2028 and a vertical tab end a line for str.splitlines(), and for nobody else.
    "    x = '\u2028 \x0b \x85'\n    nc = await nats.connect()  # noqa\n",
]


@pytest.mark.parametrize("line", NOQA)
def test_noqa_is_the_same(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.py").write_text(LEAK.replace("    nc = await nats.connect()\n", line), encoding="utf-8")
    found = check("a.py", cwd=tmp_path).stdout.splitlines()
    assert found == flake8("a.py", cwd=tmp_path)


CONFIGURATIONS = [
    "[flake8]\nignore = NAQ103\n",
    "[flake8]\nextend-ignore = NAQ1\n",
    "[flake8]\nselect = E,W\n",
    "[flake8]\nper-file-ignores =\n    sub/*.py: NAQ103\n",
    "[flake8]\nexclude = sub\n",
    "[flake8]\ndisable-noqa = true\n",
    "[flake8]\nextend-select = NAQ203\n",
]


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_flake8_configuration_counts(tmp_path: Path, text: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "sub" / "b.py").write_text(LEAK + "\n# noqa\n")
    (tmp_path / ".flake8").write_text(text)
    found = check(".", cwd=tmp_path).stdout.splitlines()
    assert sorted(found) == sorted(flake8(".", cwd=tmp_path))


def test_json(tmp_path: Path) -> None:
    (tmp_path / "é.py").write_text(LEAK.replace("await nats", "('é', await nats").replace("connect()", "connect())[1]"))
    done = check("--output-format", "json", ".", cwd=tmp_path)
    [finding] = json.loads(done.stdout)
    assert set(finding) == {
        "path", "line", "column", "end_line", "end_column", "code", "name", "message", "manager", "fix",
    }  # fmt: skip
    assert (finding["line"], finding["column"], finding["code"]) == (5, 22, "NAQ103")


BAD = {
    "syntax.py": b"import nats\nnats.connect(\n",
    "latin.py": b"import nats\n# \xe9\n",
    "null.py": b"import nats\nx = '\0'\n",
    "coding.py": b"# -*- coding: no-such -*-\nimport nats\n",
}


def test_a_file_that_cannot_be_checked_is_one_line_and_the_others_are_checked(tmp_path: Path) -> None:
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "leak.py").write_text(LEAK)
    (tmp_path / "name with spaces.py").write_text(LEAK)
    done = check(".", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2
    assert sorted(line.split(":")[0] for line in done.stderr.splitlines()) == sorted(f"./{name}" for name in BAD)


def test_odd_but_valid_files(tmp_path: Path) -> None:
    text = LEAK.replace("await nc.publish('a', b'b')", "await nc.publish('é', b'b')")
    (tmp_path / "crlf.py").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "latin1.py").write_bytes(b"# -*- coding: latin-1 -*-\n" + text.encode("latin-1"))
    (tmp_path / "empty.py").write_bytes(b"")
    done = check(".", cwd=tmp_path)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (1, "", 3)


SETTINGS = {
    "[tool.flake8-naq]\nresourc = 1\n": "unknown key 'resourc'",
    "[tool.flake8-naq]\nselect = 3\n": "select: expected a list of codes",
    "[[tool.flake8-naq.resource]]\nname = 'f'\n": "key 'acquire' is missing",
    "[[tool.flake8-naq.resource]]\nname = 'f'\nacquires = ['open']\n": "did you mean 'acquire'?",
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=['open']\nrelease-methods=['close']\nmanager='with x({arg})'\n": (
        "placeholders"
    ),
    "[tool.flake8-naq\n": "pyproject.toml",
}


@pytest.mark.parametrize("text", SETTINGS)
def test_a_broken_setting_names_file_key_and_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "a.py").write_text(LEAK)
    done = check(".", cwd=tmp_path)
    assert done.returncode == 2
    assert SETTINGS[text] in done.stderr
    assert "pyproject.toml" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    plugin = run("flake8", "-j1", ".", cwd=tmp_path)
    assert plugin.returncode != 0
    assert "Traceback" not in plugin.stderr + plugin.stdout
    assert SETTINGS[text] in plugin.stderr + plugin.stdout


@pytest.mark.parametrize(("code", "nearest"), [("NAQ111", "NAQ11"), ("NAQ9", "NAQ"), ("xyz", "")])
def test_an_unknown_code_is_said(tmp_path: Path, code: str, nearest: str) -> None:
    for arguments in (["check", "--select", code, "."], ["explain", code]):
        done = run("flake8_naq.command", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert f"unknown code '{code}'" in done.stderr
        assert nearest in done.stderr


def test_explain_prints_the_page(tmp_path: Path) -> None:
    done = run("flake8_naq.command", "explain", "naq102", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("# NAQ102 leaks-on-some-paths\n")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that all cores are busy with for some seconds."""
    folder = tmp_path_factory.mktemp("large")
    for number in range(200):
        (folder / f"m{number}.py").write_text(LEAK * 50 * (os.cpu_count() or 1))
    return folder


def start(folder: Path) -> subprocess.Popen[str]:
    """A check that has just begun, in a session of its own, so that its processes are known."""
    program = (
        "import sys; from flake8_naq.command import main; sys.argv = ['', 'check', '.']; "
        "print('ready', flush=True); sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ends(process: subprocess.Popen[str]) -> str:
    """What it has to say: it must end at once, and its workers too, which hold the pipes open."""
    try:
        return process.communicate(timeout=10)[1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("delay", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["by Ctrl-C", "the command only"])
def test_an_interrupt_ends_it_at_once_without_traceback(large: Path, send: Callable[[int, int], None], delay: float) -> None:
    process = start(large)
    time.sleep(delay)
    assert process.poll() is None, "too quick to be interrupted"
    send(process.pid, signal.SIGINT)
    assert ends(process) == ""
    assert process.returncode in (130, -signal.SIGINT)


@pytest.mark.parametrize("killed_by", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_command(large: Path, killed_by: signal.Signals) -> None:
    process = start(large)
    time.sleep(1)
    os.kill(process.pid, killed_by)
    assert ends(process) == ""
    assert process.returncode == -killed_by


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line for bash, in which `naq` is the command."""
    line = f'naq() {{ "{sys.executable}" -m flake8_naq.command "$@"; }}; {command}'
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # argparse would overlook that its help cannot be written
    done = subprocess.run(["bash", "-c", line], cwd=cwd, capture_output=True, text=True, env=buffered, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_who_reads_no_further_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK * 2000)
    done = shell("naq check a.py | head -1; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stderr, done.stdout.splitlines()[1:]) == ("", ["141"])
    done = shell("naq check --output-format json a.py | true; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stderr, done.stdout) == ("", "141\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize(
    "arguments", ["check a.py", "check --output-format sarif a.py", "inventory", "explain NAQ101", "baseline show", "--help"]
)
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "flake8-naq.baseline").write_text("# flake8-naq baseline 1\n")
    done = shell(f"naq {arguments} > /dev/full", tmp_path)
    assert (done.returncode, done.stderr) == (2, "flake8-naq: standard output: No space left on device\n")
    assert shell(f"naq {arguments} > /dev/full 2> /dev/full", tmp_path).returncode == 2


def test_closed_streams_and_a_folder_that_has_gone_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    closed = shell("naq check a.py >&-", tmp_path)
    assert (closed.returncode, closed.stderr) == (2, "flake8-naq: standard output is closed\n")
    assert shell("naq check a.py 2>&-", tmp_path).returncode == 1
    gone = shell("mkdir here; cd here; rmdir ../here; naq check .", tmp_path)
    assert (gone.returncode, gone.stderr) == (2, "flake8-naq: the current folder is not there any more\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_output_is_utf8_whatever_the_locale(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "日é.py").write_text(LEAK)
    for arguments in ("check", "check --output-format json", "inventory --output-format html"):
        done = shell(f"PYTHONIOENCODING={encoding} naq {arguments} .", tmp_path)
        assert (done.returncode, done.stderr) == (0 if "inventory" in arguments else 1, "")
        assert "日é.py" in done.stdout


def test_a_pipe_is_passed_by_and_a_link_to_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "self").symlink_to(".")
    (tmp_path / "nowhere.py").symlink_to("absent")
    done = check(".", cwd=tmp_path)
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1)
    assert sorted(done.stderr.splitlines()) == [
        "./loop.py: not checked: Too many levels of symbolic links",
        "./nowhere.py: not checked: No such file or directory",
    ]
    assert shell("naq check <(cat leak.py)", tmp_path).stdout.startswith("/dev/fd/")


def test_a_folder_that_cannot_be_read_is_said_and_keeps_its_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open", "shut"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(LEAK)
    assert naq("baseline", "write", cwd=tmp_path).returncode == 0
    before = (tmp_path / "flake8-naq.baseline").read_text()
    scandir = os.scandir

    def refuse(folder: str) -> object:  # root may read everything
        if os.path.basename(folder) == "shut":
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "./shut: not checked: Permission denied\n")
    assert "open/a.py" in done.stdout
    for action in ("write", "prune"):
        done = naq("baseline", action, cwd=tmp_path)
        assert (done.returncode, "./shut: not checked: Permission denied" in done.stderr) == (2, True)
        assert (tmp_path / "flake8-naq.baseline").read_text() == before


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
    assert len(check("a.py", cwd=tmp_path).stdout.splitlines()) == 1


def test_progress_is_shown_when_it_takes_longer_than_a_second_and_goes(large: Path) -> None:
    begin = time.monotonic()
    seen = terminal("check", "--select", "NAQ2", ".", cwd=large, columns=30)
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
    assert naq("--version", cwd=tmp_path).stdout.startswith(f"flake8-naq {version('naq')} (flake8 ")
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
    for arguments in ((), ("chekc",), ("baseline",), ("explain",), ("check", "--output-format", "xml")):
        done = naq(*arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "error: " in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tool = 3\n# flake8-naq", ""),
        ("[tool]\nflake8-naq = 3\n", "tool.flake8-naq: expected a table, got 3"),
        ('[tool.flake8-naq]\nconfig = "self."\n', "tool.flake8-naq.config: expected an expression such as"),
        ('[tool.flake8-naq]\nbaseline = ["a"]\n', "tool.flake8-naq.baseline: expected a string such as"),
    ],
)
def test_settings_of_the_wrong_kind(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == ((2, 1) if expected else (0, 0))
    assert expected in done.stderr
