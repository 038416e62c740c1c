"""The next version of a file: its imports suit its edits, and its lines are found again."""

from __future__ import annotations

import pytest

from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.next_version import line_map, next_version
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.text import Text


def snapshot(source: str) -> Snapshot:
    return Snapshot(source, Settings(), "-")


def replaced(source: str, old: str, new: str) -> Edit:
    start = source.index(old)
    return Edit(start, start + len(old), new)


def test_what_the_edits_need_is_imported_and_what_they_leave_unused_goes() -> None:
    source = "import json\nimport os\n\nprint(json.dumps(os.name))\n"
    edits = [replaced(source, "json.dumps(os.name)", "shop.show(os.name)")]
    after = next_version(snapshot(source), edits, [Need("shop", "")])
    assert after.snapshot.source == "import os\nimport shop\n\nprint(shop.show(os.name))\n"
    assert after.moved_comments == ()


def test_a_comment_that_an_import_leaves_behind_is_told() -> None:
    source = "import json\n# how it is written\nimport os  # for its name\n\nprint(json, os)\n"
    after = next_version(snapshot(source), [replaced(source, "json, os", "json")])
    assert "import os" not in after.snapshot.source
    assert after.moved_comments


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([Edit(4, 8, ""), Edit(6, 9, "")], "its changes would overlap"),
        ([Edit(4, 9, "(")], "the fixed file would not parse: line 1: "),
    ],
)
def test_what_would_be_broken_is_refused(edits: list[Edit], reason: str) -> None:
    with pytest.raises(CannotFix, match=f"^{reason}"):
        next_version(snapshot("a = 1 + b\n"), edits)


def test_a_variable_that_nothing_reads_any_more_is_refused() -> None:
    source = "def f(g):\n    a = g()\n    return a\n"
    with pytest.raises(CannotFix, match=r"the variable 'f\.a' would be left unused"):
        next_version(snapshot(source), [replaced(source, "return a", "return 1")])


def test_lines_are_found_again_whatever_their_indentation() -> None:
    before, after = Text("a\nb\nc\nd\n"), Text("a\nwith x:\n    b\n    C\nd\n")
    assert line_map(before, after) == {1: 1, 2: 3, 3: 4, 4: 5, 5: 6}
