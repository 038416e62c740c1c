"""What is opened and closed at once becomes one expression."""

from __future__ import annotations

import pytest

from flake8_naq.fixer import fix_source
from flake8_naq.project.settings import Settings
from lint.fixer.fixing import fixed, reasons

HEAD = "import sqlite3\n\n\ndef f(path, post):\n"
REASON = "nothing happens between its acquisition and its close"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("db = sqlite3.connect(path)\ndb.close()\npost()", "sqlite3.connect(path).close()\npost()"),
        ("db = sqlite3.connect(path)\n\ndb.close()", "sqlite3.connect(path).close()"),
        ("db = sqlite3.connect(path); db.close()\npost()", "sqlite3.connect(path).close()\npost()"),
        ("db = sqlite3.connect(\n    path,  # here\n)\ndb.close()", "sqlite3.connect(\n    path,  # here\n).close()"),
        (
            "try:\n    db = sqlite3.connect(path,\n                         timeout=1)\n    db.close()\nexcept OSError:\n    return 1",
            "try:\n    sqlite3.connect(path,\n                    timeout=1).close()\nexcept OSError:\n    return 1",
        ),
        (
            "for one in path:\n    db = sqlite3.connect(one)\n    db.close()",
            "for one in path:\n    sqlite3.connect(one).close()",
        ),
        (
            "db = sqlite3.connect(path)\ndb.close()\ndb = post()\nreturn db",
            "sqlite3.connect(path).close()\ndb = post()\nreturn db",
        ),
    ],
)
def test_it_is_closed_where_it_is_made(before: str, after: str) -> None:
    assert fixed(written(before)) == written(after)
    assert reasons(written(before)) == []


@pytest.mark.parametrize(
    "body",
    [
        "db = sqlite3.connect(path)\ndb.close()\npost(db)",
        "db = sqlite3.connect(path)\ndb.close()\npost(lambda: db)",
        "for _ in post():\n    if path:\n        post(db)\n    db = sqlite3.connect(path)\n    db.close()",
        "db = sqlite3.connect(path)  # may fail\ndb.close()",
        "db = sqlite3.connect(path)\n# again\ndb.close()",
        "db = sqlite3.connect(path)\ndb.close()  # again",
        "db = (sqlite3.connect(path))\ndb.close()",
        "db: object = sqlite3.connect(path)\ndb.close()",
        "db = other = sqlite3.connect(path)\ndb.close()",
        "db = sqlite3.connect(path)\ntry:\n    pass\nfinally:\n    db.close()",
    ],
)
def test_what_is_read_again_or_explained_is_left(body: str) -> None:
    assert fixed(written(body), unsafe=True) == written(body)


NATS_HEAD = "import asyncio\nimport nats\n\n\nasync def up(url, post):\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nc = await nats.connect(url)\nawait nc.close()\npost()", "async with await nats.connect(url):\n    pass\npost()"),
        (
            "nc = await nats.connect(\n    url,\n)\n\nawait nc.close()\nreturn post()",
            "async with await nats.connect(\n    url,\n):\n    pass\nreturn post()",
        ),
        (
            "try:\n    nc = await nats.connect(url)\n    await nc.close()\n    url = 1\nexcept OSError:\n    return False",
            "try:\n    async with await nats.connect(url):\n        pass\n    url = 1\nexcept OSError:\n    return False",
        ),
        (
            "nc = await asyncio.wait_for(nats.connect(url), 3)\nawait nc.close()\npost()",
            "async with await asyncio.wait_for(nats.connect(url), 3):\n    pass\npost()",
        ),
    ],
)
def test_what_is_awaited_gets_a_block_around_nothing(before: str, after: str) -> None:
    source = NATS_HEAD + written(before).removeprefix(HEAD)
    assert fixed(source) == NATS_HEAD + written(after).removeprefix(HEAD)
    assert reasons(source) == []


def test_each_of_two_with_one_name_gets_a_block_without_a_name() -> None:
    before = "nc = await nats.connect(url)\nawait nc.close()\n"
    source = NATS_HEAD + written(f"{before}post()\n{before}return post()").removeprefix(HEAD)
    after = "async with await nats.connect(url):\n    pass\n"
    assert fixed(source) == NATS_HEAD + written(f"{after}post()\n{after}return post()").removeprefix(HEAD)


def test_what_cannot_be_entered_or_is_explained_is_left() -> None:
    for body in ("nc = await nats.connect(url)\nawait nc.close()  # again", "nc = await nats.connect(url)\n# 1\nawait nc.close()"):
        source = NATS_HEAD + written(body).removeprefix(HEAD)
        assert fixed(source, unsafe=True) == source
        assert reasons(source) == [REASON]


def test_a_name_of_the_module_is_left() -> None:
    source = "import sqlite3\n\ndb = sqlite3.connect(':memory:')\ndb.close()\n"
    assert fixed(source, unsafe=True) == source
    assert reasons(source) == [REASON]


def written(body: str) -> str:
    return HEAD + "".join(f"    {line}\n" if line else "\n" for line in body.split("\n"))


def test_what_a_function_closes_is_left() -> None:
    source = "import os\n\n\ndef f(path):\n    file = os.open(path, os.O_CREAT)\n    os.close(file)\n"
    assert fix_source(source, Settings(catalogues=("files",)), unsafe=True).source == source
