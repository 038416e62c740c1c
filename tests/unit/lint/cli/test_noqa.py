"""`# noqa` comments: added for findings, and reported where they silence none."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from flake8_naq.cli.main import main
from flake8_naq.syntax.noqa_comments import Unused, unused, with_comments
from lint.process import flake8, naq
from lint.sources import LEAK

SPREAD = '''\
import nats


async def f():
    a = await nats.connect("""
""")  # why
    b = await nats.connect(\\
        "x")
    c = await nats.connect()  # noqa: E501
'''


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_are_added_and_silence(tmp_path: Path, end: str) -> None:
    (tmp_path / "a.py").write_bytes(SPREAD.replace("\n", end).encode())
    before = naq("check", ".", cwd=tmp_path).stdout.count("NAQ103")
    assert before == 3
    done = naq("check", "--add-noqa", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 findings silenced in 1 file\n", "")
    text = (tmp_path / "a.py").read_bytes().decode()
    assert text.count("\n") == text.count(end)
    assert [line.rstrip() for line in text.splitlines()][5:] == [
        '""")  # why  # noqa: NAQ103',
        "    b = await nats.connect(\\",
        '        "x")  # noqa: NAQ103',
        "    c = await nats.connect()  # noqa: E501,NAQ103",
    ]
    assert naq("check", ".", cwd=tmp_path).returncode == 0
    assert flake8("--isolated", "--select", "NAQ", ".", cwd=tmp_path).returncode == 0
    assert naq("check", "--add-noqa", ".", cwd=tmp_path).stdout == "0 findings silenced in 0 files\n"


def test_what_the_baseline_knows_gets_no_comment(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    assert naq("baseline", "write", "--baseline", "known", cwd=tmp_path).returncode == 0
    (tmp_path / "b.py").write_text(LEAK)
    assert naq("check", "--add-noqa", "--baseline", "known", ".", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.py").read_text() == LEAK
    assert "# noqa: NAQ103" in (tmp_path / "b.py").read_text()


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The call that replaces the file fails, since root may write to a file whose mode forbids that."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(LEAK)
    replace = os.replace

    def refusing(source: str, target: str) -> None:
        if target.endswith("a.py"):
            raise OSError(errno.EROFS, "Read-only file system")
        replace(source, target)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "replace", refusing)
    assert main(["check", "--no-cache", "--add-noqa", "a.py", "b.py"]) == 2
    out, error = capsys.readouterr()
    assert out == "1 finding silenced in 1 file\n"
    assert error == "a.py: not changed: a.py: cannot be written: Read-only file system\n"
    assert (tmp_path / "a.py").read_text() == LEAK
    assert "# noqa: NAQ103" in (tmp_path / "b.py").read_text()


def test_unused_codes_of_ours_are_reported(tmp_path: Path) -> None:
    silenced = LEAK.replace("connect()", "connect()  # noqa: E501, NAQ103, NAQ101")
    (tmp_path / "a.py").write_text(silenced + "x = 1  # noqa: NAQ1\ny = 'noqa: NAQ102'  # noqa: E501\nz = 1  # noqa\n")
    (tmp_path / "b.py").write_text("# no connection here\nx = 1  # NOQA:naq102\n")
    done = naq("check", "--unused-noqa", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        [
            "./a.py:5:32: unused '# noqa: NAQ101': it silences no finding",
            "./a.py:7:8: unused '# noqa: NAQ1': it silences no finding",
            "./b.py:2:8: unused '# noqa: NAQ102': it silences no finding",
        ],
    )
    assert naq("check", "--unused-noqa", "--exit-zero", ".", cwd=tmp_path).returncode == 0
    assert naq("check", "--unused-noqa", "--extend-ignore", "NAQ103", ".", cwd=tmp_path).stdout == done.stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 1  # noqa: NAQ101,NAQ102\n"),
        ("x = 1", "x = 1  # noqa: NAQ101,NAQ102"),
        ("x = 1  # noqa: NAQ101 why\n", "x = 1  # noqa: NAQ101,NAQ102 why\n"),
        ("x = 1  # noqa:E501\n", "x = 1  # noqa:E501,NAQ101,NAQ102\n"),
        ('x = """# noqa: E1\n"""\n', 'x = """# noqa: E1,NAQ101,NAQ102\n"""\n'),
    ],
)
def test_a_comment_with_codes_is_extended(before: str, after: str) -> None:
    assert with_comments(before, {1: {"NAQ102", "NAQ101"}}) == after


def test_a_code_is_used_by_a_finding_on_any_line_that_flake8_joins() -> None:
    text = 'x = """\n"""  # noqa: NAQ10\n'
    assert list(unused(text, {1: {"NAQ103"}}, "NAQ")) == []
    assert list(unused(text, {3: {"NAQ103"}}, "NAQ")) == [Unused(2, 6, "NAQ10")]
