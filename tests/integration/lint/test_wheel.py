"""What is built from this repository works where it is installed: an empty environment, nothing of the source tree."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from flake8_naq.cli.main import SUBCOMMANDS
from lint.lsp.raw import rpc, speak
from lint.process import Done, run

ROOT = Path(__file__).parents[3]
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


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which the wheel is installed with its extras, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    for arguments in (["wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], ["install", "naq[lsp] @ {}"]):
        wheel = next(folder.glob("*.whl"), folder)
        command = [*pip, *(argument.format(wheel.as_uri()) for argument in arguments)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return programs


# One test: workers that run tests side by side would each make an environment.
@pytest.mark.timeout(600)
def test_the_installed_wheel_does_it_all(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BY_HAND)
    assert run(programs / "python", "-m", "pip", "check", cwd=tmp_path).returncode == 0
    assert "naq: " in run(programs / "flake8", "--version", cwd=tmp_path).stdout
    _findings(programs, tmp_path)
    _reports(programs, tmp_path)
    _pages(programs, tmp_path)
    _baseline(programs, tmp_path)
    _editor(programs, tmp_path)
    _fix(programs, tmp_path)


def _naq(programs: Path, *arguments: str, cwd: Path) -> Done:
    return run(programs / "flake8-naq", *arguments, cwd=cwd)


def _findings(programs: Path, folder: Path) -> None:
    done = _naq(programs, "check", "--output-format", "json", cwd=folder)
    assert done.returncode == 1
    assert [one["code"] for one in json.loads(done.stdout)] == ["NAQ301", "NAQ301", "NAQ101"]
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
    assert [one["code"] for one in published["diagnostics"]] == ["NAQ301", "NAQ301", "NAQ101"]
    assert said.returncode == 0


def _fix(programs: Path, folder: Path) -> None:
    assert "+    async with nats_connection(config) as conn:" in _naq(programs, "fix", "--diff", cwd=folder).stdout
    assert _naq(programs, "fix", cwd=folder).returncode == 0
    assert (folder / "a.py").read_text() == MANAGED
    assert _naq(programs, "check", cwd=folder).returncode == 0
