"""Reads the catalogue's TOML files and the user's own resources, and refuses what cannot be used, by file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from flake8_naq.catalogue.gate import HERE, read_toml
from flake8_naq.catalogue.model import (
    Calls,
    Catalogue,
    CatalogueError,
    Function,
    Kind,
    Manager,
    Method,
    Migration,
    Resource,
    View,
)
from flake8_naq.syntax.spelling import nearest

_T = TypeVar("_T")
_RESOURCE_KEYS = {
    "name": str,
    "acquire": list,
    "release-methods": list,
    "manager": str,
    "asynchronous": bool,
    "kind": str,
    "construct": list,
    "acquire-methods": list,
    "release-functions": list,
    "release-again": list,
    "closed-tests": list,
    "open-tests": list,
    "context-manager": bool,
}
_REQUIRED = ("name", "acquire", "manager")
_TYPE_WORDS = {str: "a string", list: "a list of strings", bool: "true or false"}
_PLACEHOLDERS = {"args": "", "name": ""}


def parse_resources(table: object, where: str) -> tuple[Resource, ...]:
    """The resources of an array of tables; `where` names the file and key in errors."""
    if not isinstance(table, list):
        raise CatalogueError(f"{where}: expected an array of tables ([[...resource]]), got {_describe(table)}")
    return tuple(_parse_resource(entry, f"{where}[{index}]") for index, entry in enumerate(table))


def _parse_resource(entry: object, where: str) -> Resource:
    if not isinstance(entry, dict):
        raise CatalogueError(f"{where}: expected a table, got {_describe(entry)}")
    for key, value in entry.items():
        _check_key(key, value, where)
    missing = [key for key in _REQUIRED if key not in entry]
    if missing:
        raise CatalogueError(
            f"{where}: key '{missing[0]}' is missing; it must be {_TYPE_WORDS[_RESOURCE_KEYS[missing[0]]]}"
        )
    _check_usable(entry, where)
    manager = entry["manager"]
    return Resource(
        name=entry["name"],
        acquire=frozenset(entry["acquire"]),
        release_methods=frozenset(entry.get("release-methods", ())),
        manager=manager,
        asynchronous=entry.get("asynchronous", manager.startswith("async ")),
        kind=entry.get("kind", ""),
        construct=frozenset(entry.get("construct", ())),
        acquire_methods=frozenset(entry.get("acquire-methods", ())),
        release_functions=frozenset(entry.get("release-functions", ())),
        release_again=frozenset(entry.get("release-again", ())),
        closed_tests=frozenset(entry.get("closed-tests", ())),
        open_tests=frozenset(entry.get("open-tests", ())),
        context_manager=entry.get("context-manager", True),
    )


def _check_key(key: str, value: object, where: str) -> None:
    expected = _RESOURCE_KEYS.get(key)
    if expected is None:
        raise CatalogueError(f"{where}: unknown key '{key}'{_nearest(key, _RESOURCE_KEYS)}")
    if not isinstance(value, expected):
        raise CatalogueError(f"{where}.{key}: expected {_TYPE_WORDS[expected]}, got {_describe(value)}")
    if isinstance(value, list):
        for item in value:
            if not isinstance(item, str) or not all(part.isidentifier() for part in item.split(".")):
                raise CatalogueError(f"{where}.{key}: expected names like 'package.function', got {_describe(item)}")


def _check_usable(entry: Mapping[str, Any], where: str) -> None:
    if not entry["acquire"] and not entry.get("construct"):
        raise CatalogueError(f"{where}.acquire: expected at least one name")
    if not entry.get("release-methods") and not entry.get("release-functions"):
        raise CatalogueError(f"{where}: expected 'release-methods' or 'release-functions', or nothing could release it")
    if not entry["manager"].startswith(("with ", "async with ")):
        raise CatalogueError(f"{where}.manager: expected text that starts with 'with ' or 'async with '")
    try:
        entry["manager"].format(**_PLACEHOLDERS)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise CatalogueError(
            f"{where}.manager: expected only the placeholders {{args}} and {{name}}, got {entry['manager']!r}"
        ) from error


def _describe(value: object) -> str:
    return f"{type(value).__name__} {value!r}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = nearest(word, known)
    return f"; did you mean '{close}'?" if close is not None else ""


def _read(name: str) -> dict[str, Any]:
    try:
        return read_toml(name)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{HERE / name}: {error}") from error


@cache
def builtin_resources() -> tuple[Resource, ...]:
    """The resources that the package itself knows."""
    return parse_resources(_read("nats.toml")["resource"], "nats.toml: resource")


@cache
def load_catalogue(extra: tuple[Resource, ...] = (), inert_bases: frozenset[str] = frozenset()) -> Catalogue:
    """The package's catalogue with the user's resources and base classes added."""
    data = _read("nats.toml")
    api = _read("nats_api.toml")
    resources = (*builtin_resources(), *extra)
    migration = _parse_migration(data["migration"])
    views = {name: view for table in data["view"] for name, view in _parse_view(table)}
    managers = {name: manager for table in data["manager"] for name, manager in _parse_manager(table)}
    own = migration.package
    young = tuple(f"{package}." for package in data["young"]["packages"])
    pure = data["pure-views"]
    kinds = {
        name: _parse_kind(name, table, young, frozenset(pure.get(name, ())), name in data["values"]["kinds"])
        for name, table in api["kind"].items()
    }
    indexes = {
        "acquire": _index(resources, "acquire"),
        "construct": _index(resources, "construct"),
        "release_functions": _index(resources, "release_functions"),
    }
    known = frozenset().union(*indexes.values(), views, managers)
    called = known | {spelled for name in known for spelled in _spellings(name, own)}
    return Catalogue(
        resources=resources,
        acquire=_spell(indexes["acquire"], own),
        construct=indexes["construct"],
        release_functions=_spell(indexes["release_functions"], own),
        views=_spell(views, own),
        managers=_spell(managers, own),
        calls=_parse_calls(_read("python.toml")["calls"], frozenset(data["borrowers"]["names"]), inert_bases),
        kinds=kinds,
        types={name: kind.name for kind in kinds.values() for name in kind.types},
        functions={table["name"]: _parse_function(table, kinds, young) for table in api.get("function", ())},
        exceptions={module: frozenset(names) for module, names in api["exceptions"]["modules"].items()},
        exceptions_instead=api["exceptions"]["instead"],
        unsettled=young,
        migration=migration,
        known=known,
        called=called,
        roots=frozenset(name.partition(".")[0] for name in called),
        view_methods=frozenset(
            name for kind in kinds.values() for name, method in kind.methods.items() if _makes_view(method, kinds)
        ),
    )


def _index(resources: Iterable[Resource], field: str) -> dict[str, Resource]:
    return {name: resource for resource in resources for name in getattr(resource, field)}


def _spell(index: Mapping[str, _T], own: str) -> dict[str, _T]:
    """The index with other spellings of the package's own names."""
    return {spelled: entry for name, entry in index.items() for spelled in _spellings(name, own)} | dict(index)


