"""Reads declarations of resources, checks them against the table of keys, and refuses what cannot be used.

An error names the file, the key, and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from flake8_naq.catalogue.keys import RESOURCE_KEYS, Key, by_name
from flake8_naq.catalogue.model import ArgumentTest, CatalogueError, Resource
from flake8_naq.syntax.spelling import nearest

_KEYS: Final = by_name(RESOURCE_KEYS)
_AWAIT: Final = "await "
_RELEASES: Final = ("release-methods", "release-functions", "give-back-methods", "final-uses")
_AWAITABLE: Final = (*_RELEASES, "acquire-methods", "give-up-methods", "after-release", "views")
_NEWER: Final = {"asynchronous": "acquired-by", "context-manager": "entering"}
_PLACEHOLDERS: Final = {"args": "", "name": "", "call": ""}
_MANAGERS: Final = ("with ", "async with ")
_EXIT: Final = ("__exit__", "__aexit__")
Table = Mapping[str, Any]


def parse_resources(tables: object, where: str) -> tuple[Resource, ...]:
    """Return the resources of an array of tables; `where` names the file and key in errors."""
    return tuple(made_resource(table, where) for table in checked_tables(tables, where))


def checked_tables(tables: object, where: str) -> list[Table]:
    """Return the tables of resources, each with valid keys. Raises CatalogueError for anything else."""
    if not isinstance(tables, list):
        raise CatalogueError(f"{where}: expected an array of tables ([[...resource]]), got {described(tables)}")
    known: dict[str, int] = {}
    for index, table in enumerate(tables):
        place = f"{where}[{index}]"
        _check_table(table, place)
        for name in (*table.get("acquire", ()), *table.get("construct", ())):
            if known.setdefault(name, index) != index:
                raise CatalogueError(f"{place}.acquire: '{name}' is acquired by {where}[{known[name]}] already")
    return tables


def check_keys(table: Table, keys: Mapping[str, Key], where: str) -> None:
    """Raise CatalogueError for a key that is unknown, missing, or has a value of another form."""
    for name, value in table.items():
        key = keys.get(name)
        if key is None:
            raise CatalogueError(f"{where}: unknown key '{name}'{_nearest(name, keys)}")
        problem = key.form.problem(value)
        if problem is not None:
            words, wrong = problem
            raise CatalogueError(f"{where}.{name}: expected {words}, got {described(wrong)}")
    for key in keys.values():
        if key.required and key.name not in table:
            raise CatalogueError(f"{where}: key '{key.name}' is missing; it must be {key.form.words}")


def _check_table(table: object, where: str) -> None:
    if not isinstance(table, dict):
        raise CatalogueError(f"{where}: expected a table, got {described(table)}")
    check_keys(table, _KEYS, where)
    for problem in _contradictions(table):
        raise CatalogueError(f"{where}{problem}")


def _contradictions(table: Table) -> Iterator[str]:
    """Yield what is wrong with keys that are each well-formed: the key, and what was expected."""
    if not table.get("acquire") and not table.get("construct"):
        missing = "acquire" not in table and "construct" not in table
        yield (
            ": key 'acquire' is missing; it must be a list of strings"
            if missing
            else (".acquire: expected at least one name")
        )
    if not any(table.get(key) for key in _RELEASES):
        yield ": expected 'release-methods' or 'release-functions', or nothing could release it"
    if table.get("construct") and not table.get("acquire-methods"):
        yield ".construct: expected 'acquire-methods' beside it, or nothing could open it"
    if table.get("objects-from") and all(name.count(".") < 2 for name in table.get("acquire", ())):
        yield ".objects-from: expected a method such as 'package.Class.method' in 'acquire'"
    for older, newer in _NEWER.items():
        if older in table and newer in table:
            yield f".{older}: '{newer}' says the same more exactly; expected one of them"
    both = {*table.get("opens-if", ())} & {*table.get("opens-unless", ())}
    if both:
        yield f".opens-unless: '{min(both)}' is in 'opens-if' too"
    for key in ("entering-opens", "block-does", "block-since", "block-value", "enters-call-only"):
        if key in table and table.get("entering") == "impossible":
            yield f".{key}: 'entering = \"impossible\"' says that there is no block; expected one of them"
    yield from _manager_problems(table)


def _manager_problems(table: Table) -> Iterator[str]:
    manager = table.get("manager", "")
    if manager and not manager.startswith(_MANAGERS):
        yield ".manager: expected text that starts with 'with ' or 'async with '"
    try:
        manager.format(**_PLACEHOLDERS)
    except (KeyError, ValueError, IndexError, AttributeError):
        yield f".manager: expected only the placeholders {{call}}, {{args}} and {{name}}, got {manager!r}"
    enters = re.match(r"(async )?with (await )?\{call\}", manager) is not None
    if enters and table.get("entering", "closes") != "closes":
        yield f".manager: entering the call '{table['entering']}', so it is not a manager"


def made_resource(table: Table, source: str = "") -> Resource:
    """Return the resource that a checked table declares."""
    acquired_by, awaited = _acquired_by(table), _awaited(table)
    entering = table.get("entering", "closes" if table.get("context-manager", True) else "keeps-open")
    methods = _plain(table, "release-methods")
    exits, again = _EXIT if entering == "closes" else (), table.get("release-again", ())
    return Resource(
        name=table["name"],
        acquire=frozenset(table.get("acquire", ())),
        release_methods=frozenset((*methods, *exits)),
        manager=_manager(table, acquired_by, awaited, entering),
        acquired_by=acquired_by,
        awaited=awaited | ({_EXIT[1]} if exits else set()),
        kind=table.get("kind", ""),
        makers=tuple(table.get("makers", ())),
        objects_from=frozenset(table.get("objects-from", ())),
        construct=frozenset(table.get("construct", ())),
        acquire_methods=frozenset(_plain(table, "acquire-methods")),
        opens_if=tuple(map(_argument, table.get("opens-if", ()))),
        opens_unless=tuple(map(_argument, table.get("opens-unless", ()))),
        opens_with_options=table.get("opens-with-options", False),
        outlives_if=tuple(map(_argument, table.get("outlives-if", ()))),
        outlives_by=frozenset(table.get("outlives-by", ())),
        items=tuple(table.get("items", ())),
        release_functions=frozenset(_plain(table, "release-functions")),
        give_back_methods=frozenset(_plain(table, "give-back-methods")),
        final_uses=frozenset(_plain(table, "final-uses")),
        final_loops=frozenset(table.get("final-loops", ())),
        give_up_methods=frozenset(_plain(table, "give-up-methods")),
        chained_methods=frozenset(_plain(table, "chained-methods")),
        release_again=frozenset((*again, *exits) if again else ()),
        after_release=frozenset(_plain(table, "after-release")),
        closed_tests=frozenset(table.get("closed-tests", ())),
        open_tests=frozenset(table.get("open-tests", ())),
        none_while_open=frozenset(table.get("none-while-open", ())),
        entering=entering,
        entering_opens=table.get("entering-opens", False),
        block_does=table.get("block-does", ""),
        block_since=table.get("block-since", ""),
        block_value=table.get("block-value", False),
        enters_call_only=table.get("enters-call-only", False),
        types=tuple(table.get("types", ())),
        views=frozenset(table.get("views", ())),
        live_results=frozenset(one.rpartition(".")[2] for one in table.get("live-results", ())),
        process_lived=table.get("lifetime") == "process",
        reusable=table.get("reusable", True),
        serves=table.get("serves", False),
        closed_with_owner=table.get("closed-with-owner", False),
        closes_alone=table.get("closes-alone", False),
        close_fails=table.get("close-fails", True),
        default=table.get("default", True),
        release=_release(table, awaited),
        source=source,
    )


def _plain(table: Table, key: str) -> list[str]:
    return [text.removeprefix(_AWAIT) for text in table.get(key, ())]


def _is_newer(table: Table) -> bool:
    """Return whether the table says of each method by itself whether it is awaited."""
    return "acquired-by" in table or any(text.startswith(_AWAIT) for key in _AWAITABLE for text in table.get(key, ()))


def _acquired_by(table: Table) -> frozenset[str]:
    """Return what opens the resource; of an older declaration, what its switch and its manager let through."""
    manager = table.get("manager", "")
    if "acquired-by" in table:
        return frozenset(table["acquired-by"])
    asynchronous = table.get("asynchronous")
    if manager.startswith("async with await ") and asynchronous is not False:
        return frozenset({"await"})
    if asynchronous:
        return frozenset({"await", "enter"})
    return frozenset({"call", "await"}) if manager.startswith("async ") else frozenset({"call"})


def _awaited(table: Table) -> frozenset[str]:
    """Return the methods and functions that are coroutines."""
    texts = [text for key in _AWAITABLE for text in table.get(key, ())]
    if not _is_newer(table) and table.get("asynchronous", table.get("manager", "").startswith("async ")):
        return frozenset(texts)
    return frozenset(text.removeprefix(_AWAIT) for text in texts if text.startswith(_AWAIT))


def _manager(table: Table, acquired_by: frozenset[str], awaited: frozenset[str], entering: str) -> str:
    """Return the `with` line that closes the resource: as declared, or what the other keys imply."""
    manager: str | None = table.get("manager")
    if manager is not None:
        return manager if entering == "closes" or "context-manager" not in table or wraps(manager, table) else ""
    if table.get("items"):
        return ""
    if entering == "closes":
        opened_or_closed = [*_plain(table, "release-methods"), *_plain(table, "acquire-methods")]
        is_async = "call" not in acquired_by or not awaited.isdisjoint(opened_or_closed)
        word = "async with" if is_async else "with"
        wait = "await " if acquired_by == {"await"} else ""
        return f"{word} {wait}{{call}} as {{name}}"
    methods = _plain(table, "release-methods")
    if "aclose" in methods and "aclose" in awaited:
        return "async with contextlib.aclosing({call}) as {name}"
    if "close" in methods and "close" not in awaited:
        return "with contextlib.closing({call}) as {name}"
    return ""


def wraps(manager: str, table: Table) -> bool:
    """Return whether the manager's text contains the acquiring call."""
    return "{call}" in manager or any(f"{name}(" in manager for name in table.get("acquire", ()))


def _release(table: Table, awaited: frozenset[str]) -> str:
    """Return the release that messages name, with `{name}` for the resource and `{owner}` for what gave it."""
    templates = {
        "release-methods": "{name}.%s()",
        "release-functions": "%s({name})",
        "give-back-methods": "{owner}.%s({name})",
        "final-uses": "{name}.%s()",
    }
    for key, template in templates.items():
        for text in table.get(key, ()):
            called: str = text.removeprefix(_AWAIT).removesuffix("()")
            return f"{_AWAIT if called in awaited else ''}{template % called}"
    return ""


def _argument(text: str) -> ArgumentTest:
    argument, differs, named = text.partition("!=")
    argument, equals, value = argument.partition("=")
    return ArgumentTest(argument, value if equals else None, named if differs else "")


def described(value: object) -> str:
    """Return a value as an error message shows it."""
    return f"{type(value).__name__} {value!r}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = nearest(word, known)
    return f"; did you mean '{close}'?" if close is not None else ""
