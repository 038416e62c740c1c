"""Quick fixes and "fix all" in an editor: what is offered, and what the text is after an editor has applied it."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from lsprotocol import types

from flake8_naq.fixer import fix_source
from lint.lsp.editor import applied, editing, in_a_loop
from lint.process import naq
from lint.sources import LEAK

EXAMPLES = Path(__file__).parents[4] / "examples" / "unmanaged"
PAIR = """\
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection


async def é(config):
    nc = await get_nats_connection(config.nats.servers[0])
    try:
        js = await get_jetstream_context(nc)
        await js.publish("🐍", b"")
    finally:
        await close_nats_connection(nc)


async def second(config):
    nc = await get_nats_connection(config.nats.servers[0])
    try:
        await nc.publish("b", b"")
    finally:
        await close_nats_connection(nc)
"""


UNSAFE = PAIR.replace("config.nats.servers[0]", "url").replace("(config)", "(url)")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@in_a_loop
async def test_the_quick_fix_fixes_that_finding_and_no_other(ends: str, tmp_path: Path) -> None:
    text = PAIR.replace("\n", ends)
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "a.py", text)
        [action] = await editor.actions(uri, 4, 16, ["quickfix"])
        fixed = applied(text, action.edit)
        editor.change(uri, fixed, 2)
        left = {str(one.code) for one in await editor.warnings(uri, 2)}
    assert (action.title, action.kind, action.is_preferred) == (
        "Use nats_jetstream",
        types.CodeActionKind.QuickFix,
        True,
    )
    assert [one.code for one in action.diagnostics or ()] == ["NAQ101"]
    assert f"    async with nats_jetstream(config) as (conn, js):{ends}        await js.publish" in fixed
    assert fixed[fixed.index("async def second") :] == text[text.index("async def second") :]
    assert left == {"NAQ101", "NAQ301"}


@pytest.mark.parametrize("resolves", [True, False])
@in_a_loop
async def test_fix_all_does_what_the_fixer_does(resolves: bool, tmp_path: Path) -> None:
    async with editing(tmp_path, resolves=resolves) as editor:
        uri = editor.open(tmp_path / "a.py", PAIR)
        [action] = await editor.actions(uri, 0, only=["source.fixAll"])
        fixed = applied(PAIR, action.edit)
        editor.change(uri, fixed, 2)
        assert await editor.warnings(uri, 2) == []
        assert await editor.actions(uri, 0, only=["source.fixAll"]) == []
    assert action.kind == "source.fixAll.naq"
    assert fixed == fix_source(PAIR).source
    assert "close_nats_connection" not in fixed


@in_a_loop
async def test_fix_all_without_a_safe_fix_changes_nothing(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "a.py", LEAK)
        [action] = await editor.actions(uri, 0, only=["source.fixAll"])
    assert action.edit == types.WorkspaceEdit(changes={})


@in_a_loop
async def test_fix_all_leaves_what_is_silenced_or_known(tmp_path: Path) -> None:
    silenced = PAIR.replace("servers[0])\n", "servers[0])  # noqa: NAQ101\n", 1)
    (tmp_path / "a.py").write_text(PAIR[: PAIR.index("async def second")], encoding="utf-8")
    assert naq("baseline", "write", "--baseline", "known", cwd=tmp_path).returncode == 0
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "b.py", silenced)
        [action] = await editor.actions(uri, 0, only=["source.fixAll.naq"])
        first = applied(silenced, action.edit)
        (tmp_path / ".flake8").write_text("[flake8]\nnaq-baseline = known\n")
        uri = editor.open(tmp_path / "a.py", PAIR)
        [action] = await editor.actions(uri, 0, only=["source.fixAll.naq"])
        second = applied(PAIR, action.edit)
    for fixed in (first, second):
        assert fixed.count("async with nats_connection(config) as") == 1
        assert fixed.count("close_nats_connection(nc)") == 1


@in_a_loop
async def test_a_fix_that_may_change_more_says_so_and_is_not_preferred(tmp_path: Path) -> None:
    text = UNSAFE
    async with editing(tmp_path, resolves=False) as editor:
        uri = editor.open(tmp_path / "a.py", text)
        actions = await editor.actions(uri, 4, 16, ["quickfix"])
    for action in actions:
        assert ("(unsafe: " in action.title) is (not action.is_preferred)
    reasons = [left.reason for left in fix_source(text).unfixed if left.finding.line == 5]
    assert len(actions) == sum("--unsafe-fixes" in reason for reason in reasons)


@in_a_loop
async def test_a_fix_that_was_offered_early_is_not_done_unsafely(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "a.py", UNSAFE)
        early = types.CodeAction("Use nats_jetstream", data={"uri": uri, "finding": ["NAQ101", 5, 16]})
        [doubtful] = [one for one in fix_source(UNSAFE).unfixed if one.finding.line == 5]
        late = await editor.code_action_resolve_async(early)
        told = await editor.message()
        nonsense = await editor.code_action_resolve_async(types.CodeAction("?", data={"uri": uri, "finding": [1]}))
    # Emacs 30 asks again, without end, for an action that comes back without changes.
    assert late.edit == nonsense.edit == types.WorkspaceEdit(changes={})
    assert told.startswith("not fixed: ")
    assert doubtful.reason.removeprefix("only with --unsafe-fixes: ") in told


@in_a_loop
async def test_nothing_is_offered_where_there_is_nothing_to_fix(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "a.py", PAIR)
        assert await editor.actions(uri, 7, 0, ["quickfix"]) == []
        assert await editor.actions(uri, 4, 16, ["refactor"]) == []
        editor.change(uri, f"{PAIR}def (", 2)
        assert await editor.actions(uri, 4, 16) == []


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.fuzz)])
@in_a_loop
async def test_quick_fixes_of_real_code_take_their_findings_away_and_bring_none(tmp_path: Path, step: int) -> None:
    """Of every third finding, or of all."""
    fixed = 0
    async with editing(tmp_path, resolves=False) as editor:
        for path in sorted(EXAMPLES.rglob("*.py")):
            text, version = path.read_text(encoding="utf-8"), 1
            uri = editor.open(tmp_path / path.name, text, version)
            found = await editor.warnings(uri)
            for one in found[::step]:
                place = one.range.start
                editor.change(uri, text, version)
                for action in await editor.actions(uri, place.line, place.character, ["quickfix"]):
                    version += 1
                    editor.change(uri, applied(text, action.edit), version)
                    left = Counter(str(other.code) for other in await editor.warnings(uri, version))
                    before = Counter(str(other.code) for other in found)
                    assert left < before, f"{path.name}:{place.line}: {action.title}"
                    fixed += 1
    assert fixed > 20 // step


@in_a_loop
async def test_without_the_fixer_there_are_warnings_and_no_fixes(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['ast_grep_py'] = None\n")
    start = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import sitecustomize; from flake8_naq.cli.main import main; main(['lsp'])"
    async with editing(tmp_path, server=(sys.executable, "-c", start)) as editor:
        uri = editor.open(tmp_path / "a.py", PAIR)
        assert await editor.warnings(uri)
        actions = await editor.actions(uri, 4, 16)
        assert [action.edit for action in actions if action.edit and action.edit.changes] == []
    assert editor.stderr == ""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@in_a_loop
async def test_a_finding_can_be_disabled_on_its_line(tmp_path: Path, end: str) -> None:
    text = PAIR.replace("\n", end)
    async with editing(tmp_path) as editor:
        uri = editor.open(tmp_path / "a.py", text)
        before = await editor.warnings(uri)
        [action] = await editor.actions(uri, 4, 16, ["quickfix"], silencers=True)
        assert (action.title, action.is_preferred) == ("Disable NAQ101 on this line", False)
        silenced = applied(text, action.edit)
        assert silenced.splitlines()[4] == f"{text.splitlines()[4]}  # noqa: NAQ101"
        assert silenced.count(end) == silenced.count("\n") == text.count("\n")
        editor.change(uri, silenced, 2)
        assert len(await editor.warnings(uri, 2)) == len(before) - 1
        assert await editor.actions(uri, 4, 16, ["source.fixAll"], silencers=True) == []
