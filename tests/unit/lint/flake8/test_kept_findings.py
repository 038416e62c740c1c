"""flake8 analyses a file again only if the file, a module that it depends on, or a setting has changed."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from flake8_naq.flake8.plugin import Plugin
from flake8_naq.run import result_cache
from lint.process import flake8, naq

CLIENTS = "import nats\n\n\nasync def get_client():\n    return await nats.connect('u')\n"
USER = "from clients import get_client\n\n\nasync def f():\n    nc = await get_client()\n    await nc.flush()\n"
FOUND = "./user.py:5:16: NAQ103 connection 'nc' from 'get_client' (clients.py:5) is never closed"
LEFT = USER.replace("await nc.flush()", "keep(nc)")
EACH_TURN = (
    "import nats\n\n\nasync def f(items):\n    for item in items:\n"
    "        async with await nats.connect('u') as nc:\n            await nc.publish('a', item)\n"
)


class Project:
    """A project in a folder, with the files of it that flake8 analyses."""

    def __init__(self, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.cache = folder, cache
        self.analysed: list[str] = []
        analysed = Plugin._analysed

        def counted(plugin: Plugin, source: bytes) -> object:
            self.analysed.append(os.path.basename(plugin._filename))
            return analysed(plugin, source)

        monkeypatch.setattr(Plugin, "_analysed", counted)
        monkeypatch.setenv("FLAKE8_NAQ_CACHE_DIR", str(cache))
        monkeypatch.chdir(folder)

    def write(self, **sources: str) -> None:
        for name, source in sources.items():
            (self.folder / f"{name}.py").write_text(source)

    def flake8(self, *arguments: str) -> tuple[str, list[str]]:
        """Return what is found, without remedies, and the files that were analysed for it."""
        self.analysed.clear()
        shown = flake8("--isolated", *arguments, cwd=self.folder).stdout
        return "\n".join(line.partition(";")[0] for line in shown.splitlines()), sorted(self.analysed)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    found = Project(folder, tmp_path / "cache", monkeypatch)
    found.write(clients=CLIENTS, user=USER, plain="import os\n")
    return found


ALL = ["clients.py", "user.py"]


def test_nothing_is_analysed_again(project: Project) -> None:
    assert project.flake8() == (FOUND, ALL)
    assert project.flake8() == (FOUND, [])


@pytest.mark.parametrize(
    ("change", "found", "analysed"),
    [
        ({"user": f"{USER}\n"}, FOUND, ["user.py"]),
        ({"user": LEFT}, "", ["user.py"]),
        ({"clients": f"\n{CLIENTS}"}, FOUND.replace(":5)", ":6)"), ALL),
        ({"clients": "def get_client():\n    pass\n"}, "", []),
        ({"plain": "import json\n"}, FOUND, []),
    ],
)
def test_what_depends_on_a_change_is_analysed_again(
    project: Project, change: dict[str, str], found: str, analysed: list[str]
) -> None:
    project.flake8()
    project.write(**change)
    assert project.flake8() == (found, analysed)


def test_a_release_in_a_module_that_the_file_does_not_import_comes_and_goes(project: Project) -> None:
    never = "./bus.py:6:25: NAQ108 connection 'self.nc' is closed by no method of class 'Bus'"
    bus = "import nats\n\n\nclass Bus:\n    async def start(self):\n        self.nc = await nats.connect('u')\n"
    project.write(bus=bus, user="import os\n")
    assert project.flake8() == (never, ["bus.py", "clients.py"])
    project.write(plain="async def end(bus):\n    await bus.nc.close()\n")
    assert project.flake8() == ("", ["bus.py"])
    project.write(plain="import os\n")
    assert project.flake8() == (never, ["bus.py"])
    assert project.flake8() == (never, [])


def test_a_file_that_turns_out_not_to_matter_is_not_asked_about_again(project: Project) -> None:
    project.write(user="import clients\n\nprint(clients.URL)\n")
    assert project.flake8() == ("", ALL)
    assert project.flake8() == ("", [])


def test_the_user_may_want_no_cache(project: Project) -> None:
    assert project.flake8("--naq-no-cache") == (FOUND, ALL)
    assert not project.cache.exists()
    project.flake8()
    assert project.flake8("--naq-no-cache") == (FOUND, ALL)


def test_a_text_of_an_editor_is_not_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(USER.encode())))
    assert project.flake8("--stdin-display-name", "user.py", "-") == (FOUND.removeprefix("./"), ["user.py"])
    assert not project.cache.exists()


def test_rules_that_are_off_are_found_when_they_are_turned_on(project: Project) -> None:
    project.write(user=EACH_TURN)
    assert project.flake8()[0] == ""
    assert "NAQ203" in project.flake8("--extend-select", "NAQ203")[0]
    assert project.flake8()[0] == ""
    (project.folder / "pyproject.toml").write_text('[tool.flake8-naq]\nextend-select = ["NAQ203"]\n')
    assert project.flake8("--extend-ignore", "NAQ203")[0] == ""
    assert "NAQ203" in project.flake8()[0]


def test_neither_command_answers_with_what_the_other_has_kept(project: Project) -> None:
    """The command keeps the findings of all rules, the plugin those of the rules that are on."""
    project.flake8()
    before = set(project.cache.iterdir())
    naq("check", cwd=project.folder)
    for kept in before:
        kept.write_text(kept.read_text().replace("never closed", "kept by flake8"))
    assert "kept by flake8" in project.flake8()[0]
    assert "kept by flake8" not in naq("check", cwd=project.folder).stdout


def test_a_function_that_cannot_be_followed_is_told_of_each_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flake8_naq.dataflow.verdict.MAX_STEPS", 1)
    told = flake8("--isolated", cwd=project.folder).stderr
    assert "'get_client' is too long to be checked in full" in told
    monkeypatch.undo()
    monkeypatch.setenv("FLAKE8_NAQ_CACHE_DIR", str(project.cache))
    assert flake8("--isolated", cwd=project.folder).stderr == told


def test_old_entries_go_once_in_a_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned: list[str] = []
    monkeypatch.setattr(result_cache, "prune", pruned.append)
    project.flake8()
    assert pruned == [str(project.cache)]


def test_a_folder_that_cannot_be_made_is_left_alone(project: Project) -> None:
    project.cache.write_text("a file")
    assert project.flake8() == (FOUND, ALL)
    assert project.flake8() == (FOUND, ALL)
