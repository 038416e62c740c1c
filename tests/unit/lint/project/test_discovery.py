"""Which files count: environments, builds and what git ignores are left out, unless they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.project.discovery import find_files
from lint.process import git, naq
from lint.sources import LEAK

FOLDERS = (".venv/lib", "venv", "node_modules/x", "build/lib", "dist", ".git/hooks", ".tox/py", "__pycache__", "site-packages")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("app.py", *(f"{folder}/a.py" for folder in FOLDERS), "made/a.py", "sub/generated.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(LEAK)
    return tmp_path


def found(*paths: str) -> list[str]:
    return sorted(find_files(paths, (), ("*.py",)))


def test_folders_that_hold_no_code_of_the_project_are_left_out(tree: Path) -> None:
    assert found(str(tree)) == [str(tree / name) for name in ("app.py", "made/a.py", "sub/generated.py")]


def test_what_is_in_each_folder_is_told(tree: Path) -> None:
    listed = {}
    list(find_files([str(tree)], (), ("*.py",), listed=lambda folder, entries: listed.update({folder: len(entries)})))
    folders = [tree, tree / "made", tree / "sub"]
    assert {str(folder): len(list(folder.iterdir())) for folder in folders} == listed


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_is_named_is_read(tree: Path, folder: str) -> None:
    assert found(str(tree / folder)) == [str(tree / folder / "a.py")]
    assert found(str(tree / folder / "a.py")) == [str(tree / folder / "a.py")]


def test_an_environment_is_known_by_its_file(tree: Path) -> None:
    (tree / "made" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    assert str(tree / "made/a.py") not in found(str(tree))
    assert found(str(tree / "made")) == [str(tree / "made/a.py")]


def test_what_git_ignores_is_left_out(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".gitignore").write_text("made/\ngenerated.py\n")
    (tree / "sub" / "tracked").mkdir()
    (tree / "sub" / "tracked" / "generated.py").write_text(LEAK)
    assert len(found(str(tree))) == 4  # not a repository: nothing is ignored
    (tree / ".git" / "hooks" / "a.py").unlink()
    git("init", "-q", cwd=tree)
    git("add", "-f", "sub/tracked", cwd=tree)
    expected = [str(tree / name) for name in ("app.py", "sub/tracked/generated.py")]
    assert found(str(tree)) == expected
    assert found(str(tree / "sub")) == expected[1:]
    monkeypatch.chdir(tree)
    assert found(".") == ["./app.py", "./sub/tracked/generated.py"]
    assert found("made", "sub/generated.py") == ["made/a.py", "sub/generated.py"]  # named


def test_without_git_nothing_is_ignored(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".gitignore").write_text("made/\n")
    git("init", "-q", cwd=tree)
    monkeypatch.setenv("PATH", str(tree / "nothing"))
    assert str(tree / "made/a.py") in found(str(tree))


def test_the_inventory_counts_the_project_alone(tmp_path: Path) -> None:
    managed = "import nats\n\n\nasync def f():\n    async with await nats.connect() as nc:\n        await nc.flush()\n"
    (tmp_path / "app.py").write_text(LEAK)
    for number in range(3):
        (tmp_path / ".venv" / str(number)).mkdir(parents=True)
        (tmp_path / ".venv" / str(number) / "a.py").write_text(managed)
    assert "0 of 1 migrated" in naq("inventory", ".", cwd=tmp_path).stdout


def test_show_files_lists_what_is_read(tree: Path) -> None:
    done = naq("check", "--show-files", ".", cwd=tree)
    assert (done.returncode, done.stdout) == (0, "./app.py\n./made/a.py\n./sub/generated.py\n")


def test_show_settings_says_what_counts_and_from_where(tree: Path) -> None:
    (tree / ".flake8").write_text("[flake8]\nextend-exclude = made\nselect = E9\n")
    (tree / "pyproject.toml").write_text('[tool.flake8-naq]\nextend-select = ["NAQ203"]\nbaseline = "known"\n')
    done = naq("check", "--show-settings", "--ignore", "NAQ101", ".", cwd=tree)
    assert done.returncode == 0
    for line in (
        "pyproject.toml: " + str(tree / "pyproject.toml"),
        "flake8: " + str(tree / ".flake8"),
        "on: NAQ102, NAQ103, NAQ104, NAQ105, NAQ106, NAQ107, NAQ108, NAQ109, NAQ110, NAQ114, NAQ201, NAQ202, NAQ203, ",
        "off: NAQ101, NAQ111, NAQ112, NAQ115, NAQ302",
        "exclude: made (.flake8)",
        "extend-select: NAQ203 (pyproject.toml)",
        "baseline: " + str(tree / "known"),
    ):
        assert line in done.stdout


@pytest.mark.parametrize("command", ["check", "fix", "inventory"])
def test_no_python_files_is_said(tmp_path: Path, command: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    done = naq(command, ".", cwd=tmp_path)
    assert done.returncode == 0
    assert "flake8-naq: no Python files found in ." in done.stderr
