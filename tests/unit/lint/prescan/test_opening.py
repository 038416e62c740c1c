"""Which arguments say that a call opens a resource."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from flake8_naq.catalogue.resources import parse_resources
from flake8_naq.prescan.opening import opens

IF: dict[str, Any] = {"opens-if": ["0", "host", "stream=True"]}
UNLESS: dict[str, Any] = {"opens-unless": ["fileobj", "open=False", "1"]}

NAMED: dict[str, Any] = {"opens-unless": ["bind!=engine"]}
FLAGS: dict[str, Any] = {"opens-unless": ["pool=.NullPool"]}
OPTIONS: dict[str, Any] = {"opens-unless": ["open=False"], "opens-with-options": True}


@pytest.mark.parametrize(
    ("keys", "call", "expected"),
    [
        ({}, "make()", True),
        (IF, "make()", False),
        (IF, "make('a')", True),
        (IF, "make('')", False),
        (IF, "make(None)", False),
        (IF, "make(host)", True),
        (IF, "make(*args)", False),
        (IF, "make(host='a')", True),
        (IF, "make(host=None)", False),
        (IF, "make(port=1)", False),
        (IF, "make(stream=True)", True),
        (IF, "make(stream=False)", False),
        (IF, "make(stream=stream)", False),
        (IF, "make(**keywords)", False),
        (UNLESS, "make()", True),
        (UNLESS, "make('a')", True),
        (UNLESS, "make('a', 'b')", False),
        (UNLESS, "make(*args)", False),
        (UNLESS, "make(fileobj=f)", False),
        (UNLESS, "make(fileobj=None)", True),
        (UNLESS, "make(open=False)", False),
        (UNLESS, "make(open=True)", True),
        (UNLESS, "make(open=now)", False),
        (UNLESS, "make(**keywords)", False),
        ({"opens-unless": ["fileobj"]}, "make(*args)", True),
        (NAMED, "make()", True),
        (NAMED, "make(bind=engine)", True),
        (NAMED, "make(bind=self.db.engine)", True),
        (NAMED, "make(bind=await get_engine())", True),
        (NAMED, "make(bind=READ_ENGINE)", True),
        (NAMED, "make(bind=None)", True),
        (NAMED, "make(bind=connection)", False),
        (NAMED, "make(bind=engine.connect())", False),
        (NAMED, "make(bind=engines[0])", False),
        (NAMED, "make(**keywords)", False),
        (FLAGS, "make()", True),
        (FLAGS, "make(pool=NullPool)", False),
        (FLAGS, "make(pool=pools.NullPool)", False),
        (FLAGS, "make(pool=a.Shared | a.NullPool | b)", False),
        (FLAGS, "make(pool=NullPool())", False),
        (FLAGS, "make(pool=NotNullPool)", True),
        (FLAGS, "make(pool=a.Shared | a.Queue)", True),
        (FLAGS, "make(pool=pool)", False),
        (FLAGS, "make(pool=a.Shared | flags)", False),
        (FLAGS, "make(**keywords)", True),
        (OPTIONS, "make(**keywords)", True),
        (OPTIONS, "make(open=False, **keywords)", False),
        (OPTIONS, "make(open=now)", False),
    ],
)
def test_opens(keys: dict[str, Any], call: str, expected: bool) -> None:
    [resource] = parse_resources([{"name": "x", "acquire": ["make"], "release-methods": ["close"], **keys}], "here")
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert opens(resource, node) is expected
