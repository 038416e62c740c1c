"""A file that other files need is analysed once, and what is found in it is what an analysis of it alone finds."""

from __future__ import annotations

import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flake8_naq.engine import lint
from flake8_naq.facts import functions
from flake8_naq.linking.analysed import Judged
from flake8_naq.project.codes import off_by_default
from flake8_naq.project.flake8_options import Options
from flake8_naq.project.settings import Settings
from flake8_naq.run import first_look, shared_work
from flake8_naq.run.check_files import Job, check_all
from flake8_naq.run.first_look import Candidate, candidates
from flake8_naq.run.run_modules import modules_of, new_modules
from flake8_naq.syntax import source
from lint.process import run

PROJECTS = Path(__file__).parents[1] / "linking" / "projects"
EVERY_RULE = Settings(select=off_by_default())
CLIENTS = """\
import nats


async def get_client():
    return await nats.connect("u")


async def send():
    nc = await nats.connect("u")
    await nc.publish("a", b"")
    await nc.close()
"""
PASSED_ON = """\
import nats
from clients import get_client


async def send():
    nc = await get_client()
    await nc.publish("a", b"")
    await nc.close()


async def get_other():
    return await nats.connect("u")
"""
USER = "from passed_on import get_other\n\n\nasync def use():\n    nc = await get_other()\n    await nc.drain()\n"


def wanted(files: list[Path], processes: int) -> list[Candidate]:
    modules = new_modules(Settings(), processes, judge=True)
    return list(candidates(map(str, files), modules, lambda number: None, processes=processes))


def early(one: Candidate) -> Judged | None:
    return modules_of(Settings()).exports.early(one.source or b"", one.path)


@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_found_early_is_what_is_found(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_work, "_PARALLEL_FROM", 0)
    monkeypatch.setattr(first_look, "_LOOK_TOGETHER_FROM", 0)
    seen = list[int]()
    for project in sorted(PROJECTS.iterdir()):
        for one in wanted(sorted(project.rglob("*.py")), processes):
            judged = early(one)
            if judged is not None:
                assert list(judged.findings) == lint(Path(one.path).read_text("utf-8"), one.path, EVERY_RULE), one.path
                seen.append(len(judged.findings))
    assert len(seen) > 5
    assert any(seen)


@pytest.fixture
def project(tmp_path: Path) -> list[Path]:
    for name, text in (("clients.py", CLIENTS), ("passed_on.py", PASSED_ON), ("user.py", USER)):
        (tmp_path / name).write_text(text)
    return sorted(tmp_path.glob("*.py"))


def test_a_file_is_parsed_again_only_if_more_is_known_of_its_imports(
    project: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = Counter[str]()
    parse = source.parse_text

    def counted(text: str, path: str) -> object:
        parsed[os.path.basename(path)] += 1
        return parse(text, path)

    monkeypatch.setattr(source, "parse_text", counted)
    jobs = [
        Job(one.path, one.source or b"", Settings(), Options(select=("NAQ",)), early=early(one))
        for one in wanted(project, 1)
    ]
    found = {os.path.basename(one.path): [f"{f.line} {f.code}" for f in one.findings] for one in check_all(jobs, 1)}
    assert found == {"clients.py": ["9 NAQ102"], "passed_on.py": ["6 NAQ102"], "user.py": ["5 NAQ101"]}
    assert parsed["clients.py"] == 1
    assert parsed["user.py"] == 1


def test_what_was_found_in_another_text_does_not_count(project: list[Path]) -> None:
    clients = wanted(project, 1)[0]
    assert early(clients) is not None
    assert early(clients._replace(source=(clients.source or b"") + b"\n")) is None


def test_files_that_are_read_together_come_in_their_order(
    project: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_look, "_LOOK_TOGETHER_FROM", 2)
    monkeypatch.setattr(first_look, "_LOOKS", 1)
    for name in ("a_plain.py", "other.py", "plain.py", "z_plain.py"):
        (tmp_path / name).write_text("import os\n\nos.getcwd()\n")
    files = [tmp_path / "a_gone.py", *sorted(tmp_path.glob("*.py")), tmp_path / "z_gone.py"]

    together = wanted(files, 3)

    assert [one.path.rpartition(os.sep)[2] for one in together] == [
        *("a_gone.py", "clients.py", "passed_on.py", "user.py", "z_gone.py")
    ]
    assert together == wanted(files, 1)


def test_no_file_is_analysed_before_its_kept_findings_are_looked_for(
    project: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that keeps findings analyses before that only what other files import."""
    (project[0].parent / "alone.py").write_text(CLIENTS)
    read = Counter[str]()
    parse = source.parse_text

    def counted(text: str, path: str) -> object:
        read[os.path.basename(path)] += 1
        return parse(text, path)

    class NothingKept:
        def load(self, name: str) -> None:
            return None

        def save(self, name: str, kept: object) -> None:
            pass

    monkeypatch.setattr(source, "parse_text", counted)
    for looks, expected in ((NothingKept(), 0), (None, 1)):
        read.clear()
        modules = new_modules(Settings(), 1, judge=True)
        list(candidates(map(str, sorted(project[0].parent.glob("*.py"))), modules, lambda number: None, looks))
        assert (read["alone.py"], read["clients.py"]) == (expected, 1)


def test_a_mistake_in_one_module_is_one_line_and_costs_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the module is analysed for the files that import it."""
    (tmp_path / "clients.py").write_text(CLIENTS)
    (tmp_path / "uses.py").write_text("from clients import get_client\n\n\nasync def use():\n    await get_client()\n")
    (tmp_path / "other.py").write_text("import nats\n\n\nasync def lose():\n    nc = await nats.connect('u')\n")
    build = functions.build_graph

    def broken(*arguments: Any) -> Any:
        if getattr(arguments[0], "name", "") == "get_client":
            raise KeyError("a mistake")
        return build(*arguments)

    monkeypatch.setattr(functions, "build_graph", broken)
    paths = [str(tmp_path / name) for name in ("clients.py", "other.py", "uses.py")]
    modules = new_modules(EVERY_RULE, 1, judge=True)
    jobs = [
        Job(one.path, one.source, EVERY_RULE, Options())
        for one in candidates(paths, modules, lambda count: None)
        if one.source is not None
    ]
    results = {Path(one.path).name: one for one in check_all(jobs, 1)}
    assert "a mistake in flake8-naq, please report it (KeyError('a mistake'))" in results["clients.py"].error
    assert [finding.code for finding in results["other.py"].findings] == ["NAQ103"]
    assert not results["other.py"].error


def test_processes_that_are_forked_have_the_analysis() -> None:
    """Each of them would import it again."""
    program = "import sys; from flake8_naq.run.run_modules import load_analysis; load_analysis(); print(*sys.modules)"
    loaded = set(run(sys.executable, "-c", program, cwd=Path.cwd()).stdout.split())
    assert {"flake8_naq.engine", "flake8_naq.linking.owners", "flake8_naq.rules.naq101"} <= loaded


def test_what_work_needs_is_loaded_where_several_processes_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_work, "_PARALLEL_FROM", 100)
    loaded: list[int] = []
    for size in (99, 100):
        assert list(shared_work.shared_work(abs, [-1, 2], size, 2, partial(loaded.append, size))) == [1, 2]
    assert loaded == [100]
