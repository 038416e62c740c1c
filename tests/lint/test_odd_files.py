"""Files that cannot be checked, or hardly: one clear line for each, and the others are checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lint.process import naq, shell

LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"


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
