"""The hooks in a real repository with the real pre-commit: what is refused, what goes in, and with which words.

The hook's repository is a copy of this one's working tree, given by its path; the index provides everything else. To
install what the hooks need takes most of the time: `make test-installs` does that, and `make test` runs the same hooks with
the linter of this environment.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from lint.process import BIN, ENVIRONMENT, Done, git, naq, run

ROOT = Path(__file__).parents[3]
BY_HAND = '''"""Sends."""

from naq.config import Config
from naq.connection import close_nats_connection, get_nats_connection


async def send(config: Config, data: bytes) -> None:
    nc = await get_nats_connection()
    try:
        await nc.publish("orders", data)
    finally:
        await close_nats_connection(nc)
'''
MANAGED = '''"""Sends."""

from naq.config import Config
from naq.connection import nats_connection


async def send(config: Config, data: bytes) -> None:
    async with nats_connection(config) as conn:
        await conn.publish("orders", data)
'''
REFUSED = "send.py:8:16: NAQ101 connection 'nc' is closed by hand; use 'async with nats_connection(config) as conn'"
PLAIN_FLAKE8 = """\
- id: flake8
  name: flake8
  entry: flake8
  language: python
  types: [python]
  require_serial: true
"""


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that has what this one would have if it were committed now."""
    return committed(_copy(tmp_path_factory.mktemp("hooks")))


@pytest.fixture(scope="module")
def installed_hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a manifest whose hooks run what is installed here; all else in it is as it is."""
    folder = _copy(tmp_path_factory.mktemp("hooks"))
    manifest = folder / ".pre-commit-hooks.yaml"
    here = {"language": "system", "additional_dependencies": []}
    manifest.write_text(yaml.safe_dump([{**hook, **here} for hook in yaml.safe_load(manifest.read_text("utf-8"))]), "utf-8")
    return committed(folder)


def _copy(folder: Path) -> Path:
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    for name in ("src", "lint_plugin"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def committed(folder: Path) -> Path:
    if not (folder / ".git").exists():
        git("init", "--quiet", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "--quiet", "--no-verify", "-m", "state", cwd=folder)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty repository to commit to; its name and its files' names are awkward."""
    folder = tmp_path / "my wörk"
    folder.mkdir()
    git("init", "--quiet", cwd=folder)
    return folder


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """pre-commit keeps what it installs in a folder of the test's own; modules are compiled when they are imported."""
    home = str(tmp_path_factory.getbasetemp() / "pre-commit-home")
    compiled = {"PIP_NO_COMPILE": "1", "PYTHONDONTWRITEBYTECODE": ""}
    path = os.pathsep.join((str(BIN), ENVIRONMENT["PATH"]))
    return {"PRE_COMMIT_HOME": home, "PRE_COMMIT_COLOR": "never", "PATH": path, **compiled}


