"""A block around what is in front of a release that is deeper than the acquisition."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import fixed

HEAD = "import sqlite3\nimport contextlib\n\n\ndef f(path, post):\n    db = sqlite3.connect(path)\n"


def suite(body: str, clause: str = "except OSError:\n        pass", behind: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return f"{HEAD}    try:\n{lines}    {clause}\n{behind}"


def test_it_closes_where_the_release_stands() -> None:
    before = suite("# one\npost(db)\ndb.close()\npost()")
    assert fixed(before) == suite("with contextlib.closing(db):\n    # one\n    post(db)\npost()")


@pytest.mark.parametrize(
    ("body", "clause", "behind"),
    [
        ("if post(db):\n    post(db)\n    db.close()", "except OSError:\n        pass", ""),
        ("post()", "except OSError:\n        pass\n    else:\n        post(db)\n        db.close()", ""),
        ("post()", "except:\n        path = 1\n    else:\n        post(db)\n        db.close()\n        post()", ""),
        ("for _ in post():\n    post(db)\n    db.close()", "except OSError:\n        pass", ""),
        ("post(db)\ndb.close()", "except OSError:\n        post(db)", ""),
        ("post(db)\ndb.close()", "except OSError:\n        pass", "    post(db)\n"),
        ("post(lambda: db.total_changes)\ndb.close()", "except OSError:\n        pass", ""),
        ("yield db.total_changes\ndb.close()", "except OSError:\n        pass", ""),
        ("if post():\n    return\npost(db)\ndb.close()", "except OSError:\n        pass", ""),
        ("post(db)\ndb.close()", "except OSError:\n        db = post()", ""),
        ("post(db)\ndb.close()", "except OSError:\n        db.close()\n        post()", ""),
    ],
)
def test_no_block_is_written_there(body: str, clause: str, behind: str) -> None:
    assert "    with contextlib.closing(db):\n" not in fixed(suite(body, clause, behind), unsafe=True)


def test_what_may_raise_above_that_suite_is_left() -> None:
    before = suite("post(db)\ndb.close()").replace("    try:", "    post()\n    try:")
    assert fixed(before) == before
