"""A baseline with a byte order mark, with CR LF, without a last line end: read as it is meant, by everything that reads it."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path

import pytest

from lint.process import flake8, git, naq

HEAD = "import nats\n"
FIRST = "\n\nasync def first(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n"
SECOND = FIRST.replace("first", "second")
LEFT: dict[str, Callable[[bytes], bytes]] = {
    "with a mark": lambda data: BOM_UTF8 + data,
    "with CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "with both": lambda data: BOM_UTF8 + data.replace(b"\n", b"\r\n"),
    "with some CR LF": lambda data: data.replace(b"\n", b"\r\n", 5),
    "without a last line end": lambda data: data.removesuffix(b"\n"),
    "with CR LF, without the last": lambda data: data.replace(b"\n", b"\r\n").removesuffix(b"\r\n"),
}


@pytest.fixture(params=LEFT)
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A repository with a known finding, whose baseline an editor has saved and a user has committed."""
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a.py").write_text(HEAD + FIRST)
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "known"\n')
    naq("baseline", "write", cwd=tmp_path)
    git("add", "-A", cwd=tmp_path)
    git("commit", "--quiet", "-m", "as it was written", cwd=tmp_path)
    (tmp_path / "known").write_bytes(LEFT[request.param]((tmp_path / "known").read_bytes()))
    git("add", "-A", cwd=tmp_path)
    git("commit", "--quiet", "-m", "state", cwd=tmp_path)
    return tmp_path


def test_what_it_knows_is_silent(tree: Path) -> None:
    done = naq("check", ".", cwd=tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert flake8("--select", "NAQ", ".", cwd=tree).stdout == ""
    assert naq("baseline", "show", cwd=tree).stdout.splitlines()[0] == "a.py: NAQ103 first: nats.connect(url)"


def test_what_it_does_not_know_is_reported(tree: Path) -> None:
    (tree / "a.py").write_text(HEAD + FIRST + SECOND)
    assert "a.py:10:16: NAQ103" in naq("check", ".", cwd=tree).stdout
    assert "a.py:10:16: NAQ103" in flake8("--select", "NAQ", ".", cwd=tree).stdout


def test_write_and_prune_leave_it_as_they_always_do(tree: Path) -> None:
    for action in ("prune", "write"):
        assert naq("baseline", action, cwd=tree).stdout.startswith("known: 1 known finding ")
        assert (tree / "known").read_bytes().startswith(b"# flake8-naq baseline 1\n")
        assert b"\r" not in (tree / "known").read_bytes()


def test_its_growth_is_seen_and_its_form_is_not(tree: Path) -> None:
    shrinks = ("check", "--baseline-only-shrinks", ".")
    assert naq("baseline", "write", cwd=tree).returncode == 0
    done = naq(*shrinks, cwd=tree)
    assert (done.returncode, done.stderr) == (0, "")
    (tree / "a.py").write_text(HEAD + FIRST + SECOND)
    naq("baseline", "write", cwd=tree)
    done = naq(*shrinks, cwd=tree)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1, f"{tree / 'known'}: 1 new entry since HEAD (1 before, 2 now):",
    )  # fmt: skip
