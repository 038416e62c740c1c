"""Warnings in an editor: where they stand, and when they come and go. Each test speaks to a real server process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lsprotocol import types

from lint.lsp.editor import STARTED, editing, in_a_loop
from lint.process import naq
from lint.sources import LEAK

FIXTURES = Path(__file__).parent.parent / "rules"
MESSAGE = "connection 'nc' is never closed; use 'async with await nats.connect() as nc'"
MANAGED = (
    "import nats\n\n\nasync def f():\n    async with await nats.connect() as nc:\n        await nc.publish('a', b'b')\n"
)


def span(found: types.Diagnostic) -> tuple[int, int, int, int]:
    start, end = found.range.start, found.range.end
    return start.line, start.character, end.line, end.character


@in_a_loop
async def test_a_leak_is_shown_over_its_exact_range(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    async with editing(tmp_path, server=STARTED) as editor:
        [found] = await editor.warnings(editor.open(tmp_path / "leak.py"))
    assert (found.source, found.code, found.message) == ("flake8-naq", "NAQ103", MESSAGE)
    assert found.severity is types.DiagnosticSeverity.Warning
    assert span(found) == (4, 15, 4, 29)
    assert (editor.returncode, editor.stderr) == (0, "")


@in_a_loop
async def test_the_text_counts_and_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "leak.py", MANAGED)
        assert await editor.warnings(uri) == []
        editor.change(uri, LEAK, 2)
        assert len(await editor.warnings(uri, 2)) == 1
        editor.change(uri, MANAGED, 3)
        assert await editor.warnings(uri, 3) == []


@in_a_loop
async def test_closing_a_text_takes_its_warnings_away(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "leak.py", LEAK)
        assert await editor.warnings(uri)
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        assert await editor.warnings(uri, None) == []


@pytest.mark.parametrize(
    ("encodings", "start"),
    [(None, 27), (["utf-16"], 27), (["utf-8", "utf-16"], 32), (["utf-32"], 25)],
    ids=["default", "utf-16", "utf-8", "utf-32"],
)
@in_a_loop
async def test_columns_are_in_the_unit_that_was_agreed_upon(
    encodings: list[str] | None, start: int, tmp_path: Path
) -> None:
    # 'é' is one unit in UTF-16 and two bytes in UTF-8, a snake two units and four bytes.
    text = LEAK.replace("    nc =", "    é = '🐍🐍'; nc =")
    async with editing(tmp_path, encodings) as editor:
        assert editor.offered is not None
        assert editor.offered.capabilities.position_encoding == (encodings or ["utf-16"])[0]
        [found] = await editor.warnings(editor.open(tmp_path / "leak.py", text))
    assert span(found) == (4, start, 4, start + 14)


@in_a_loop
async def test_lines_end_where_the_protocol_says(tmp_path: Path) -> None:
    text = "import nats\r\nTEXT = '\u2028'  # \x0b \x85\r\n\x0c\r\nasync def f():\r    nc = await nats.connect()\r\n    await nc.flush()\n"
    async with editing(tmp_path) as editor:
        [found] = await editor.warnings(editor.open(tmp_path / "leak.py", text))
    assert span(found) == (4, 15, 4, 29)


@in_a_loop
async def test_the_last_good_warnings_stay_while_a_text_does_not_parse(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "leak.py", LEAK)
        [before] = await editor.warnings(uri)
        editor.change(uri, LEAK.replace("async def", "def (\n\nasync def"), 2)
        [moved] = await editor.warnings(uri, 2)
        editor.change(uri, LEAK + "    await (", 3)
        [back] = await editor.warnings(uri, 3)
        editor.change(uri, LEAK.replace("    nc = await nats.connect()\n", "    nc = await nats.conn(\n"), 4)
        [edited] = await editor.warnings(uri, 4)
    assert span(before) == span(back) == (4, 15, 4, 29)
    assert span(moved) == (6, 15, 6, 29)
    assert (edited.range.start.line, edited.message) == (4, MESSAGE)


@in_a_loop
async def test_a_text_that_never_parsed_has_no_warnings(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        assert await editor.warnings(editor.open(tmp_path / "a.py", f"{LEAK}\ndef (")) == []
        assert await editor.warnings(editor.open(tmp_path / "b.py", f"{LEAK}\0")) == []
        assert editor.told == []


@in_a_loop
async def test_many_changes_end_in_the_warnings_of_the_last(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "leak.py", MANAGED)
        for version in range(2, 300):
            editor.change(uri, f"{LEAK if version % 2 else MANAGED}# {version}\n", version)
        editor.change(uri, LEAK, 300)
        [found] = await editor.warnings(uri, 300)
    assert span(found) == (4, 15, 4, 29)
    assert editor.stderr == ""


@in_a_loop
async def test_a_small_text_does_not_wait_for_a_large_one(tmp_path: Path) -> None:
    function = LEAK.partition("import nats\n")[2]
    async with editing(tmp_path) as editor:
        large = editor.open(tmp_path / "large.py", "import nats\n" + function * 1500)
        small = editor.open(tmp_path / "small.py", LEAK)
        assert len(await editor.warnings(small)) == 1
        assert not editor.has_warnings(large)
        assert len(await editor.warnings(large)) == 1500


@in_a_loop
async def test_a_text_that_is_not_python_is_left_alone(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        item = types.TextDocumentItem("untitled:Untitled-1", "markdown", 1, LEAK)
        editor.text_document_did_open(types.DidOpenTextDocumentParams(item))
        item = types.TextDocumentItem("untitled:Untitled-2", "python", 1, LEAK)
        editor.text_document_did_open(types.DidOpenTextDocumentParams(item))
        assert len(await editor.warnings("untitled:Untitled-2")) == 1
        place = types.TextDocumentIdentifier("untitled:Untitled-1")
        assert await editor.text_document_hover_async(types.HoverParams(place, types.Position(4, 20))) is None


@in_a_loop
async def test_the_same_findings_as_the_command_in_all_fixtures(tmp_path: Path) -> None:
    names = sorted(path.name for path in FIXTURES.glob("naq*.py"))
    expected = {
        (
            entry["path"],
            entry["line"],
            entry["column"],
            entry["end_line"],
            entry["end_column"],
            entry["code"],
            entry["message"],
        )
        for entry in json.loads(naq("check", "--output-format", "json", *names, cwd=FIXTURES).stdout)
    }
    found = set()
    async with editing(FIXTURES, ["utf-32"]) as editor:
        for name in names:
            for one in await editor.warnings(editor.open(FIXTURES / name)):
                start, end = one.range.start, one.range.end
                place = (start.line + 1, start.character + 1, end.line + 1, end.character + 1)
                found.add((name, *place, str(one.code), one.message))
    assert found == expected
    assert len(found) > 100


@in_a_loop
async def test_hovering_over_a_warning_shows_the_page_of_its_rule(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "leak.py", f"# 🐍 é\n{LEAK}")
        place = types.TextDocumentIdentifier(uri)
        shown = await editor.text_document_hover_async(types.HoverParams(place, types.Position(5, 20)))
        nothing = await editor.text_document_hover_async(types.HoverParams(place, types.Position(6, 8)))
    assert shown is not None
    assert isinstance(shown.contents, types.MarkupContent)
    assert shown.contents.kind is types.MarkupKind.Markdown
    assert f"**NAQ103** {MESSAGE}" in shown.contents.value
    assert naq("explain", "NAQ103", cwd=tmp_path).stdout in shown.contents.value + "\n"
    assert nothing is None


LARGE = LEAK + "#" * 20_000_000
MUCH = LEAK + f"\n\nasync def much(u):\n    nc = await nats.connect(u)\n    x = u{'.a' * 900}\n"


@in_a_loop
async def test_a_text_that_is_too_large_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "large é.py"
    async with editing(tmp_path) as editor:
        uri = editor.open(path, LARGE)
        assert await editor.warnings(uri) == []
        assert await editor.message() == f"flake8-naq: {path}: not checked: larger than 20 MB"
        editor.change(uri, f"# more\n{LARGE}", 2)
        assert await editor.warnings(uri, 2) == []
        editor.change(uri, LEAK, 3)
        assert len(await editor.warnings(uri, 3)) == 1
        assert editor.told == []


@in_a_loop
async def test_a_function_that_cannot_be_followed_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "much.py", MUCH)
        assert [one.message for one in await editor.warnings(uri)] == [MESSAGE]
        said = f"{tmp_path / 'much.py'}: line 9: 'much' is nested too deeply to be checked in full"
        assert await editor.message() == f"flake8-naq: {said}"