def install(work: Path, environment: dict[str, str], repository: Path, *hooks: dict[str, object]) -> None:
    revision = git("rev-parse", "HEAD", cwd=repository).strip()
    config = {"repos": [{"repo": str(repository), "rev": revision, "hooks": list(hooks)}]}
    (work / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    done = run(sys.executable, "-m", "pre_commit", "install", "--install-hooks", cwd=work, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert commit(work, environment, ".pre-commit-config.yaml").returncode == 0


def commit(work: Path, environment: dict[str, str], *names: str) -> Done:
    git("add", "--all", "--", *names, cwd=work)
    return run("git", "commit", "-m", "change", cwd=work, environment=environment)


# One test: to install what the hooks need takes most of the time, and both share it where they ask for the same.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("repository", ["installed_hooks", pytest.param("hooks", marks=pytest.mark.installs)])
def test_the_hooks_hold_the_line_and_fix(
    repository: str, request: pytest.FixtureRequest, work: Path, environment: dict[str, str]
) -> None:
    manifest = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    needed = manifest["flake8-naq-fix"]["additional_dependencies"]
    fix: dict[str, object] = {"id": "flake8-naq-fix", "stages": ["manual"]}
    also: list[dict[str, object]] = [{"id": name} for name in ("flake8-naq", "flake8-naq-notebooks")]
    if repository == "hooks":
        also = [{**hook, "additional_dependencies": needed} for hook in also]
    install(work, environment, request.getfixturevalue(repository), *also, fix)
    _checks_notebooks(work, environment)
    _holds_the_line(work, environment)
    _fixes(work, environment)
    awkward(work, environment)


def _holds_the_line(work: Path, environment: dict[str, str]) -> None:
    (work / "send.py").write_text(BY_HAND)
    refused = commit(work, environment, "send.py")
    assert refused.returncode == 1
    assert REFUSED in refused.stderr

    (work / "send.py").write_text(MANAGED)
    assert commit(work, environment, "send.py").returncode == 0

    # Known to the baseline, and committed with it.
    (work / "old.py").write_text(BY_HAND)
    (work / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "flake8-naq.baseline"\n')
    assert naq("baseline", "write", cwd=work).returncode == 0
    assert commit(work, environment, "old.py", "pyproject.toml", "flake8-naq.baseline").returncode == 0
    (work / "old.py").write_text(BY_HAND + BY_HAND[BY_HAND.index("\n\nasync") :].replace("send", "again"))
    again = commit(work, environment, "old.py")
    assert again.returncode == 1
    assert again.stderr.count("NAQ1") == 1
    assert "old.py:16:16: NAQ101" in again.stderr
    (work / "old.py").write_text("# Its lines have moved.\n" + BY_HAND)
    assert commit(work, environment, "old.py").returncode == 0


def _checks_notebooks(work: Path, environment: dict[str, str]) -> None:
    """A commit with a leak in a notebook is refused, with cell and line; one whose cells are clean goes in."""
    refused = commit(work, environment, _notebook(work / "send it.ipynb", BY_HAND))
    assert refused.returncode == 1
    assert "send it.ipynb:cell 2:8:16: NAQ101 connection 'nc' is closed by hand" in refused.stderr
    assert commit(work, environment, _notebook(work / "send it.ipynb", MANAGED)).returncode == 0


def _notebook(path: Path, code: str) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source.splitlines(keepends=True)} for source in ("%time 1\n", code)]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n")
    return path.name


def _fixes(work: Path, environment: dict[str, str]) -> None:
    """The fixing hook changes the file and fails; then it has nothing to do."""
    manual = (sys.executable, "-m", "pre_commit", "run", "--hook-stage", "manual", "flake8-naq-fix")
    plain = BY_HAND.replace("naq.connection import close_nats_connection, get_nats_connection", "nats import connect")
    plain = plain.replace("get_nats_connection()", "connect()").replace("close_nats_connection(nc)", "nc.close()")
    (work / "send.py").write_text(plain)
    git("add", "send.py", cwd=work)
    rewritten = run(*manual, cwd=work, environment=environment)
    assert rewritten.returncode == 1
    assert "files were modified by this hook" in rewritten.stdout
    assert "async with await connect() as nc:" in (work / "send.py").read_text()
    git("add", "send.py", cwd=work)
    assert run(*manual, cwd=work, environment=environment).returncode == 0
    assert commit(work, environment, "send.py").returncode == 0


def awkward(work: Path, environment: dict[str, str]) -> None:
    """Names with spaces and line breaks, a renamed and a deleted file, a submodule, files that are not Python."""
    names = ("two words.py", "lines\nbreak.py", "grüße.py")
    for name in names:
        (work / name).write_text(BY_HAND)
    done = commit(work, environment, *names)
    assert (done.returncode, done.stderr.count("NAQ101")) == (1, 3)
    git("rm", "--quiet", "-f", "--", *names, cwd=work)
    git("mv", "old.py", "older.py", cwd=work)
    assert commit(work, environment, "older.py").returncode == 0
    git("rm", "--quiet", "older.py", cwd=work)
    assert commit(work, environment).returncode == 0
    (work / "notes.txt").write_text("get_nats_connection\n")
    skipped = commit(work, environment, "notes.txt")
    assert (skipped.returncode, "(no files to check)Skipped" in skipped.stderr) == (0, True)
    inner = work.parent / "inner"
    inner.mkdir()
    git("init", "--quiet", cwd=inner)
    (inner / "leak.py").write_text(BY_HAND)
    committed(inner)
    git("submodule", "--quiet", "add", str(inner), "vendor", cwd=work)
    assert commit(work, environment, "vendor", ".gitmodules").returncode == 0


@pytest.mark.installs
@pytest.mark.timeout(600)
def test_the_plugin_as_an_additional_dependency_of_the_flake8_hook(
    hooks: Path, work: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    # What PyCQA/flake8 says of itself in its .pre-commit-hooks.yaml, around flake8 from the index.
    repository = tmp_path / "flake8"
    repository.mkdir()
    (repository / ".pre-commit-hooks.yaml").write_text(PLAIN_FLAKE8)
    (repository / "pyproject.toml").write_text('[project]\nname = "flake8-hook"\nversion = "1"\ndependencies = ["flake8"]\n')
    (repository / "flake8_hook.py").write_text("")
    hook = {"id": "flake8", "args": ["--select=NAQ1"], "additional_dependencies": [f"flake8-naq @ git+{hooks.as_uri()}#subdirectory=lint_plugin"]}
    install(work, environment, committed(repository), hook)

    (work / "send.py").write_text(BY_HAND)
    refused = commit(work, environment, "send.py")
    assert (refused.returncode, REFUSED in refused.stderr) == (1, True)
    (work / "send.py").write_text(MANAGED)
    assert commit(work, environment, "send.py").returncode == 0


def test_our_own_configuration_clones_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert {hook["language"] for repository in config["repos"] for hook in repository["hooks"]} == {"python"}


def test_the_hooks_are_valid(tmp_path: Path) -> None:
    for program, name in (("validate-config", ".pre-commit-config.yaml"), ("validate-manifest", ".pre-commit-hooks.yaml")):
        done = run(sys.executable, "-m", "pre_commit", program, ROOT / name, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "")
    ids = [hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))]
    assert ids == ["flake8-naq", "flake8-naq-notebooks", "flake8-naq-fix"]


@pytest.mark.parametrize(("hook", "extras"), [("flake8-naq", {"terminal"}), ("flake8-naq-notebooks", {"terminal"}), ("flake8-naq-fix", {"fix", "terminal"})])
def test_the_hooks_install_the_linter_from_its_folder(hook: str, extras: set[str]) -> None:
    manifest = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    [requirement] = manifest[hook]["additional_dependencies"]
    folder, _, asked = requirement.removesuffix("]").partition("[")
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert (project["name"], set(asked.split(","))) == ("flake8-naq", extras)
    assert extras <= set(project["optional-dependencies"])
