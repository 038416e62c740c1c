"""Files that cannot be checked, or hardly: one clear line for each, and the others are checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_naq.dataflow import verdict
from lint.process import flake8, naq, shell
from lint.sources import LEAK

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
    done = naq("check", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2
    assert sorted(line.split(":")[0] for line in done.stderr.splitlines()) == sorted(f"./{name}" for name in BAD)


def test_odd_but_valid_files(tmp_path: Path) -> None:
    text = LEAK.replace("await nc.publish('a', b'b')", "await nc.publish('é', b'b')")
    (tmp_path / "crlf.py").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "latin1.py").write_bytes(b"# -*- coding: latin-1 -*-\n" + text.encode("latin-1"))
    (tmp_path / "empty.py").write_bytes(b"")
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (1, "", 3)


def test_a_pipe_is_passed_by_and_a_link_to_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "self").symlink_to(".")
    (tmp_path / "nowhere.py").symlink_to("absent")
    done = naq("check", ".", cwd=tmp_path)
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


LARGE = b"import nats\n" + b"#" * 20_000_000


def test_a_file_that_is_too_large_is_said_by_all(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_bytes(LARGE)
    (tmp_path / "leak.py").write_text(LEAK + "#" * 3_000_000)
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout.count("NAQ103")) == (2, 1)
    assert done.stderr == "./large.py: not checked: larger than 20 MB\n"
    assert naq("fix", ".", cwd=tmp_path).stderr == "./large.py: not fixed: larger than 20 MB\n"
    assert naq("inventory", ".", cwd=tmp_path).stderr == "large.py: not checked: larger than 20 MB\n"
    done = naq("baseline", "write", cwd=tmp_path)
    assert (done.returncode, "1 known finding in 1 file" in done.stdout) == (2, True)
    assert done.stderr == "./large.py: not checked: larger than 20 MB; what was known of it stays in the baseline\n"


# Too much for the analysis, not for Python; what else is in the file must be found all the same.
CONNECTION = "    nc = await nats.connect(u)\n    await nc.close()\n"
UNFOLLOWED = {
    "nested too deeply": f"    x = u{'.a' * 900}\n",
    "too long": CONNECTION * 28,
}


def test_hundreds_of_connections_in_a_function_are_too_many(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import nats\n\n\nasync def much(u):\n" + CONNECTION * 280)
    done = naq("check", "a.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "a.py: line 4: 'much' is too long to be checked in full\n")


@pytest.mark.parametrize("reason", UNFOLLOWED)
def test_a_function_that_cannot_be_followed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr(verdict, "MAX_STEPS", 2_000)  # a hundredth of the limit, for functions that are soon checked
    (tmp_path / "a.py").write_text(f"{LEAK}\n\nasync def much(u):\n    nc = await nats.connect(u)\n{UNFOLLOWED[reason]}")
    said = f"a.py: line 9: 'much' is {reason} to be checked in full\n"
    commands = [["check"], ["check", "--output-format", "github"], ["inventory"]]
    if reason == "nested too deeply":  # to plan hundreds of fixes takes its time
        commands.append(["fix"])
    seen = []
    for arguments in commands:
        done = naq(*arguments, "a.py", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, said)
        assert "NAQ103" in done.stdout
        seen.append(done.stdout)
    if reason == "too long":  # what is nested too deeply makes flake8 stop before it asks us
        plugin = flake8("--isolated", "--select", "NAQ", "a.py", cwd=tmp_path)
        assert (plugin.returncode, plugin.stderr) == (1, f"flake8-naq: {said}")
        assert plugin.stdout == seen[0]


def test_modules_in_the_working_folder_with_names_of_the_standard_library(tmp_path: Path) -> None:
    for name in ("argparse", "threading", "json", "typing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "leak.py").write_text(LEAK)
    command = [sys.executable, "-m", "flake8_naq", "check", "--no-cache", "--output-format", "json", "leak.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