def _spellings(name: str, own: str) -> Iterable[str]:
    """The name, and one of the package's own as a relative import or an unbound name (a snippet) spells it, too."""
    first, *rest = name.split(".")
    return (name, f".{'.'.join(rest)}", f".{rest[-1]}", rest[-1]) if first == own and rest else (name,)


def _parse_view(table: Mapping[str, Any]) -> Iterable[tuple[str, View]]:
    view = View(table["name"], table["asynchronous"], table["returns"], table["parameter"])
    return [(name, view) for name in (table["name"], *table.get("also", ()))]


def _parse_manager(table: Mapping[str, Any]) -> Iterable[tuple[str, Manager]]:
    manager = Manager(
        name=table["name"],
        resource=table["resource"],
        suits=table["suits"],
        yields=tuple(table["yields"]),
        text=table["text"],
        borrows=table.get("borrows", False),
        parameter=table.get("parameter", ""),
    )
    return [(name, manager) for name in (table["name"], *table.get("also", ()))]


def _parse_migration(table: Mapping[str, Any]) -> Migration:
    return Migration(
        package=table["package"],
        defining_modules=tuple(table["defining-modules"]),
        legacy=frozenset(table["legacy"]),
        config_makers=frozenset(table["config-makers"]),
        url_parameter=table["url-parameter"],
        url_replacement=table["url-replacement"],
    )


def _parse_calls(table: Mapping[str, Any], borrowers: frozenset[str], inert_bases: frozenset[str]) -> Calls:
    fields: dict[str, Any] = {}
    for key, value in table.items():
        fields[key.replace("-", "_")] = value if isinstance(value, dict) else frozenset(value)
    fields["borrows"] |= borrowers
    fields["inert_bases"] |= inert_bases
    return Calls(**fields)


def _parse_kind(name: str, table: Mapping[str, Any], young: tuple[str, ...], pure: frozenset[str], value: bool) -> Kind:
    return Kind(
        name=name,
        types=tuple(table["types"]),
        properties=frozenset(table.get("properties", ())),
        harmless=frozenset(table.get("harmless", ())),
        methods=dict(map(parse_method, table.get("methods", ()))),
        instead=table.get("instead", {}),
        keywords_instead=table.get("keywords_instead", {}),
        settled=not any(canonical.startswith(young) for canonical in table["types"]),
        pure_views=pure,
        value=value,
    )


def parse_method(text: str) -> tuple[str, Method]:
    """A method's name and what is known of it, from `async publish(subject, payload: bytes, **keywords) -> kind`."""
    head, _, rest = text.partition("(")
    inside, _, returns = rest.partition(")")
    parameters = inside.split(", ") if inside else []
    named = [parameter for parameter in parameters if not parameter.startswith("**")]
    needing = [parameter.removesuffix(": bytes") for parameter in named if parameter.endswith(": bytes")]
    method = Method(
        asynchronous=head.startswith("async "),
        params=tuple(parameter.partition(":")[0] for parameter in named),
        any_keyword=len(named) < len(parameters),
        text_refused=frozenset(needing),
        returns=returns.removeprefix(" -> "),
    )
    return head.removeprefix("async "), method


def _makes_view(method: Method, kinds: Mapping[str, Kind]) -> bool:
    return bool(method.returns) and not (method.returns in kinds and kinds[method.returns].value)


def _parse_function(table: Mapping[str, Any], kinds: Mapping[str, Kind], young: tuple[str, ...]) -> Function:
    keywords = set(table.get("params", ()))
    source = table.get("keywords_from")
    if source:
        type_name, _, method = source.rpartition(".")
        for kind in kinds.values():
            if type_name in kind.types and method in kind.methods:
                keywords.update(kind.methods[method].params)
    name: str = table["name"]
    return Function(
        name,
        frozenset(keywords),
        table.get("keywords_instead", {}),
        not name.startswith(young),
        len(table.get("params", ())),
    )
