"""Where the output goes: a reader that leaves, a full disk, closed streams, any locale."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lint.process import shell
from lint.sources import LEAK


def test_who_reads_no_further_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK * 1000)  # each output is longer than a pipe holds
    done = shell("naq check a.py | head -1; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stderr, done.stdout.splitlines()[1:]) == ("", ["141"])
    (tmp_path / "b.py").write_text(LEAK * 300)
    done = shell("naq check --output-format json b.py | true; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stderr, done.stdout) == ("", "141\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize(
    "arguments",
    ["check a.py", "check --output-format sarif a.py", "inventory", "explain NAQ101", "baseline show", "--help"],
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


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="devices of Unix")
@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/fd/1", "/dev/stderr"])
def test_a_report_to_a_stream_goes_between_what_others_write_there(tmp_path: Path, target: str) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    shell(f"(echo before; naq check --output-file {target} a.py; echo after) > seen 2>&1", tmp_path)
    before, report, after = (tmp_path / "seen").read_text().splitlines()
    assert (before, after) == ("before", "after")
    assert "NAQ103" in report
    assert shell(f"naq check --output-file {target} a.py 2>&1 | cat", tmp_path).stdout == f"{report}\n"


def test_a_report_to_a_device_or_a_pipe_is_written_there(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    assert shell("naq check --output-file /dev/null a.py", tmp_path).returncode == 1
    assert "NAQ103" in shell("naq check --output-file >(cat) a.py; wait $!", tmp_path).stdout
    closed = shell("naq check --output-file /dev/fd/9 a.py", tmp_path)
    assert (closed.returncode, closed.stderr) == (2, "flake8-naq: /dev/fd/9: cannot be written: Bad file descriptor\n")
