"""`check --baseline-only-shrinks` in real repositories, and merge conflicts resolved by writing again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lint.process import git, naq, run

HEAD = "import nats\n"


def leak(name: str) -> str:
    return f"\n\nasync def {name}(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a.py").write_text(HEAD + leak("one"))
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "known"\n')
    write_and_commit(tmp_path)
    return tmp_path


def write_and_commit(folder: Path) -> None:
    naq("baseline", "write", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "--quiet", "-m", "state", cwd=folder)


def shrinks(folder: Path, *arguments: str) -> tuple[int, str]:
    done = naq("check", "--baseline-only-shrinks", *arguments, ".", cwd=folder)
    return done.returncode, done.stderr


def test_growth_is_refused_before_and_after_the_commit(repository: Path) -> None:
    assert shrinks(repository, "--baseline-reference", "HEAD") == (0, "")
    (repository / "a.py").write_text(HEAD + leak("one") + leak("two"))
    naq("baseline", "write", cwd=repository)
    code, said = shrinks(repository)
    assert code == 1
    assert "known: 1 new entry since HEAD (1 before, 2 now):\n  a.py: NAQ103 two: nats.connect(url)\n" in said
    write_and_commit(repository)
    code, said = shrinks(repository)
    assert code == 1
    assert "1 new entry since HEAD^ (1 before, 2 now)" in said
    assert shrinks(repository, "--baseline-reference", "HEAD") == (0, "")


def test_shrinking_and_renaming_pass(repository: Path) -> None:
    (repository / "a.py").write_text(HEAD + leak("one") + leak("two"))
    write_and_commit(repository)
    git("mv", "a.py", "b.py", cwd=repository)
    write_and_commit(repository)
    assert shrinks(repository) == (0, "")
    (repository / "b.py").write_text(HEAD + leak("two"))
    naq("baseline", "prune", cwd=repository)
    assert shrinks(repository) == (0, "")


def test_a_new_entry_is_refused_though_the_number_falls(repository: Path) -> None:
    (repository / "a.py").write_text(HEAD + leak("one") + leak("two") + leak("three"))
    write_and_commit(repository)
    (repository / "a.py").write_text(HEAD + leak("three") + leak("new"))
    naq("baseline", "write", cwd=repository)
    code, said = shrinks(repository)
    assert code == 1
    assert "known: 1 new entry since HEAD (3 before, 2 now):\n  a.py: NAQ103 new: nats.connect(url)\n" in said


def test_a_new_entry_in_a_renamed_file_is_refused(repository: Path) -> None:
    git("mv", "a.py", "b.py", cwd=repository)
    (repository / "b.py").write_text(HEAD + leak("one") + leak("two"))
    naq("baseline", "write", cwd=repository)
    code, said = shrinks(repository)
    assert (code, said.count("NAQ103")) == (1, 1)
    assert "b.py: NAQ103 two" in said


def test_a_copied_file_is_refused(repository: Path) -> None:
    (repository / "b.py").write_text(HEAD + leak("one"))
    naq("baseline", "write", cwd=repository)
    code, said = shrinks(repository)
    assert (code, "b.py: NAQ103 one" in said) == (1, True)


def test_a_first_baseline_has_grown_from_nothing(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a.py").write_text(HEAD)
    git("add", "-A", cwd=tmp_path)
    git("commit", "--quiet", "-m", "first", cwd=tmp_path)
    (tmp_path / "a.py").write_text(HEAD + leak("one"))
    naq("baseline", "write", "--baseline", "known", cwd=tmp_path)
    code, said = shrinks(tmp_path, "--baseline", "known")
    assert code == 1
    assert "(0 before, 1 now)" in said


def test_without_git_or_history_it_says_so(tmp_path: Path, repository: Path) -> None:
    code, said = shrinks(repository)
    assert (code, "there is no commit before HEAD to compare it with" in said) == (2, True)
    code, said = shrinks(repository, "--baseline-reference", "origin/main")
    assert (code, "commit 'origin/main' is not in this clone" in said) == (2, True)
    code, said = shrinks(repository, "--baseline", "")
    assert (code, "there is no baseline" in said) == (2, True)
    (repository / ".git").rename(repository / "git-away")
    code, said = shrinks(repository)
    assert (code, "not in a git repository" in said, len(said.splitlines())) == (2, True, 1)


def test_without_git_it_says_so(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("nothing")))
    assert shrinks(repository) == (
        2, "flake8-naq: cannot tell what is new in the baseline: git is not installed\n",
    )  # fmt: skip


@pytest.mark.parametrize(("mode", "reason"), [(0o644, "Permission denied"), (0o755, "Exec format error")])
def test_a_git_that_cannot_be_run_is_said(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, mode: int, reason: str
) -> None:
    program = tmp_path_factory.mktemp("programs") / "git"
    program.write_text("no program\n")
    program.chmod(mode)
    monkeypatch.setenv("PATH", str(program.parent))
    said = f"flake8-naq: cannot tell what is new in the baseline: git cannot be run: {reason}\n"
    assert shrinks(repository) == (2, said)


def test_without_a_commit_it_says_so(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a.py").write_text(HEAD + leak("one"))
    naq("baseline", "write", "--baseline", "known", cwd=tmp_path)
    said = "flake8-naq: cannot tell what is new in the baseline: there is no commit yet to compare it with\n"
    assert shrinks(tmp_path, "--baseline", "known") == (2, said)
    assert shrinks(tmp_path, "--baseline", "known", "--baseline-reference", "HEAD") == (2, said)


def test_a_baseline_in_the_folder_of_git_itself_is_said(repository: Path) -> None:
    (repository / "known").rename(repository / ".git" / "known")
    code, said = shrinks(repository, "--baseline", ".git/known")
    assert (code, len(said.splitlines())) == (2, 2)  # and the entry of a.py is not under .git/a.py
    assert ".git/known: not in the work tree of a git repository" in said


def test_a_shallow_clone_is_told_to_fetch_more(repository: Path, tmp_path: Path) -> None:
    (repository / "b.py").write_text(HEAD)
    write_and_commit(repository)
    git("clone", "--quiet", "--depth", "1", f"file://{repository}", "shallow", cwd=tmp_path)
    code, said = shrinks(tmp_path / "shallow")
    assert (
        code,
        "commit 'HEAD^' is not in this clone; fetch more history (actions/checkout: fetch-depth: 0)" in said,
    ) == (2, True)


def test_the_environment_of_a_git_hook_does_not_mislead_it(repository: Path) -> None:
    """git tells a hook where the repository is, and from where a worktree's hook runs: relative to another folder."""
    (repository / "sub dir").mkdir()
    (repository / "sub dir" / "é.py").write_text(HEAD + leak("one"))
    naq("baseline", "write", "--baseline", "sub dir/known", "sub dir", cwd=repository)
    write_and_commit(repository)
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    command = f'"{sys.executable}" -m flake8_naq.cli.main check "sub dir" --baseline "sub dir/known"'
    hook.write_text(f"#!/bin/sh\n{command} --baseline-only-shrinks --baseline-reference HEAD\n")
    hook.chmod(0o755)
    git("worktree", "add", "--quiet", "-b", "another", "../another tree", cwd=repository)
    for folder in (repository, repository.parent / "another tree"):
        (folder / "note").write_text("note\n")
        git("add", "note", cwd=folder)
        git("commit", "--quiet", "-m", "note", cwd=folder)
        (folder / "sub dir" / "é.py").write_text(HEAD + leak("one") + leak("two"))
        naq("baseline", "write", "--baseline", "sub dir/known", "sub dir", cwd=folder)
        done = run("git", "commit", "--quiet", "-a", "-m", "grown", cwd=folder)
        assert (done.returncode, "é.py: NAQ103 two: nats.connect(url)" in done.stderr) == (1, True)


def test_a_merge_conflict_is_resolved_by_writing_again(repository: Path) -> None:
    git("checkout", "--quiet", "-b", "theirs", cwd=repository)
    (repository / "a.py").write_text(HEAD + leak("one") + leak("theirs"))
    write_and_commit(repository)
    git("checkout", "--quiet", "main", cwd=repository)
    (repository / "a.py").write_text(HEAD + leak("ours") + leak("one"))
    write_and_commit(repository)
    assert run("git", "merge", "theirs", cwd=repository).returncode == 1
    (repository / "a.py").write_text(HEAD + leak("ours") + leak("one") + leak("theirs"))
    assert "<<<<<<<" in (repository / "known").read_text()
    assert naq("check", ".", cwd=repository).returncode == 2
    write_and_commit(repository)
    assert naq("check", ".", cwd=repository).stdout == ""
    assert [line for line in (repository / "known").read_text().splitlines() if "NAQ" in line] == [
        "  one NAQ103 nats.connect(url)",
        "  ours NAQ103 nats.connect(url)",
        "  theirs NAQ103 nats.connect(url)",
    ]
