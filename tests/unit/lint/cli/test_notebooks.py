"""Notebooks through the command: found with cell and line in every report, silenced and known as in other files, not fixed."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lint.process import Done, naq, terminal

IMPORTS = "%matplotlib inline\nimport nats\n"
LEAK = "async def send(url, data):\n    nc = await nats.connect(url)\n    await nc.publish('a', data)\n    await nc.close()\n"
BY_HAND = "async def ping(url):\n    nc = await nats.connect(url)\n    try:\n        await nc.flush()\n    finally:\n        await nc.close()\n"
SAYS = "connection 'nc' stays open if cell 3, line 3 raises; use 'async with await nats.connect(url) as nc'"


def write(path: Path, *cells: str, language: str = "python") -> None:
    """Write a notebook with a text first, and then these code cells."""
    listed = [{"cell_type": "markdown", "metadata": {}, "source": ["# Title\n"]}]
    listed += [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell.splitlines(keepends=True)} for cell in cells]
    data = {"cells": listed, "metadata": {"language_info": {"name": language}}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(data, indent=1) + "\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / "nb.ipynb", IMPORTS, LEAK)
    return tmp_path


def stored(tree: Path, text: str) -> int:
    """The line of the file on which this line of code is stored."""
    [number] = [number for number, line in enumerate((tree / "nb.ipynb").read_text().splitlines(), 1) if text in line]
    return number


def check(tree: Path, output: str) -> str:
    return naq("check", "--output-format", output, "nb.ipynb", cwd=tree).stdout


def test_a_leak_is_found_with_cell_and_line(tree: Path) -> None:
    done = naq("check", "nb.ipynb", cwd=tree)
    assert (done.returncode, done.stdout, done.stderr) == (1, f"nb.ipynb:cell 3:2:16: NAQ102 {SAYS}\n", "")
    assert check(tree, "grouped") == f"nb.ipynb:\n  cell 3:2:16  NAQ102 {SAYS}\n"


def test_what_is_kept_of_a_notebook_gives_the_same_finding(tree: Path) -> None:
    assert len({naq("check", "nb.ipynb", cwd=tree).stdout for _ in range(2)}) == 1
    write(tree / "nb.ipynb", IMPORTS + LEAK)
    assert "nb.ipynb:cell 2:4:16: NAQ102" in naq("check", "nb.ipynb", cwd=tree).stdout


def test_a_terminal_has_a_frame_with_the_lines_of_the_cell(tree: Path) -> None:
    shown = terminal("check", "nb.ipynb", cwd=tree, columns=120, TERM="dumb")
    assert "  2 |     nc = await nats.connect(url)\n" in shown
    assert "  3 |     await nc.publish('a', data)\n" in shown
    assert "1 finding in 1 of 1 file\n" in shown  # no fix is promised


def test_formats_for_programs_name_the_line_of_the_file(tree: Path) -> None:
    line, text = stored(tree, "nc = await nats.connect"), f"cell 3, line 2: {SAYS}"
    [found] = json.loads(check(tree, "json"))
    assert (found["cell"], found["line"], found["column"], found["end_line"], found["fix"]) == (3, 2, 16, 2, None)
    [result] = json.loads(check(tree, "sarif"))["runs"][0]["results"]
    assert result["message"]["text"] == text
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": line, "startColumn": 1}
    assert f"file=nb.ipynb,line={line},col=1," in check(tree, "github")
    assert json.loads(check(tree, "gitlab"))[0]["location"]["lines"] == {"begin": line, "end": line}
    assert json.loads(check(tree, "rdjson"))["diagnostics"][0]["location"]["range"]["start"]["line"] == line
    assert f"linenumber={line};" in check(tree, "azure")
    assert text in ET.tostring(ET.fromstring(check(tree, "junit")), "unicode")


def test_the_fingerprint_stays_when_cells_move(tree: Path) -> None:
    def fingerprint() -> str:
        return str(json.loads(check(tree, "gitlab"))[0]["fingerprint"])

    before = fingerprint()
    write(tree / "nb.ipynb", "x = 1\n", IMPORTS, LEAK)
    assert fingerprint() == before


def test_a_comment_silences_and_is_reported_where_it_does_not(tree: Path) -> None:
    write(tree / "nb.ipynb", IMPORTS, LEAK.replace("connect(url)\n", "connect(url)  # noqa: NAQ102\n"), "x = 1  # noqa: NAQ101\n")
    assert naq("check", "nb.ipynb", cwd=tree).returncode == 0
    done = naq("check", "--unused-noqa", "nb.ipynb", cwd=tree)
    assert (done.returncode, done.stdout) == (1, "nb.ipynb:cell 4:1:8: unused '# noqa: NAQ101': it silences no finding\n")


def test_the_baseline_knows_a_finding_by_its_function(tree: Path) -> None:
    assert naq("baseline", "write", "--baseline", "known", "nb.ipynb", cwd=tree).returncode == 0
    assert "send NAQ102 nats.connect(url)" in (tree / "known").read_text()
    write(tree / "nb.ipynb", "x = 1\n", IMPORTS, LEAK)
    assert naq("check", "--baseline", "known", "nb.ipynb", cwd=tree).returncode == 0
    write(tree / "nb.ipynb", IMPORTS, LEAK, BY_HAND)
    assert "cell 4:2:16: NAQ101" in naq("check", "--baseline", "known", "nb.ipynb", cwd=tree).stdout


def test_the_inventory_lists_the_cell(tree: Path) -> None:
    done = naq("inventory", "nb.ipynb", cwd=tree)
    assert "nb.ipynb:cell 3:2" in done.stdout
    assert "0 of 1 migrated" in done.stdout
    [listed] = json.loads(naq("inventory", "--output-format", "json", "nb.ipynb", cwd=tree).stdout)["connections"]
    assert (listed["cell"], listed["line"], listed["fix"]) == (3, 2, None)
    assert ">cell 3:2<" in naq("inventory", "--output-format", "html", "nb.ipynb", cwd=tree).stdout


@pytest.mark.parametrize("command", [("fix",), ("fix", "--diff"), ("check", "--add-noqa")])
def test_nothing_is_written_into_a_notebook(tree: Path, command: tuple[str, ...]) -> None:
    write(tree / "nb.ipynb", IMPORTS, BY_HAND)
    before = (tree / "nb.ipynb").read_bytes()
    done = naq(*command, "nb.ipynb", cwd=tree)
    assert done.returncode == 2
    assert "nb.ipynb: not " in done.stderr
    assert "a notebook is checked only" in done.stderr
    assert (tree / "nb.ipynb").read_bytes() == before
    assert naq("check", "--fix", "nb.ipynb", cwd=tree).stdout.startswith("nb.ipynb:cell 3:2:16: NAQ101")
    assert (tree / "nb.ipynb").read_bytes() == before


def test_folders_have_notebooks_where_the_setting_says_so(tree: Path) -> None:
    write(tree / "by_hand.ipynb", IMPORTS, BY_HAND)
    (tree / "app.py").write_text("import nats\n")
    assert naq("check", ".", cwd=tree).returncode == 0
    assert naq("check", "--show-files", ".", cwd=tree).stdout == "./app.py\n"
    (tree / "pyproject.toml").write_text("[tool.flake8-naq]\nnotebooks = true\n")
    assert naq("check", "--show-files", ".", cwd=tree).stdout == "./app.py\n./by_hand.ipynb\n./nb.ipynb\n"
    assert "notebooks: those in folders, too" in naq("check", "--show-settings", ".", cwd=tree).stdout
    assert [line.split(" NAQ")[0] for line in naq("check", ".", cwd=tree).stdout.splitlines()] == [
        "./by_hand.ipynb:cell 3:2:16:", "./nb.ipynb:cell 3:2:16:",
    ]  # fmt: skip
    fixed = naq("fix", ".", cwd=tree)  # those in folders are not asked for
    assert (fixed.returncode, fixed.stderr) == (0, "")
    (tree / "pyproject.toml").write_text('[tool.flake8-naq]\nnotebooks = "yes"\n')
    assert "notebooks: expected true or false, got 'yes'" in naq("check", ".", cwd=tree).stderr


def test_what_one_cell_opens_and_another_closes_is_no_finding(tree: Path) -> None:
    opened, used, closed = "nc = await nats.connect('nats://a')\n", "await nc.publish('a', b'b')\n", "await nc.close()\n"
    write(tree / "nb.ipynb", IMPORTS, opened, used, closed)
    assert naq("check", "nb.ipynb", cwd=tree).stdout == ""
    assert "nb.ipynb:cell 3:1" in naq("inventory", "nb.ipynb", cwd=tree).stdout  # listed, and not counted
    assert "0 of 0 migrated" in naq("inventory", "nb.ipynb", cwd=tree).stdout
    write(tree / "nb.ipynb", IMPORTS, opened, used)
    assert "cell 3:1:12: NAQ103" in naq("check", "nb.ipynb", cwd=tree).stdout
    write(tree / "nb.ipynb", IMPORTS, opened + used + closed)
    assert "cell 3:1:12: NAQ102 connection 'nc' stays open if cell 3, line 2 raises" in naq("check", "nb.ipynb", cwd=tree).stdout


def test_helpers_in_other_cells_and_modules_count(tree: Path) -> None:
    (tree / "clients.py").write_text("import nats\n\n\nasync def make():\n    return await nats.connect()\n\n\nasync def shut(nc):\n    await nc.close()\n")
    write(tree / "nb.ipynb", "from clients import make, shut\n", "async def f():\n    nc = await make()\n    await nc.flush()\n")
    assert "nb.ipynb:cell 3:2:16: NAQ103 connection 'nc' from 'make' (clients.py:5)" in naq("check", "nb.ipynb", cwd=tree).stdout
    write(tree / "nb.ipynb", IMPORTS + "async def make():\n    return await nats.connect()\n", "async def f():\n    nc = await make()\n    await nc.flush()\n")
    assert "nb.ipynb:cell 3:2:16: NAQ103 connection 'nc' from 'make' (cell 2, line 4)" in naq("check", "nb.ipynb", cwd=tree).stdout


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", "it is not a notebook: Expecting property name"),
        ('{"cells": []}', "it is not a notebook: expected nbformat and cells"),
    ],
)
def test_what_is_no_notebook_is_an_error(tree: Path, text: str, error: str) -> None:
    (tree / "nb.ipynb").write_text(text)
    for command in (("check",), ("check", "--unused-noqa"), ("inventory",)):
        done = naq(*command, "nb.ipynb", cwd=tree)
        assert done.returncode == 2
        assert f"nb.ipynb: not checked: {error}" in done.stderr


def test_a_cell_that_does_not_parse_is_an_error_with_its_place(tree: Path) -> None:
    write(tree / "nb.ipynb", IMPORTS, "nc = await nats.connect(\n")
    done = naq("check", "nb.ipynb", cwd=tree)
    assert (done.returncode, done.stderr) == (2, "nb.ipynb: not checked: cell 3, line 1: '(' was never closed\n")
    assert f"file=nb.ipynb,line={stored(tree, 'nats.connect(')},title=not checked" in check(tree, "github")


def test_another_language_is_left_out(tree: Path) -> None:
    write(tree / "nb.ipynb", "nats <- 1\n", language="R")
    done = naq("check", "nb.ipynb", cwd=tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def given(tree: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Done:
    """The command with the notebook on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tree / "nb.ipynb").read_bytes())))
    return naq(*arguments, "-", "--stdin-filename", "other.ipynb", cwd=tree)


def test_standard_input_may_be_a_notebook(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(tree, monkeypatch, "check").stdout == f"other.ipynb:cell 3:2:16: NAQ102 {SAYS}\n"
    fixed = given(tree, monkeypatch, "fix")
    assert (fixed.returncode, fixed.stdout) == (2, (tree / "nb.ipynb").read_text())
    assert "other.ipynb: not fixed: a notebook is checked only" in fixed.stderr


def test_why_says_that_it_takes_no_notebook(tree: Path) -> None:
    done = naq("explain", "--why", "nb.ipynb:3", cwd=tree)
    assert (done.returncode, "notebooks are not supported here" in done.stderr) == (2, True)
