"""What is built from this repository works where it is installed: empty environments, nothing of the source tree."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
import tomllib
import venv
from pathlib import Path

import pytest

from flake8_naq.cli.main import SUBCOMMANDS
from lint.lsp.raw import rpc, speak
from lint.process import Done, git, run

ROOT = Path(__file__).parents[3]
PROGRAMS = "Scripts" if sys.platform == "win32" else "bin"
BY_HAND = """\
from naq.connection import close_nats_connection, get_nats_connection


async def send(config):
    nc = await get_nats_connection(config.nats.servers[0])
    try:
        await nc.publish("a", b"b")
    finally:
        await close_nats_connection(nc)
"""
MANAGED = """\
from naq.connection import nats_connection


async def send(config):
    async with nats_connection(config) as conn:
        await conn.publish("a", b"b")
"""
# A part that an extra brings, and what asks for it.
PARTS = {"fix": ("ast-grep-py", "fix a.py"), "lsp": ("pygls", "lsp"), "completion": ("shtab", "completion bash")}


def build(project: Path, kind: str, into: Path) -> Path:
    """Build as a frontend does, without an isolated environment: what is needed is installed here."""
    code = f"import sys, hatchling.build as backend; print(backend.build_{kind}(sys.argv[1]))"
    done = run(sys.executable, "-c", code, into, cwd=project)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.split()[-1]


def unpacked(sdist: Path, into: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    return into / sdist.name.removesuffix(".tar.gz")


def environment(folder: Path) -> Path:
    """An empty environment; gives the folder of its programs."""
    venv.create(folder)
    return folder / PROGRAMS


def install(programs: Path, *requirements: str) -> Done:
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "--quiet", "--disable-pip-version-check")
    done = run(*pip, "install", "--no-compile", "--no-warn-script-location", *requirements, cwd=programs)
    assert done.returncode == 0, done.stderr
    return done


def installed(programs: Path) -> set[str]:
    listed = run(sys.executable, "-m", "pip", "--python", programs / "python", "list", "--format", "json", cwd=programs)
    return {one["name"] for one in json.loads(listed.stdout)}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheels, each built from the source distribution, which is built from the tree."""
    folder = tmp_path_factory.mktemp("distributions")
    sources = {"naq": ROOT, "flake8-naq": ROOT / "lint_plugin"}
    return {name: build(unpacked(build(tree, "sdist", folder), folder), "wheel", folder) for name, tree in sources.items()}


# One test: workers that run tests side by side would each make an environment.
@pytest.mark.timeout(600)
def test_the_linter_needs_flake8_alone_and_does_it_all_with_its_extras(wheels: dict[str, Path], tmp_path: Path) -> None:
    programs = environment(tmp_path / "environment")
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.py").write_text(BY_HAND)
    install(programs, str(wheels["flake8-naq"]))
    assert installed(programs) == {"flake8", "flake8-naq", "mccabe", "pycodestyle", "pyflakes"}
    assert "flake8-naq: " in run(programs / "flake8", "--version", cwd=work).stdout
    _findings(programs, work)
    _reports(programs, work)
    _pages(programs, work)
    _baseline(programs, work)
    for extra, (package, arguments) in PARTS.items():
        done = _naq(programs, *arguments.split(), cwd=work)
        said = f"flake8-naq: {package} is not installed: pip install 'flake8-naq[{extra}]'\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    install(programs, f"{wheels['flake8-naq']}[all]")
    assert installed(programs).isdisjoint({"naq", "nats-py", "pydantic", "msgspec"})
    assert run(sys.executable, "-m", "pip", "--python", programs / "python", "check", cwd=work).returncode == 0
    for shell in ("bash", "zsh"):
        assert "inventory" in _naq(programs, "completion", shell, cwd=work).stdout
    _editor(programs, work)
    _fix(programs, work)


def test_the_library_asks_for_the_linter_with_its_extras(wheels: dict[str, Path]) -> None:
    asked = [line.partition(": ")[2] for line in metadata(wheels["naq"]).splitlines() if line.startswith("Requires-Dist: ")]
    assert {line for line in asked if "flake8" in line and line.endswith(("'lint'", "'lsp'"))} == {
        "flake8-naq[fix,terminal]>=0.1; extra == 'lint'",
        "flake8-naq[fix,lsp,terminal]>=0.1; extra == 'lsp'",
    }
    assert {re.match(r"[\w-]+", line)[0] for line in asked if "extra ==" not in line} == {  # type: ignore[index]
        "msgspec", "nats-py", "pydantic", "pydantic-settings", "typing-extensions",
    }  # fmt: skip


