"""A baseline that cannot be used is refused in one line by everything that reads it; no finding is lost."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_naq.baseline.content import Key
from flake8_naq.baseline.file import BaselineError, parse, render
from lint.process import flake8, naq

LEAK = "import nats\n\nasync def f(u):\n    nc = await nats.connect(u)\n    await nc.flush()\n"
FIRST_LINE = b"# flake8-naq baseline 1\n"
DAMAGED = {
    b'{"version": 1}\n': "line 1: this is not a baseline of flake8-naq",
    b"": "line 1: this is not a baseline of flake8-naq",
    b"# flake8-naq baseline 2\n": "line 1: format 2",
    b"# flake8-naq baseline one\n": "this is not a baseline of flake8-naq",
    b"\xff\xfe\x00": "not UTF-8",
    FIRST_LINE + b"a.py\n  f\n": "line 3: expected '  FUNCTION CODE SOURCE', got '  f'",
    FIRST_LINE + b"  f NAQ103 nats.connect(u)\n": "line 2: expected",
    FIRST_LINE + b'"a.py\n': "line 2: a quoted path that does not end",
    FIRST_LINE + b" a.py\n": "line 2: expected a path",
    FIRST_LINE + b"a.py\n<<<<<<< ours\n  f NAQ103 x\n=======\n>>>>>>> theirs\n": "line 3: an unresolved merge conflict",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "known"\n')
    return tmp_path


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: DAMAGED[content][:40])
def test_a_damaged_or_foreign_baseline_is_refused(tree: Path, content: bytes) -> None:
    (tree / "known").write_bytes(content)
    for arguments in (("check", "."), ("baseline", "prune"), ("baseline", "show")):
        done = naq(*arguments, cwd=tree)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert "known: " in done.stderr
        assert DAMAGED[content] in done.stderr
    plugin = flake8(".", cwd=tree)
    assert plugin.returncode == 1
    assert DAMAGED[content] in plugin.stdout + plugin.stderr
    assert (tree / "known").read_bytes() == content


def test_where_no_file_needs_an_entry_only_its_head_is_read(tree: Path) -> None:
    (tree / "plain.py").write_text("x = 1\n")
    for content, said in DAMAGED.items():
        (tree / "known").write_bytes(content)
        done = naq("check", "plain.py", cwd=tree)
        foreign = "line 1" in said or "UTF-8" in said or "not a baseline" in said
        assert (done.returncode, done.stdout) == ((2, "") if foreign else (0, "")), content


def test_write_makes_a_damaged_one_whole_and_leaves_a_foreign_one_alone(tree: Path) -> None:
    for content in DAMAGED:
        (tree / "known").write_bytes(content)
        done = naq("baseline", "write", cwd=tree)
        ours = content.startswith(b"# flake8-naq baseline ")
        assert done.returncode == (0 if ours else 2)
        if ours:
            assert naq("check", ".", cwd=tree).returncode == 0
        else:
            assert "not written" in done.stderr
            assert (tree / "known").read_bytes() == content


def test_a_missing_baseline_is_said(tree: Path) -> None:
    done = naq("check", ".", cwd=tree)
    assert done.returncode == 2
    assert "there is no such baseline; run `flake8-naq baseline write`" in done.stderr
    assert "there is no such baseline" in flake8(".", cwd=tree).stdout


def test_a_baseline_that_is_a_folder_or_cannot_be_written_is_said(tree: Path) -> None:
    (tree / "known").mkdir()
    for arguments, text in ((("check", "."), "cannot be read"), (("baseline", "write"), "cannot be read")):
        done = naq(*arguments, cwd=tree)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert text in done.stderr
    done = naq("baseline", "write", "--baseline", "absent/known", cwd=tree)
    assert done.returncode == 2
    assert "absent/known: cannot be written: No such file or directory" in done.stderr


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
KEYS = st.builds(
    Key,
    st.builds("{}{}".format, st.sampled_from("aZ_<é"), st.text("aZ_<>.9é_日", max_size=8)),
    st.sampled_from(["NAQ101", "NAQ304"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(str.strip),
)


@given(st.dictionaries(NAMES, st.lists(KEYS, min_size=1, max_size=4).map(lambda keys: tuple(sorted(keys))), max_size=4))
def test_what_is_rendered_is_read_again(entries: dict[str, tuple[Key, ...]]) -> None:
    assert parse(render(entries).encode(), "known") == entries


@given(st.text().map(str.encode) | st.binary())
def test_no_content_falls_over(content: bytes) -> None:
    for data in (content, FIRST_LINE + content, FIRST_LINE + b"a.py\n  " + content):
        with contextlib.suppress(BaselineError):
            assert parse(render(parse(data, "known")).encode(), "known") == parse(data, "known")
