"""What was found is kept as long as nothing that it depends on changes; a damaged or foreign cache costs nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flake8_naq.cli.main import main
from flake8_naq.linking.analysed import Judged
from flake8_naq.run import check_files, result_cache, shared_work, worker_pool

CLIENTS = "import nats\n\n\nasync def get_client():\n    return await nats.connect('u')\n"
HELPERS = "async def work(nc):\n    await nc.flush()\n"
USER = (
    "from clients import get_client\nfrom helpers import work\n\n\n"
    "async def f():\n    nc = await get_client()\n    await work(nc)\n"
)
FOUND = "user.py:6:16: NAQ103 connection 'nc' from 'get_client' (clients.py:5) is never closed"


class Project:
    """A project in a folder, and how often its files were analysed."""

    def __init__(self, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.folder, self.cache, self._capsys = folder, cache, capsys
        self.analysed: list[str] = []
        examine = check_files.examine

        def counted(job: check_files.Job) -> check_files.Examined | check_files.Result:
            self.analysed.append(os.path.basename(job.path))
            return examine(job)

        judge = check_files._judge

        def counted_early(job: check_files.Job) -> Judged | check_files.Result:
            if job.early is not None:
                self.analysed.append(os.path.basename(job.path))
            return judge(job)

        monkeypatch.setattr(check_files, "examine", counted)
        monkeypatch.setattr(check_files, "_judge", counted_early)
        monkeypatch.setenv("FLAKE8_NAQ_CACHE_DIR", str(cache))
        monkeypatch.chdir(folder)

    def write(self, **sources: str) -> None:
        for name, source in sources.items():
            (self.folder / f"{name}.py").write_text(source)

    def check(self, *arguments: str) -> tuple[str, list[str]]:
        """Return the first line of what is found, without its remedy, and the files that were analysed for it."""
        self.analysed.clear()
        main(["check", *arguments, "."])
        shown, errors = self._capsys.readouterr()
        assert errors == ""
        return shown.partition(";")[0].strip().removeprefix("./"), sorted(self.analysed)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    found = Project(folder, tmp_path / "cache", monkeypatch, capsys)
    found.write(clients=CLIENTS, helpers=HELPERS, user=USER, other="import nats\n")
    return found


ALL = ["clients.py", "other.py", "user.py"]


def test_nothing_is_analysed_again(project: Project) -> None:
    assert project.check() == (FOUND, ALL)
    assert project.check() == (FOUND, [])
    # What is found in the others is known by then: files that mention the catalogue are analysed first.
    assert project.check("--no-cache") == (FOUND, ["user.py"])


def test_other_processes_get_the_files_of_which_nothing_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def spread(work: Callable[[Any], object], jobs: list[Any], *_: int) -> list[object]:
        given.extend(os.path.basename(job.path) for job in jobs if isinstance(job, check_files.Job))
        return [work(job) for job in jobs]

    monkeypatch.setattr(shared_work, "_PARALLEL_FROM", 1)
    monkeypatch.setattr(worker_pool, "spread", spread)
    project.check("-j2")
    given.clear()
    assert project.check("-j2") == (FOUND, [])
    assert given == []
    project.write(other="import nats\n\n")
    assert project.check("-j2") == (FOUND, ["other.py"])
    assert given == ["other.py"]


@pytest.mark.parametrize(
    ("change", "found", "analysed"),
    [
        ({"user": f"{USER}\n"}, FOUND, ["user.py"]),
        ({"other": "import nats\n\n"}, FOUND, ["other.py"]),
        ({"clients": f"\n{CLIENTS}"}, FOUND.replace(":5)", ":6)"), ["clients.py", "user.py"]),
        ({"clients": CLIENTS.replace("return await", "x = await")}, "clients.py:5:15: NAQ103 connection 'x' is never closed", None),
        ({"helpers": HELPERS.replace("flush", "close")}, FOUND.replace("NAQ103", "NAQ101").replace("is never closed", "is closed by hand"), ["user.py"]),
        ({"helpers": "KEPT = []\n\n\nasync def work(nc):\n    KEPT.append(nc)\n"}, "", ["user.py"]),
        ({"unrelated": "x = 1\n"}, FOUND, []),
    ],
)  # fmt: skip
def test_what_depends_on_a_change_is_analysed_again(
    project: Project, change: dict[str, str], found: str, analysed: list[str] | None
) -> None:
    project.check()
    project.write(**change)
    assert project.check("--no-cache")[0] == found
    shown, again = project.check()
    assert shown == found
    assert analysed is None or again == analysed
    assert project.check() == (found, [])


def test_a_module_that_comes_or_goes_is_seen(project: Project) -> None:
    (project.folder / "helpers.py").unlink()
    assert project.check()[0] == ""
    project.write(helpers=HELPERS)
    assert project.check()[0] == FOUND
    (project.folder / "helpers.py").unlink()
    assert project.check()[0] == ""


BUS = "import nats\n\n\nclass Bus:\n    async def start(self):\n        self.nc = await nats.connect('u')\n"
NEVER = "bus.py:6:25: NAQ108 connection 'self.nc' is closed by no method of class 'Bus'"
ENDS = "async def end(bus):\n    await bus.nc.close()\n"


def test_a_release_in_a_module_that_the_file_does_not_import_comes_and_goes(project: Project) -> None:
    (project.folder / "user.py").unlink()
    project.write(bus=BUS, plain="X = 1\n")
    assert project.check() == (NEVER, ["bus.py", "clients.py", "other.py"])
    project.write(plain=ENDS)  # which neither imports nor mentions what the analysis looks for
    assert project.check("--no-cache")[0] == ""
    assert project.check() == ("", ["bus.py"])
    project.write(plain=f"{ENDS}\n", second=ENDS)
    assert project.check() == ("", [])
    project.write(plain=ENDS.replace("bus.nc", "bus.other"))
    (project.folder / "second.py").unlink()
    assert project.check() == (NEVER, ["bus.py"])
    assert project.check() == (NEVER, [])


def test_a_module_that_is_known_by_its_imports_alone_is_seen_to_give_a_library_on(project: Project) -> None:
    project.write(user="from compat import sqlite3\n\n\ndef f():\n    db = sqlite3.connect('x')\n    db.execute('y')\n")
    project.write(compat="import json\n")
    assert project.check()[0] == ""
    project.write(compat="import json\n\n\ndef f():\n    pass\n")
    assert project.check() == ("", [])
    project.write(compat="import sqlite3\n")
    shown, analysed = project.check()
    assert analysed == ["user.py"]
    assert shown.startswith("user.py:5:10: NAQ103")


def truncate(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-9])


def garble(entry: Path) -> None:
    entry.write_bytes(b"\x00\xff garbage")


def empty(entry: Path) -> None:
    entry.write_bytes(b"")


def other_shape(entry: Path) -> None:
    entry.write_text('["modules"]')


def other_fields(entry: Path) -> None:
    data = json.loads(entry.read_text())
    entry.write_text(json.dumps({**data, "findings": [[1, 2], "x", None]}))


def other_questions(entry: Path) -> None:
    data = json.loads(entry.read_text())
    entry.write_text(json.dumps({**data, "asked": [["nc", ["Bus"], [5], True]]}))


def other_methods(entry: Path) -> None:
    data = json.loads(entry.read_text())
    entry.write_text(json.dumps({**data, "asked": [[5, "Bus", [5], True]]}))


def make_folder(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


@pytest.mark.parametrize("damage", [truncate, garble, empty, other_shape, other_fields, other_questions, other_methods, make_folder])
def test_a_damaged_entry_is_not_used(project: Project, damage: Callable[[Path], None]) -> None:
    project.check()
    for entry in list(project.cache.iterdir()):
        damage(entry)
    assert project.check() == (FOUND, ALL)


def test_a_folder_that_cannot_be_made_is_left_alone(project: Project) -> None:
    project.cache.write_text("a file")
    assert project.check() == (FOUND, ALL)
    assert project.check() == (FOUND, ALL)
    assert project.cache.read_text() == "a file"


def test_the_settings_count(project: Project) -> None:
    project.check()
    (project.folder / "pyproject.toml").write_text('[tool.flake8-naq]\ninert-bases = ["app.Base"]\n')
    assert project.check() == (FOUND, ALL)


def test_old_entries_go(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_cache, "_MOST", 2)
    project.check()
    assert len(list(project.cache.iterdir())) == 2


def test_each_file_of_the_linter_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package"
    for folder in ("rules", "rules/__pycache__"):
        (package / folder).mkdir(parents=True)
        (package / folder / "one.py").write_text("1")
    monkeypatch.setattr(result_cache, "_PACKAGE", package)

    def linter() -> str:
        result_cache._linter.cache_clear()
        return result_cache._linter()

    try:
        before = linter()
        (package / "rules" / "__pycache__" / "one.py").write_text("12")
        (package / "notes.txt").write_text("text")
        assert linter() == before
        (package / "rules" / "one.py").write_text("12")
        assert linter() != before
    finally:
        result_cache._linter.cache_clear()
