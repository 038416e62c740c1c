"""What a project sets holds in the editor as it does for flake8 and the command: nearest to the file, and at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from lint.lsp.editor import Editor, editing, in_a_loop
from lint.process import naq
from lint.sources import LEAK

FILE = "def g():\n    f = open('x')\n    f.read()\n"
RULES = Path(__file__).parent.parent / "rules"
RESOURCE = """
[[tool.flake8-naq.resource]]
name = "file"
acquire = ["open"]
release-methods = ["close"]
manager = "with open({args}) as {name}"
"""


def save(editor: Editor, uri: str) -> None:
    editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module in a project that is not the folder that the editor starts the server in."""
    path = tmp_path / "my project é" / "src" / "leak.py"
    path.parent.mkdir(parents=True)
    path.write_text(LEAK)
    return path


@in_a_loop
async def test_noqa_silences(tmp_path: Path) -> None:
    noqa = LEAK.replace("connect()", "connect()  # noqa: NAQ103")
    async with editing(tmp_path) as editor:
        assert await editor.warnings(editor.open(tmp_path / "a.py", noqa)) == []
        assert await editor.warnings(editor.open(tmp_path / "b.py", f"# flake8: noqa\n{LEAK}")) == []
        assert len(await editor.warnings(editor.open(tmp_path / "c.py", noqa.replace("103", "101")))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[flake8]\nignore = NAQ103\n",
        "[flake8]\nselect = NAQ2\n",
        "[flake8]\nper-file-ignores =\n    src/*.py: NAQ103\n",
        "[flake8]\nper-file-ignores = leak.py: NAQ\n",
        "[flake8]\nexclude = src\n",
        "[flake8]\nexclude = src/leak.py\n",
    ],
)
@in_a_loop
async def test_flake8_configuration_counts(text: str, module: Path, tmp_path: Path) -> None:
    (module.parent.parent / ".flake8").write_text(text)
    async with editing(tmp_path) as editor:
        assert await editor.warnings(editor.open(module)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.flake8-naq]\nselect = ["NAQ302"]\n'),
        (".flake8", "[flake8]\nextend-select = NAQ302\n"),
        (".flake8", "[flake8]\nselect = NAQ1,NAQ302\n"),
        (".flake8", "[flake8]\nselect = NAQ3,E100\n"),
        (".flake8", "[flake8]\nmax-line-length = 100\n"),
    ],
)
@in_a_loop
async def test_rules_that_are_off_by_default_are_turned_on_as_in_the_command(
    name: str, text: str, module: Path, tmp_path: Path
) -> None:
    module.write_text((RULES / "naq302.py").read_text(encoding="utf-8"), encoding="utf-8")
    (module.parent.parent / name).write_text(text)
    expected = naq("check", ".", cwd=module.parent.parent).stdout.count("NAQ302")
    async with editing(tmp_path) as editor:
        found = [one.code for one in await editor.warnings(editor.open(module))]
    assert found.count("NAQ302") == expected
    assert (expected > 0) is ("100" not in text)


@pytest.mark.parametrize(
    "text",
    ['ignore = ["NAQ1"]', 'select = ["NAQ3"]', 'exclude = ["src"]', 'per-file-ignores = { "src/*" = ["NAQ103"] }'],
)
@in_a_loop
async def test_codes_and_files_of_the_settings_count(text: str, module: Path, tmp_path: Path) -> None:
    (module.parent.parent / "pyproject.toml").write_text(f"[tool.flake8-naq]\n{text}\n")
    async with editing(tmp_path) as editor:
        assert await editor.warnings(editor.open(module)) == []


@in_a_loop
async def test_the_nearest_configuration_wins(module: Path, tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[flake8]\nignore = NAQ\n")
    (module.parent.parent / ".flake8").write_text("[flake8]\nmax-line-length = 100\n")
    (tmp_path / "leak.py").write_text(LEAK)
    async with editing(tmp_path) as editor:
        assert await editor.warnings(editor.open(tmp_path / "leak.py")) == []
        assert len(await editor.warnings(editor.open(module))) == 1


@in_a_loop
async def test_resources_of_the_project_count(module: Path, tmp_path: Path) -> None:
    (module.parent.parent / "pyproject.toml").write_text(RESOURCE)
    async with editing(tmp_path) as editor:
        [found] = await editor.warnings(editor.open(module, FILE))
    assert "with open('x') as f" in found.message


@in_a_loop
async def test_a_setting_that_cannot_be_used_is_told_once_and_warnings_stay(module: Path, tmp_path: Path) -> None:
    settings = module.parent.parent / "pyproject.toml"
    async with editing(tmp_path) as editor:
        uri = editor.open(module)
        [before] = await editor.warnings(uri)
        settings.write_text("[tool.flake8-naq]\nselect = 5\n")
        for version in (2, 3, 4):
            editor.change(uri, f"# {version}\n{LEAK}", version)
            [stayed] = await editor.warnings(uri, version)
            assert stayed.message == before.message
        assert await editor.message() == (
            f"flake8-naq: {settings}: tool.flake8-naq.select: expected a list of codes such as [\"NAQ101\"], got 5"
        )
        assert editor.told == []
        settings.write_text('[tool.flake8-naq]\nextend-select = ["NAQ203"]\n')
        editor.change(uri, LEAK, 5)
        assert len(await editor.warnings(uri, 5)) == 1


@in_a_loop
async def test_known_findings_are_not_shown(module: Path, tmp_path: Path) -> None:
    project = module.parent.parent
    (project / "pyproject.toml").write_text('[tool.flake8-naq]\nbaseline = "known.baseline"\n')
    assert naq("baseline", "write", cwd=project).returncode == 0
    second = "\n\nasync def second():\n    nc = await nats.connect()\n    await nc.flush()\n"
    async with editing(tmp_path) as editor:
        uri = editor.open(module)
        assert await editor.warnings(uri) == []
        editor.change(uri, f"# moved\n{LEAK}{second}", 2)
        [new] = await editor.warnings(uri, 2)
        assert new.range.start.line == 10
        (project / "known.baseline").write_text("no baseline\n")
        editor.change(uri, f"{LEAK}{second}", 3)
        [stayed] = await editor.warnings(uri, 3)
        assert stayed.message == new.message
        assert "known.baseline" in await editor.message()


@in_a_loop
async def test_a_change_of_the_settings_holds_when_they_are_saved(module: Path, tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(module, version=1)
        assert len(await editor.warnings(uri)) == 1
        await asyncio.sleep(1)  # the server is at rest, and nothing but the event makes it check again
        (module.parent.parent / ".flake8").write_text("[flake8]\nignore = NAQ\n")
        event = types.FileEvent((module.parent.parent / ".flake8").as_uri(), types.FileChangeType.Created)
        editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        await editor.until(uri, lambda warnings: not warnings)
        (module.parent.parent / ".flake8").unlink()
        save(editor, uri)
        await editor.until(uri, lambda warnings: len(warnings) == 1)


@in_a_loop
async def test_a_code_leads_to_its_page_where_the_address_is_set(module: Path, tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(module)
        [plain] = await editor.warnings(uri)
        assert plain.code_description is None
        url = "https://docs.example.org/{code}.html"
        (module.parent.parent / "pyproject.toml").write_text(f'[tool.flake8-naq]\nrule-url = "{url}"\n')
        editor.change(uri, f"# 2\n{LEAK}", 2)
        [linked] = await editor.warnings(uri, 2)
        assert linked.code_description is not None
        assert linked.code_description.href == "https://docs.example.org/NAQ103.html"