@pytest.mark.installs
@pytest.mark.timeout(600)
def test_the_library_brings_the_linter_as_an_extra(wheels: dict[str, Path], tmp_path: Path) -> None:
    programs = environment(tmp_path / "environment")
    install(programs, "--find-links", str(wheels["naq"].parent), f"{wheels['naq']}[lint]")
    assert {"naq", "flake8-naq", "ast-grep-py", "rich", "nats-py"} <= installed(programs)
    (tmp_path / "a.py").write_text(BY_HAND)
    assert "NAQ101" in run(programs / "flake8", "--select", "NAQ", "a.py", cwd=tmp_path).stdout
    script = "import naq; from naq import Queue, Worker, Config, task; print(naq.__version__, Queue.__module__)"
    project = run(programs / "python", "-c", script, cwd=tmp_path)
    assert project.stdout.split() == [wheels["naq"].name.split("-")[1], "naq.queue.core"]
    for command in ([programs / "naq"], [programs / "python", "-m", "naq"]):
        done = run(*command, "--help", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, "naq: the command needs click and rich; pip install 'naq[cli]'\n")


def test_the_source_distribution_is_the_repository(wheels: dict[str, Path]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is a source distribution")
    tracked = {name for name in git("ls-files", "-z", cwd=ROOT).split("\0") if name and (ROOT / name).exists()}
    source = next(path.parent for path in wheels["naq"].parent.glob("naq-*/pyproject.toml"))
    assert {name for name in tracked if not (source / name).exists()} == set()


def test_what_the_index_shows_has_links_that_lead_somewhere(wheels: dict[str, Path]) -> None:
    for wheel in wheels.values():
        shown = metadata(wheel)
        links = [part.partition(")")[0] for part in shown.partition("\n\n")[2].split("](")[1:]]
        assert len(links) > 10
        assert [link for link in links if not link.startswith(("https://", "#"))] == []


def metadata(wheel: Path) -> str:
    folder = wheel.parent / wheel.stem
    shutil.unpack_archive(wheel, folder, "zip")
    return next(folder.glob("*.dist-info/METADATA")).read_text("utf-8")


def test_both_projects_say_the_same_of_themselves() -> None:
    naq, linter = (tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8")) for folder in ("", "lint_plugin"))
    for key in ("urls", "authors", "license", "requires-python"):
        assert naq["project"][key] == linter["project"][key]
    readme = naq["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"][0]["replacement"]
    assert naq["project"]["urls"]["Repository"] in readme
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "lint_plugin" / "LICENSE").read_bytes()


def _naq(programs: Path, *arguments: str, cwd: Path) -> Done:
    return run(programs / "flake8-naq", *arguments, cwd=cwd)


def _findings(programs: Path, folder: Path) -> None:
    done = _naq(programs, "check", "--output-format", "json", cwd=folder)
    assert done.returncode == 1
    assert [one["code"] for one in json.loads(done.stdout)] == ["NAQ301", "NAQ101"]
    flake8 = run(programs / "flake8", "--select", "NAQ", "a.py", cwd=folder)
    assert flake8.stdout == _naq(programs, "check", "a.py", cwd=folder).stdout
    inventory = json.loads(_naq(programs, "inventory", "--output-format", "json", cwd=folder).stdout)
    assert "send" in json.dumps(inventory)


def _reports(programs: Path, folder: Path) -> None:
    page = _naq(programs, "inventory", "--output-format", "html", cwd=folder).stdout
    assert "<svg" in page
    assert "--managed:" in page  # the style sheet is a separate file in the package
    for output in ("github", "gitlab", "sarif"):
        assert "NAQ101" in _naq(programs, "check", "--output-format", output, cwd=folder).stdout
        assert "NAQ101" in run(programs / "flake8", f"--format=naq-{output}", "a.py", cwd=folder).stdout


def _pages(programs: Path, folder: Path) -> None:
    page = _naq(programs, "explain", "NAQ101", cwd=folder).stdout
    assert page == (ROOT / "docs" / "rules" / "NAQ101.md").read_text(encoding="utf-8")
    help_text = _naq(programs, "--help", cwd=folder).stdout
    assert all(name in help_text for name in SUBCOMMANDS)


def _baseline(programs: Path, folder: Path) -> None:
    assert _naq(programs, "baseline", "write", "--baseline", "known", cwd=folder).returncode == 0
    assert _naq(programs, "check", "--baseline", "known", cwd=folder).returncode == 0
    (folder / "known").unlink()


def _editor(programs: Path, folder: Path) -> None:
    document = {"uri": (folder / "a.py").as_uri(), "languageId": "python", "version": 1, "text": BY_HAND}
    said = speak(
        rpc("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}, 1),
        rpc("textDocument/didOpen", {"textDocument": document}),
        until="textDocument/publishDiagnostics",
        server=[str(programs / "flake8-naq"), "lsp"],
        cwd=folder,
    )
    [published] = [m["params"] for m in said.messages if m.get("method") == "textDocument/publishDiagnostics"]
    assert [one["code"] for one in published["diagnostics"]] == ["NAQ301", "NAQ101"]
    assert said.returncode == 0


def _fix(programs: Path, folder: Path) -> None:
    assert "+    async with nats_connection(config) as conn:" in _naq(programs, "fix", "--diff", cwd=folder).stdout
    assert _naq(programs, "fix", cwd=folder).returncode == 0
    assert (folder / "a.py").read_text() == MANAGED
    assert _naq(programs, "check", cwd=folder).returncode == 0
