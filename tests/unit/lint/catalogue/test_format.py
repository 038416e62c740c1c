"""The format of resources: what is refused, with the key and what was expected; what a declaration means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flake8_naq.catalogue.keys import RESOURCE_KEYS, schema
from flake8_naq.catalogue.library import declared_resources
from flake8_naq.catalogue.model import CatalogueError, Resource
from flake8_naq.catalogue.resources import parse_resources
from flake8_naq.project.settings import SettingsError, settings_from_table
from lint.process import naq

SHOP = {"name": "link", "acquire": ["shop.link"], "release-methods": ["close"]}


def resource(**keys: Any) -> Resource:
    """Return the resource of a declaration; `_` in a key stands for `-`, None takes a key away."""
    table = {**SHOP, **{key.replace("_", "-"): value for key, value in keys.items()}}
    [found] = parse_resources([{key: value for key, value in table.items() if value is not None}], "here")
    return found


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"aquire": []}, "here[0]: unknown key 'aquire'; did you mean 'acquire'?"),
        ({"name": None}, "here[0]: key 'name' is missing; it must be a string"),
        ({"name": ""}, "here[0].name: expected a noun such as 'session', got str ''"),
        ({"name": " "}, "here[0].name: expected a noun such as 'session', got str ' '"),
        ({"release_methods": ["await"]}, "expected methods like 'close' or 'await close', got str 'await'"),
        ({"release_methods": "close"}, "here[0].release-methods: expected a list of strings, got str 'close'"),
        (
            {"release_methods": ["awaits close"]},
            "expected methods like 'close' or 'await close', got str 'awaits close'",
        ),
        ({"acquire": ["await shop.link"]}, "expected names like 'package.function'"),
        ({"acquired_by": ["entering"]}, "expected 'call', 'await' or 'enter', got str 'entering'"),
        ({"items": [-1]}, "here[0].items: expected a position such as 1, got int -1"),
        ({"items": [True]}, "expected a position such as 1, got bool True"),
        ({"opens_if": ["stream=x"]}, "expected an argument such as 'host', '0', 'stream=True', 'pool=.NullPool' or 'bind!=engine'"),
        ({"entering": "commits"}, "expected 'closes', 'keeps-open' or 'impossible', got str 'commits'"),
        ({"reusable": "no"}, "here[0].reusable: expected true or false, got str 'no'"),
        ({"views": ["cursor()"]}, "here[0].views: expected methods like 'cursor'"),
        ({"acquire": ["*"]}, "expected names like 'package.function', got str '*'"),
        ({"construct": ["shop.Link"]}, "here[0].construct: expected 'acquire-methods' beside it"),
        ({"objects-from": ["shop.open"]}, "here[0].objects-from: expected a method such as 'package.Class.method' in 'acquire'"),
        (
            {"asynchronous": True, "acquired_by": ["call"]},
            "here[0].asynchronous: 'acquired-by' says the same more exactly",
        ),
        ({"context_manager": False, "entering": "closes"}, "here[0].context-manager: 'entering' says the same"),
        ({"opens_if": ["a"], "opens_unless": ["a"]}, "here[0].opens-unless: 'a' is in 'opens-if' too"),
        (
            {"block_does": "commits", "entering": "impossible"},
            "here[0].block-does: 'entering = \"impossible\"' says that there is no block; expected one of them",
        ),
        (
            {"entering": "keeps-open", "manager": "with {call} as {name}"},
            "here[0].manager: entering the call 'keeps-open'",
        ),
        ({"manager": "with {cal}"}, "expected only the placeholders {call}, {args} and {name}"),
    ],
)
def test_what_cannot_be_used_is_refused(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(CatalogueError) as raised:
        resource(**keys)
    assert expected in str(raised.value)


def test_two_declarations_of_one_name_are_refused() -> None:
    with pytest.raises(CatalogueError, match=r"here\[1\].acquire: 'shop.link' is acquired by here\[0\] already"):
        parse_resources([SHOP, {**SHOP, "name": "other"}], "here")


@pytest.mark.parametrize(
    ("keys", "manager"),
    [
        ({}, "with {call} as {name}"),
        ({"release_methods": ["await close"]}, "async with {call} as {name}"),
        ({"acquired_by": ["await"]}, "async with await {call} as {name}"),
        ({"views": ["await channel"], "after_release": ["await wait"]}, "with {call} as {name}"),
        ({"acquire_methods": ["await start"]}, "async with {call} as {name}"),
        ({"acquired_by": ["await", "enter"]}, "async with {call} as {name}"),
        ({"entering": "keeps-open"}, "with contextlib.closing({call}) as {name}"),
        (
            {"entering": "impossible", "release_methods": ["await aclose"]},
            "async with contextlib.aclosing({call}) as {name}",
        ),
        ({"entering": "impossible", "release_methods": ["await close"]}, ""),
        ({"entering": "impossible", "release_methods": ["stop"]}, ""),
        ({"items": [1]}, ""),
        ({"manager": ""}, ""),
        ({"context_manager": False, "manager": "with other({args}) as {name}"}, ""),
        ({"context_manager": False, "manager": "with closing(shop.link({args}))"}, "with closing(shop.link({args}))"),
    ],
)
def test_the_manager_follows_from_the_other_keys(keys: dict[str, Any], manager: str) -> None:
    assert resource(**keys).manager == manager


@pytest.mark.parametrize(
    ("keys", "acquired_by", "closes_awaited"),
    [
        ({}, {"call"}, False),
        ({"manager": "with shop.link({args}) as {name}"}, {"call"}, False),
        ({"manager": "async with await shop.link({args}) as {name}"}, {"await"}, True),
        ({"manager": "async with await shop.link({args}) as {name}", "asynchronous": False}, {"call", "await"}, False),
        ({"manager": "async with shop.link({args}) as {name}"}, {"call", "await"}, True),
        ({"manager": "async with shop.link({args}) as {name}", "asynchronous": False}, {"call", "await"}, False),
        ({"manager": "async with shop.link({args}) as {name}", "asynchronous": True}, {"await", "enter"}, True),
        ({"acquired_by": ["await"]}, {"await"}, False),
        ({"release_methods": ["close", "await drain"]}, {"call"}, False),
    ],
)
def test_what_is_awaited(keys: dict[str, Any], acquired_by: set[str], closes_awaited: bool) -> None:
    found = resource(**keys)
    assert found.acquired_by == acquired_by
    assert ("close" in found.awaited) is closes_awaited


@pytest.mark.parametrize(
    ("keys", "asynchronous"),
    [
        ({}, False),
        ({"items": [0]}, False),
        ({"items": [0], "acquired_by": ["await"]}, True),
        ({"items": [0], "release_methods": ["await close"]}, True),
    ],
)
def test_what_is_managed_in_async_functions(keys: dict[str, Any], asynchronous: bool) -> None:
    assert resource(**keys).asynchronous is asynchronous


@pytest.mark.parametrize(
    ("catalogues", "expected"),
    [
        ("files", "expected a list such as"),
        (["nats:x"], "'nats' has no resource 'x'"),
        (["-nats"], "'nats' is always on"),
        (["natz"], "unknown catalogue 'natz'; did you mean 'nats'?"),
        (["missing.toml"], "missing.toml"),
    ],
)
def test_a_wrong_catalogue_is_refused(catalogues: object, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_from_table({"catalogues": catalogues}, "here", tmp_path)
    assert expected in str(raised.value)


def test_a_file_of_the_project_is_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        'library = "shop"\nborrows = ["shop.show"]\n[[resource]]\nname = "link"\nacquire = ["shop.link"]\nrelease-methods = ["close"]\n'
    )
    settings = settings_from_table({"catalogues": ["ours.toml"]}, "here", tmp_path)
    assert [one.name for one in settings.resources] == ["link"]
    assert [one.borrows for one in settings.passed] == [("shop.show",)]
    (tmp_path / "ours.toml").write_text('library = "shop"\n[[resource]]\nname = "link"\naquire = ["close"]\n')
    with pytest.raises(
        SettingsError, match=r"ours.toml: resource\[0\]: unknown key 'aquire'; did you mean 'acquire'"
    ):
        settings_from_table({"catalogues": ["ours.toml"]}, "here", tmp_path)


def test_the_schema_has_each_key() -> None:
    done = naq("rules", "--schema", cwd=Path())
    assert done.returncode == 0
    printed = json.loads(done.stdout)
    assert printed == schema()
    properties = printed["$defs"]["resource"]["properties"]
    assert properties.keys() == {key.name for key in RESOURCE_KEYS}
    assert properties["entering"]["enum"] == ["closes", "keeps-open", "impossible"]
    assert properties["asynchronous"]["deprecated"] is True


def declared(**keys: Any) -> Resource:
    """Return the resource of a declaration over the facts that ship."""
    [found] = declared_resources([{key.replace("_", "-"): value for key, value in keys.items()}], "here")
    return found


def test_a_declaration_begins_with_the_facts_that_ship() -> None:
    found = declared(name="database", acquire=["sqlite3.connect"], release_methods=["close"])
    assert (found.entering, found.block_does, found.manager) == (
        "keeps-open",
        "commits",
        "with contextlib.closing({call}) as {name}",
    )
    mine = declared(name="database", acquire=["sqlite3.connect"], release_methods=["close"], entering="closes")
    assert mine.entering == "closes"


def test_an_older_switch_gives_way_to_the_facts() -> None:
    found = declared(
        name="session",
        acquire=["aiohttp.ClientSession"],
        release_methods=["close"],
        asynchronous=False,
        manager="async with aiohttp.ClientSession({args}) as {name}",
    )
    assert found.acquired_by == {"call"}
    assert "close" in found.awaited
    assert found.manager == "async with {call} as {name}"


def test_a_manager_of_another_call_goes_with_the_older_switch() -> None:
    manager = "async with asyncpg.create_pool({args}) as {name}"
    keys = {"name": "connection", "acquire": ["asyncpg.connect"], "release_methods": ["close"], "manager": manager}
    assert declared(**keys, context_manager=False).manager == ""
    assert declared(**keys).manager == manager


def test_declared_release_methods_replace_those_that_may_follow() -> None:
    keys = {"name": "connection", "acquire": ["asyncpg.connect"]}
    assert declared(**keys, release_methods=["close"]).release_again == frozenset()
    assert "close" in declared(**keys, release_methods=["close"], release_again=["close"]).release_again


def test_a_method_that_opens_is_a_coroutine_where_the_facts_say_so() -> None:
    keys = {"acquire_methods": ["start"], "release_methods": ["stop"]}
    found = declared(name="producer", construct=["aiokafka.AIOKafkaProducer"], **keys)
    assert {"start", "stop"} <= found.awaited
    assert "start" not in declared(name="host", construct=["paramiko.SSHClient"], **keys).awaited


def test_a_declaration_of_two_shipped_resources_is_two() -> None:
    table = {"name": "thing", "acquire": ["open", "sqlite3.connect", "shop.link"], "release-methods": ["close"]}
    found = declared_resources([table], "here")
    assert sorted((sorted(one.acquire), one.entering) for one in found) == [
        (["open"], "closes"),
        (["shop.link"], "closes"),
        (["sqlite3.connect"], "keeps-open"),
    ]
