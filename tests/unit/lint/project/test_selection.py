"""Which rules report: a selection in flake8's file that is not about NAQ turns none off, and no prefix turns one on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lint.process import flake8, naq
from lint.sources import LEAK

# Lines of `.flake8` that mention no NAQ code, and what the note says of them.
FOREIGN = {
    "select = E9,F": ".flake8: select = E9,F leaves out NAQ, so flake8 reports no NAQ code; flake8-naq does.",
    "select = E9,F\nextend-select = B950": ".flake8: select = E9,F leaves out NAQ",
    "ignore = N": ".flake8: ignore = N includes NAQ",
    "extend-ignore = NA,E501": ".flake8: extend-ignore = NA includes NAQ",
}
LOOP = LEAK + """

async def watch():
    while True:
        async with await nats.connect() as nc:
            await nc.publish("a", b"b")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(LEAK)
    return tmp_path


@pytest.mark.parametrize("line", FOREIGN)
def test_a_selection_that_is_not_about_us_turns_nothing_off(tree: Path, line: str) -> None:
    (tree / ".flake8").write_text(f"[flake8]\n{line}\n")
    done = naq("check", ".", cwd=tree)
    assert (done.returncode, "NAQ103" in done.stdout) == (1, True)
    assert done.stderr.count("\n") == 1
    assert FOREIGN[line] in done.stderr


def test_every_subcommand_reports_its_rules(tree: Path) -> None:
    (tree / ".flake8").write_text("[flake8]\nselect = E9,F\n")
    assert json.loads(naq("check", "--output-format", "sarif", ".", cwd=tree).stdout)["runs"][0]["results"]
    assert "1 known finding" in naq("baseline", "write", cwd=tree).stdout
    (tree / "flake8-naq.baseline").unlink()
    assert "NAQ103" in naq("inventory", "--output-format", "json", ".", cwd=tree).stdout
    assert "1 fixed in 1 of 1 file" in naq("fix", "--unsafe-fixes", ".", cwd=tree).stdout


@pytest.mark.parametrize("line", ["select = NAQ101", "select = F\nextend-select = NAQ101", "extend-ignore = NAQ1"])
def test_a_selection_that_names_our_codes_holds(tree: Path, line: str) -> None:
    (tree / ".flake8").write_text(f"[flake8]\n{line}\n")
    done = naq("check", ".", cwd=tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_all_codes_ignored_by_name_is_said(tree: Path) -> None:
    (tree / ".flake8").write_text("[flake8]\nextend-ignore = NAQ\n")
    done = naq("check", ".", cwd=tree)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "flake8-naq: .flake8: NAQ is ignored, so no NAQ code is reported\n"


def test_the_command_line_needs_no_note(tree: Path) -> None:
    (tree / ".flake8").write_text("[flake8]\nselect = E9,F\n")
    assert naq("check", "--select", "NAQ101", ".", cwd=tree).stderr == ""


def test_the_plugin_says_that_it_is_off(tree: Path) -> None:
    (tree / ".flake8").write_text("[flake8]\nselect = E9,F\n")
    assert flake8("--select", "E9", ".", cwd=tree).stderr == ""  # asked for on the command line
    done = flake8(".", cwd=tree)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert "flake8-naq: .flake8: select = E9,F turns every NAQ code off; add NAQ to extend-select there" in done.stderr
    (tree / ".flake8").write_text("[flake8]\nselect = E9,F\nextend-select = NAQ101\n")
    assert flake8(".", cwd=tree).stderr == ""


@pytest.mark.parametrize(("selection", "found"), [("NAQ", False), ("NAQ2", False), ("NAQ203", True), ("NAQ,NAQ203", True)])
def test_a_prefix_turns_no_rule_on_that_is_off_by_default(tmp_path: Path, selection: str, found: bool) -> None:
    (tmp_path / "a.py").write_text(LOOP)
    assert ("NAQ203" in naq("check", "--select", selection, ".", cwd=tmp_path).stdout) is found
    assert ("NAQ203" in flake8("--select", selection, ".", cwd=tmp_path).stdout) is found
