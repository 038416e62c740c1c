"""A line is broken before each of its statements."""

from __future__ import annotations

import pytest

from flake8_naq.edits.shared_lines import SharedLine, check_alone, split
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.project.settings import Settings


def parsed(source: str) -> Snapshot:
    return Snapshot(source, Settings(), "-")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a(); b() ;c()  # one\n", "a()\nb()\nc()  # one\n"),
        ("if a: b(); c()\n", "if a:\n    b()\n    c()\n"),
        ("def f():\n  try: a()\n  finally: b()\n", "def f():\n  try:\n    a()\n  finally: b()\n"),
        ("if a:\n    b(); \\\n    c()\n    d()\n", None),
        ("if a:\n    b(1,\n      2); c()\n", None),
        ("a(); b()  # noqa\n", None),
    ],
)
def test_the_line_is_split(before: str, after: str | None) -> None:
    later = split(parsed(before), 2 if before.startswith("def") else 1 + before.startswith("if a:\n"))
    assert (later and later.source) == after


def test_a_line_on_which_another_statement_ends() -> None:
    later = split(parsed("if a:\n    b(1,\n      2); c()\n"), 3)
    assert later is not None
    assert later.source == "if a:\n    b(1,\n      2)\n    c()\n"


@pytest.mark.parametrize(("source", "line"), [("a(); b()\n", 1), ("a(\n)\n", 0), ("a(\n); b()\n", 2), ("a()  # b; c\n", 0)])
def test_whether_a_statement_has_its_lines_for_itself(source: str, line: int) -> None:
    snapshot = parsed(source)
    if not line:
        check_alone(snapshot.text, snapshot.module.body[0])
        return
    with pytest.raises(SharedLine) as caught:
        check_alone(snapshot.text, snapshot.module.body[0])
    assert caught.value.line == line
