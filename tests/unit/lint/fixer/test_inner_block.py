"""A block around what is in front of a release that is deeper than the acquisition."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import fixed

HEAD = "import socket\n\n\ndef f(path, post):\n    db = socket.create_connection(path)\n"


def suite(body: str, clause: str = "except OSError:\n        pass", behind: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return f"{HEAD}    try:\n{lines}    {clause}\n{behind}"


def test_it_closes_where_the_release_stands() -> None:
    before = suite("# one\npost(db)\ndb.close()\npost()")
    assert fixed(before) == suite("with db:\n    # one\n    post(db)\npost()")


def test_it_is_preferred_where_the_handler_would_miss_the_close() -> None:
    before = suite("post(db)\ndb.close()", behind="    post()\n")
    assert fixed(before) == suite("with db:\n    post(db)", behind="    post()\n")


@pytest.mark.parametrize(
    ("body", "clause", "behind"),
    [
        ("if post(db):\n    post(db)\n    db.close()", "except OSError:\n        pass", ""),
        ("post()", "except OSError:\n        pass\n    else:\n        post(db)\n        db.close()", ""),
        ("post()", "except:\n        path = 1\n    else:\n        post(db)\n        db.close()\n        post()", ""),
        ("for _ in post():\n    post(db)\n    db.close()", "except OSError:\n        pass", ""),
        ("post(db)\ndb.close()", "except OSError:\n        post(db)", ""),
        ("post(db)\ndb.close()", "except OSError:\n        pass", "    post(db)\n"),
        ("post(lambda: db.timeout)\ndb.close()", "except OSError:\n        pass", ""),
        ("yield db.timeout\ndb.close()", "except OSError:\n        pass", ""),
        ("if post():\n    return\npost(db)\ndb.close()", "except OSError:\n        pass", ""),
        ("post(db)\ndb.close()", "except OSError:\n        db = post()", ""),
        ("post(db)\ndb.close()", "except OSError:\n        db.close()\n        post()", ""),
    ],
)
def test_no_block_is_written_there(body: str, clause: str, behind: str) -> None:
    assert "    with db:\n" not in fixed(suite(body, clause, behind), unsafe=True)


def test_what_may_raise_above_that_suite_is_left() -> None:
    before = suite("post(db)\ndb.close()").replace("    try:", "    post()\n    try:")
    assert fixed(before) == before


@pytest.mark.parametrize("never", ["db.close()", "db = post()"])
def test_what_never_runs_above_that_suite_counts(never: str) -> None:
    before = suite("post(db)\ndb.close()").replace("    try:", f"    if False:\n        {never}\n    try:")
    assert fixed(before) == before


def opened_in_a_try(behind: str, opened: str = "db = socket.create_connection(path)", rest: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in behind.split("\n"))
    first = "import socket\n\n\ndef f(path, post):\n"
    return f"{first}    try:\n        {opened}\n    except OSError:\n        post()\n    else:\n{lines}{rest}"


@pytest.mark.parametrize("rest", ["", "    finally:\n        post()\n", "    post()\n"])
def test_what_follows_in_an_else_is_the_block(rest: str) -> None:
    before = opened_in_a_try("# one\npost(db)\n\npost()\ndb.close()\npost()", rest=rest)
    after = "with db:\n    # one\n    post(db)\n\n    post()\npost()"
    assert fixed(before).replace("\n        \n", "\n\n") == opened_in_a_try(after, rest=rest).replace("\n        \n", "\n\n")


def test_a_try_in_the_else_has_the_block() -> None:
    before = opened_in_a_try("try:\n    post(db)\n    db.close()\nexcept ValueError:\n    post()")
    after = "try:\n    with db:\n        post(db)\nexcept ValueError:\n    post()"
    assert fixed(before) == opened_in_a_try(after)


@pytest.mark.parametrize(
    ("behind", "opened", "rest"),
    [
        ("post(db)\ndb.close()", "db = socket.create_connection(path)\n        post()", ""),
        ("if path:\n    post(db)\n    db.close()", "db = socket.create_connection(path)", ""),
        ("post(db)\ndb.close()", "db = socket.create_connection(path)", "    post(db)\n"),
        ("post(db)\ndb.close()\ndb.close()", "db = socket.create_connection(path)", ""),
        ("if post():\n    return\npost(db)\ndb.close()", "db = socket.create_connection(path)", ""),
        ("db = post()\ndb.close()", "db = socket.create_connection(path)", ""),
        ("post(db)\ndb.close()", "db = socket.create_connection(path)\n        other = path", ""),
    ],
)
def test_no_block_is_written_in_an_else(behind: str, opened: str, rest: str) -> None:
    assert "with db" not in fixed(opened_in_a_try(behind, opened, rest))


def closed_with_others(final: str, between: str = "", clause: str = "", body: str = "post(db)") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    closes = "".join(f"        {line}\n" for line in final.split("\n"))
    return f"{HEAD}{between}    try:\n{lines}{clause}    finally:\n{closes}"


@pytest.mark.parametrize("rest", ["post.close()", "post.close()\npath.pool.close()"])
def test_what_a_finally_closes_first_gets_a_block_in_its_try(rest: str) -> None:
    before = closed_with_others(f"db.close()\n{rest}", body="# one\npost(db)\nreturn 1")
    assert fixed(before) == closed_with_others(rest, body="with db:\n    # one\n    post(db)\n    return 1")


@pytest.mark.parametrize(
    ("final", "between", "clause", "body"),
    [
        ("db.close()\npost.remove()", "", "", "post(db)"),
        ("db.close()\npost.close(1)", "", "", "post(db)"),
        ("db.close()\npost.close(db)", "", "", "post(db)"),
        ("db.close()\npost.close(wait=1)", "", "", "post(db)"),
        ("db.close()\npost(db).close()", "", "", "post(db)"),
        ("db.close()\nreturn post.close()", "", "", "post(db)"),
        ("post()\ndb.close()\npost.close()", "", "", "post(db)"),
        ("db.close()\npost.close()", "    post()\n", "", "post(db)"),
        ("db.close()\npost.close()", "", "    except OSError:\n        raise\n", "post(db)"),
        ("db.close()\npost.close()", "", "    except OSError:\n        raise\n    else:\n        post()\n", "post(db)"),
        ("db.close()\npost.close()", "", "", "post(db)\ndb = post()"),
        ("# other\ndb.close()\npost.close()", "", "", "post(db)"),
    ],
)
def test_no_block_is_written_in_that_try(final: str, between: str, clause: str, body: str) -> None:
    source = closed_with_others(final, between, clause, body)
    assert "with db" not in fixed(source)
