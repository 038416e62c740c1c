"""`fix` leaves what the baseline knows, and `check` and `prune` say what has become of its entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.process import naq


def leak(name: str) -> str:
    return f"\n\nasync def {name}(url):\n    nc = await nats.connect(url)\n    try:\n        await nc.flush()\n    finally:\n        await nc.close()\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("import nats\n" + leak("old"))
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "known"\n')
    naq("baseline", "write", cwd=tmp_path)
    return tmp_path


def test_fix_leaves_what_is_known(tree: Path) -> None:
    before = (tree / "a.py").read_text()
    done = naq("fix", ".", cwd=tree)
    assert (done.returncode, (tree / "a.py").read_text()) == (0, before)
    assert "0 fixed in 0 of 1 file, 0 left, 1 known to the baseline not touched (--ignore-baseline)" in done.stdout


def test_fix_mends_what_is_new_beside_it(tree: Path) -> None:
    (tree / "a.py").write_text("import nats\n" + leak("new") + leak("old"))
    done = naq("fix", ".", cwd=tree)
    assert "1 fixed in 1 of 1 file" in done.stdout
    text = (tree / "a.py").read_text()
    assert "async def new(url):\n    async with await nats.connect(url) as nc:" in text
    assert leak("old") in text
    assert naq("check", ".", cwd=tree).returncode == 0


def test_fix_follows_a_renamed_file(tree: Path) -> None:
    (tree / "a.py").rename(tree / "b.py")
    assert naq("fix", ".", cwd=tree).returncode == 0
    assert (tree / "b.py").read_text() == "import nats\n" + leak("old")


def test_all_is_fixed_where_that_is_asked_for(tree: Path) -> None:
    assert "1 fixed in 1 of 1 file" in naq("fix", "--ignore-baseline", ".", cwd=tree).stdout
    done = naq("check", ".", cwd=tree)
    assert (done.returncode, done.stderr) == (0, "known: 1 entry matches no finding any more; run `flake8-naq baseline prune`\n")


@pytest.mark.parametrize("path", [".", "a.py"])
def test_check_tells_of_stale_entries(tree: Path, path: str) -> None:
    assert naq("check", path, cwd=tree).stderr == ""
    (tree / "a.py").write_text("import nats\n" + leak("other"))
    done = naq("check", path, cwd=tree)
    assert (done.returncode, "1 entry matches no finding any more" in done.stderr) == (1, True)
    assert "matches" not in naq("check", "--select", "NAQ2", path, cwd=tree).stderr


def test_prune_says_what_it_did(tree: Path) -> None:
    (tree / "a.py").write_text("import nats\n" + leak("old") + leak("second"))
    naq("baseline", "write", cwd=tree)
    (tree / "a.py").write_text("import nats\n" + leak("old"))
    (tree / "a.py").rename(tree / "b.py")
    done = naq("baseline", "prune", cwd=tree)
    assert done.stdout.splitlines()[:3] == [
        "known: 1 known finding left, 1 gone, 1 file renamed",
        "  a.py is now b.py",
        "  b.py: NAQ101 second: nats.connect(url): gone",
    ]
