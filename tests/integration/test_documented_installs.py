"""What the documents say of installing, run as it is written: from a checkout, from a git address, from an index.

The address that the documents have for the repository leads to a clone here; "released" are wheels that are built here.
One environment is shared. Long: `make test-installs` runs it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lint.process import Done, git, run
from support.install_lines import ADDRESS, ROOT, Install, installs

pytestmark = [pytest.mark.installs, pytest.mark.timeout(900)]
OURS = ("naq", "flake8-naq")
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"
FLAKE8_HOOK = "- id: flake8\n  name: flake8\n  entry: flake8\n  language: python\n  types: [python]\n  require_serial: true\n"
ORIGIN = (
    "import importlib.metadata as m, json, sys\n"
    "print(json.dumps({n: [m.version(n), m.distribution(n).read_text('direct_url.json')] for n in sys.argv[1:]}))"
)


def committed(folder: Path) -> str:
    """Make a repository of the folder; return its revision."""
    git("init", "--quiet", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "--quiet", "--no-verify", "-m", "state", cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder).strip()


class Reader:
    """A reader of the documents: an environment, a checkout, and addresses that lead to this machine."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        for name in (".gitignore", ".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml"):
            shutil.copy(ROOT / name, self.checkout)
        for name in ("src", "lint_plugin"):
            shutil.copytree(ROOT / name, self.checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.revision = committed(self.checkout)
        flake8 = folder / "flake8"
        flake8.mkdir()
        (flake8 / ".pre-commit-hooks.yaml").write_text(FLAKE8_HOOK)
        (flake8 / "pyproject.toml").write_text('[project]\nname = "hook"\nversion = "1"\ndependencies = ["flake8"]\n')
        (flake8 / "hook.py").write_text("")
        committed(flake8)
        git("tag", "7.3.0", cwd=flake8)
        venv.create(folder / "environment", with_pip=True)
        self._programs = folder / "environment" / "bin"
        self._released = folder / "released"
        addresses = {ADDRESS: self.checkout, "https://github.com/PyCQA/flake8": flake8}
        self._git = {"GIT_CONFIG_COUNT": str(len(addresses))}
        for number, (address, here) in enumerate(addresses.items()):
            self._git |= {f"GIT_CONFIG_KEY_{number}": f"url.{here.as_uri()}.insteadOf", f"GIT_CONFIG_VALUE_{number}": address}
        self._home = folder / "home"
        self._home.mkdir()

    def release(self) -> None:
        """From now on, an index has both distributions."""
        if not self._released.exists():
            for project in (self.checkout, self.checkout / "lint_plugin"):
                self.must(f"pip wheel --quiet --no-deps --wheel-dir '{self._released}' .", project)

    def do(self, line: str, cwd: Path, released: bool = False) -> Done:
        """Run a line in a shell, in the environment."""
        path = os.pathsep.join((str(self._programs), str(Path(sys.executable).parent), os.environ["PATH"]))
        wheels = f"{os.environ.get('PIP_FIND_LINKS', '')} {self._released if released else ''}".strip()
        home = {"HOME": str(self._home), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
        settings = {"PATH": path, "PIP_FIND_LINKS": wheels, "PRE_COMMIT_COLOR": "never"}
        return run("bash", "-c", line, cwd=cwd, environment={**self._git, **home, **settings})

    def must(self, line: str, cwd: Path, released: bool = False) -> str:
        done = self.do(line, cwd, released)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def remove(self) -> None:
        self.must(f"pip uninstall --quiet --yes {' '.join(OURS)}", self.checkout)

    def origin(self, name: str) -> tuple[str, dict[str, object]]:
        """Return version and origin of what is installed."""
        version, text = json.loads(self.must(f'python -c "{ORIGIN}" {name}', self._home))[name]
        return version, json.loads(text or "{}")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(tmp_path_factory.mktemp("reader"))


@pytest.mark.parametrize("line", installs(), ids=lambda line: line.command)
def test_each_line_installs_what_it_says(line: Install, reader: Reader) -> None:
    reader.remove()
    if line.needs_release:
        assert line.says_so
        before = reader.do(line.command, reader.checkout)
        assert before.returncode != 0
        assert "No matching distribution found for" in before.stderr
        reader.release()
    reader.must(line.command, reader.checkout, released=line.needs_release)
    named = line.distributions()
    assert named
    for name in named:
        version, origin = reader.origin(name)
        assert version == "0.1.0"
        if line.needs_release:
            assert origin == {}
        elif "git+" in line.command:
            assert (origin["url"], origin["vcs_info"]["commit_id"]) == (ADDRESS, reader.revision)  # type: ignore[index]
        else:
            assert str(origin["url"]).startswith(reader.checkout.as_uri())
        program = {"naq": "from naq import Queue, Worker, Config", "flake8-naq": "import flake8_naq.flake8"}[name]
        reader.must(f"python -c '{program}'", reader.checkout.parent)
    assert "flake8-naq" not in named or "flake8-naq: " in reader.must("flake8 --version", reader.checkout.parent)
    reader.must("pip check", reader.checkout)


def scripts() -> Iterator[tuple[str, list[str]]]:
    """The blocks of docs/ci.md that install and then check: their lines, in order."""
    for kind, text in FENCED.findall((ROOT / "docs" / "ci.md").read_text("utf-8")):
        lines = text.splitlines() if kind == "sh" else list(_steps(yaml.safe_load(text)))
        if any(line.startswith("pip install") for line in lines):
            yield lines[-1], lines


def _steps(value: object) -> Iterator[str]:
    """The commands in a workflow."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key == "run" else inner if key == "script" else _steps(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _steps(inner)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a finding, a baseline that does not have it, and a branch that changes go to."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(LEAK)
    (folder / "flake8-naq.baseline").write_text("# flake8-naq baseline 1\n")
    (folder / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "flake8-naq.baseline"\n')
    committed(folder)
    git("update-ref", "refs/remotes/origin/main", "HEAD", cwd=folder)
    return folder


@pytest.mark.parametrize("lines", [lines for _, lines in scripts()], ids=[last for last, _ in scripts()])
def test_each_script_of_the_page_on_ci_reports_the_finding(lines: list[str], reader: Reader, project: Path) -> None:
    for line in lines:
        if line.startswith("pip install"):
            reader.must(line, project)
            continue
        if "baseline" in line:
            reader.must("flake8-naq baseline write", project)
        done = reader.do(line.replace("${{ github.base_ref }}", "main"), project)
        assert done.returncode == 1, done.stdout + done.stderr
        written = re.search(r"--output-file[ =](\S+)", line)
        assert "NAQ103" in ((project / written[1]).read_text() if written else done.stdout + done.stderr)


def configurations() -> list[str]:
    """The texts of `.pre-commit-config.yaml` that the documents show, each once."""
    readme = re.findall(r"^    repos:.*\n(?:    .*\n)+", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    fenced = [text for page in ("ci.md", "adopting.md") for _, text in FENCED.findall((ROOT / "docs" / page).read_text("utf-8"))]
    texts = ["\n".join(line[4:] for line in text.splitlines()) for text in readme] + [text for text in fenced if text.startswith("repos:")]
    return list({json.dumps(yaml.safe_load(text)): text for text in texts}.values())


def test_the_documents_show_configurations_and_scripts() -> None:
    assert len(configurations()) == 4
    assert len(list(scripts())) == 6


@pytest.mark.parametrize("text", configurations())
def test_each_configuration_of_pre_commit_refuses_the_commit(text: str, reader: Reader, project: Path) -> None:
    (project / ".pre-commit-config.yaml").write_text(text.replace("COMMIT", reader.revision))
    assert "pre-commit install " in (ROOT / "README.md").read_text("utf-8")
    reader.must("pre-commit install", project)
    (project / "other.py").write_text(LEAK)
    git("add", "-A", cwd=project)
    refused = reader.do("git commit -m change", project)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "other.py:5:16: NAQ103" in refused.stdout + refused.stderr
    (project / "other.py").write_text("")
    git("add", "-A", cwd=project)
    reader.must("git commit -m change", project)
