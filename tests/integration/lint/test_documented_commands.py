"""Every line of the documents that runs flake8 or the command, run as it is written, in a repository such as they speak of."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import textwrap
from pathlib import Path

import pytest

from lint.process import BIN, ENVIRONMENT, Done, flake8, git, naq, run

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "lint_plugin" / "README.md", ROOT / "examples" / "unmanaged" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# A line of a shell's block, of an indented block, of a step of a workflow; perhaps behind one that makes a folder.
LINE = re.compile(r"^(?:    |\s+- (?:run: )?)?((?:mkdir .*\n    )?(?:flake8-naq|flake8) .*)$", re.MULTILINE)
# A shell has to read it, or it reads standard input.
FOR_A_SHELL = re.compile(r"[>|]|^flake8-naq lsp")
# Pages whose commands another test runs, together with the files that they show.
FOLLOWED = ("linter-start.md", "linter-settings.md")
# Of the words of a shell: what the reader of a line puts in their place.
FILLED = {"${{ github.base_ref }}": "main"}
BY_HAND = """\
import nats


async def send(url, orders):
    nc = await nats.connect(url)
    for order in orders:
        await nc.publish("orders", order.encode())
    await nc.close()


async def ping(url):
    nc = await nats.connect(url)
    try:
        await nc.publish("ping", b"")
    finally:
        await nc.close()
"""


def lines() -> list[str]:
    found: dict[str, None] = {}
    for page in PAGES:
        if page.name not in FOLLOWED:
            text = page.read_text("utf-8")
            blocks = [block for kind, block in FENCED.findall(text) if kind in ("sh", "yaml")]
            indented = re.findall(r"(?:^    .*\n)+", FENCED.sub("", text), re.MULTILINE)
            for block in (*blocks, *indented):
                found.update((re.split(r"\s+# ", line.replace("\n    ", " && "))[0].strip(), None) for line in LINE.findall(block))
    return list(found)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with findings, a baseline of earlier ones, a branch that changes go to, and some of the examples."""
    folder = tmp_path_factory.mktemp("documented") / "repository"
    for name in ("app.py", "app/main.py", "src/app/queue/jobs.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(BY_HAND)
    shutil.copytree(ROOT / "examples" / "unmanaged" / "events", folder / "examples" / "unmanaged" / "events")
    git("init", "--quiet", cwd=folder)
    (folder / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "flake8-naq.baseline"\n')
    assert _bash("flake8-naq baseline write app src", folder).returncode == 0
    git("add", "-A", cwd=folder)
    git("commit", "--quiet", "-m", "state", cwd=folder)
    git("update-ref", "refs/remotes/origin/main", "HEAD", cwd=folder)
    return folder


def _bash(line: str, folder: Path) -> Done:
    environment = {"HOME": str(folder.parent), "PATH": os.pathsep.join((str(BIN), ENVIRONMENT["PATH"]))}
    return run("bash", "-c", f"{line} < /dev/null", cwd=folder, environment=environment)


def test_the_documents_have_such_lines() -> None:
    assert len(lines()) > 20


@pytest.mark.parametrize("line", lines())
def test_it_runs(line: str, repository: Path, tmp_path: Path) -> None:
    for words, value in FILLED.items():
        line = line.replace(words, value)
    folder = shutil.copytree(repository, tmp_path / "repository")
    program, *arguments = shlex.split(line)
    done = _bash(line, folder) if FOR_A_SHELL.search(line) else {"flake8": flake8, "flake8-naq": naq}[program](*arguments, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    assert "usage:" not in done.stderr
    written = re.search(r"(?:--output-file[ =]|> )(\S+)", line)
    if written is not None:
        assert (folder / written[1].replace("~", str(folder.parent))).stat().st_size > 0


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "lint_plugin" / "README.md"], ids=lambda page: page.parent.name)
def test_the_first_example_is_real(page: Path, tmp_path: Path) -> None:
    """Without the frame, which a terminal has."""
    text = page.read_text("utf-8").partition("    $ cat app.py\n")[2]
    source, shown = text.partition("\n    $ flake8-naq check app.py\n")[::2]
    (tmp_path / "app.py").write_text(textwrap.dedent(source))
    done = _bash("flake8-naq check app.py", tmp_path)
    assert done.stdout.rstrip() == shown.partition("\n")[0].strip()


def test_the_baseline_that_is_shown_is_the_real_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adopting.md").read_text("utf-8")
    [shown] = [text for text in re.findall(r"^```text\n(.*?)^```$", page, re.DOTALL | re.MULTILINE) if "publisher.py" in text]
    shutil.copytree(ROOT / "examples" / "unmanaged", tmp_path / "app")
    assert _bash("flake8-naq baseline write", tmp_path).returncode == 0
    assert set(shown.splitlines()) <= set((tmp_path / "flake8-naq.baseline").read_text().splitlines())


def test_the_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    pages = [*PAGES, ROOT / "CONTRIBUTING.md"]
    named = {name for page in pages for line in re.findall(r"(?:^    |`)make ([a-z -]+)(?:`|  |$)", page.read_text("utf-8"), re.MULTILINE) for name in line.split()}
    assert {"lint", "test", "site", "docs"} <= named <= targets


@pytest.mark.installs
@pytest.mark.timeout(300)
def test_from_clone_to_the_first_finding_in_four_commands(tmp_path: Path) -> None:
    """In an empty home, without anything of this environment; the time is what the commands take of a processor."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("lint_plugin", ".pre-commit-hooks.yaml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, clone / name)
    git("init", "--quiet", cwd=clone)
    git("add", "-A", cwd=clone)
    git("commit", "--quiet", "-m", "state", cwd=clone)
    (tmp_path / "own.py").write_text(BY_HAND)
    commands = [
        f"git clone --quiet '{clone}' naq",
        "python3 -m venv environment",
        "environment/bin/pip install --quiet --disable-pip-version-check ./naq/lint_plugin",
        "environment/bin/flake8-naq check own.py",
    ]
    before = os.times()
    done = [_bash(command, tmp_path) for command in commands]
    after = os.times()
    assert [one.returncode for one in done] == [0, 0, 0, 1], [one.stderr for one in done]
    assert done[-1].stdout.startswith("own.py:5:16: NAQ102 ")
    assert after.children_user + after.children_system - before.children_user - before.children_system < 60


def test_the_command_starts_fast(tmp_path: Path) -> None:
    """At most 1.15 of an empty program and 40 ms, of processor time, which other programs disturb less."""

    def cost(line: str) -> float:
        before = os.times()
        assert _bash(f"exec {line}", tmp_path).returncode == 0
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    for line in ("python -c pass", "flake8-naq --version"):
        cost(line)  # modules are compiled
    empty, version = (min(cost(line) for _ in range(7)) for line in ("python -c pass", "flake8-naq --version"))
    assert version <= 1.15 * empty + 0.040
