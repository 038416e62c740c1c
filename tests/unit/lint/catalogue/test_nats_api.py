"""Holds catalogue/nats_api.toml against the NATS packages that are installed, by introspection.

It knows how to read a class and a module; what they should contain is in the TOML file alone. A release
that adds, renames or removes something turns a test red, and the message is the edit to make. What a `str`
does where bytes are needed is tried on the real code, with a client that sends nothing.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import pkgutil
import textwrap
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import flake8_naq
from flake8_naq.catalogue.loader import parse_method

TOML = Path(flake8_naq.__file__).parent / "catalogue" / "nats_api.toml"
API: dict[str, Any] = tomllib.loads(TOML.read_text(encoding="utf-8"))
KINDS: dict[str, dict[str, Any]] = API["kind"]
METHODS = {kind: dict(map(parse_method, table.get("methods", ()))) for kind, table in KINDS.items()}
FUNCTIONS: dict[str, dict[str, Any]] = {table["name"]: table for table in API["function"]}
EXCEPTIONS: dict[str, list[str]] = API["exceptions"]["modules"]
INSTEAD: dict[str, str] = API["exceptions"]["instead"]

# Other packages live in the namespace `nats` too (nats-server); only these are catalogued.
LEGACY = ("nats", "nats.aio", "nats.errors", "nats.js", "nats.micro", "nats.nuid", "nats.protocol")
NEWER = {"nats.client": "nats-core", "nats.jetstream": "nats-jetstream", "nats.key_value": "nats-key-value"}

each_kind = pytest.mark.parametrize("kind", KINDS)


# --- what is installed ---


def package_of(dotted: str) -> str:
    """The package that a dotted name belongs to: `nats.aio` of `nats.aio.client.Client`."""
    name = ".".join(dotted.split(".")[:2])
    return name if name in NEWER or name in LEGACY else "nats"


@cache
def missing(package: str) -> str:
    """Return why a newer package is not available here, or ''."""
    for needed in ("nats-core", NEWER[package]) if package in NEWER else ():
        try:
            if version(needed) != "0.0.0":
                continue
        except PackageNotFoundError:
            pass
        return f"{needed} is not installed (before Python 3.13 there is only its placeholder 0.0.0)"
    return ""


def require(dotted: str) -> None:
    if reason := missing(package_of(dotted)):
        pytest.skip(reason)


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every public module of the catalogued packages; nats.client cannot be imported without nkeys."""
    names = ["nats"]
    for found in pkgutil.walk_packages(importlib.import_module("nats").__path__, "nats.", lambda _: None):
        catalogued = ".".join(found.name.split(".")[:2]) in (*LEGACY, *NEWER)
        if catalogued and "._" not in found.name and not missing(package_of(found.name)):
            names.append(found.name)
    return tuple(importlib.import_module(name) for name in sorted(names))


def resolve(dotted: str) -> Any:
    """The object that a dotted name stands for."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = getattr(value, part)
        return value
    raise ModuleNotFoundError(dotted)


def classes(kind: str) -> list[type]:
    """The classes behind a kind, each once."""
    require(KINDS[kind]["types"][0])
    return list(dict.fromkeys(resolve(name) for name in KINDS[kind]["types"]))


# --- what is in a class ---


def public_callables(cls: type) -> dict[str, Any]:
    """Methods and nested classes by name, without what typing leaves behind for overloads."""
    found = {name: getattr(cls, name) for name in dir(cls) if not name.startswith("_")}
    real = {name: value for name, value in found.items() if getattr(value, "__module__", "") != "typing"}
    return {name: value for name, value in real.items() if callable(value)}


def signature(cls: type, name: str) -> list[inspect.Parameter]:
    """The parameters of a method as its caller sees them, without `self`."""
    parameters = list(inspect.signature(getattr(cls, name)).parameters.values())
    return parameters[1:] if inspect.isfunction(inspect.getattr_static(cls, name)) else parameters


def describe(name: str, owners: list[type]) -> str:
    """What introspection alone says of a method, as the catalogue writes it: of several classes all parameters."""
    owners = sorted(owners, key=lambda owner: -len(signature(owner, name)))
    every = [parameter for owner in owners for parameter in signature(owner, name)]
    named = dict.fromkeys(p.name for p in every if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    # A nested class keeps whatever it is given.
    sent = [] if isinstance(getattr(owners[0], name), type) else every
    needing = {p.name for p in sent if p.annotation in ("bytes", "Optional[bytes]", "bytes | None")}
    parameters = [f"{parameter}: bytes" if parameter in needing else parameter for parameter in named]
    if any(p.kind is p.VAR_KEYWORD for p in every):
        parameters.append("**keywords")
    awaited = any(inspect.iscoroutinefunction(getattr(owner, name)) for owner in owners)
    return f"{'async ' if awaited else ''}{name}({', '.join(parameters)})"


def real_methods(kind: str) -> dict[str, str]:
    owners: dict[str, list[type]] = {}
    for cls in classes(kind):
        for name in public_callables(cls):
            owners.setdefault(name, []).append(cls)
    return {name: describe(name, owners[name]) for name in sorted(owners)}


def assigned_on_self(cls: type) -> set[str]:
    """Names that the methods of a class assign on their instance."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    stored = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    return {node.attr for node in stored if isinstance(node.value, ast.Name) and node.value.id == "self"}


def real_properties(kind: str) -> list[str]:
    names: set[str] = set()
    called: set[str] = set()
    for cls in classes(kind):
        called |= public_callables(cls).keys()
        names |= set(dir(cls))
        for base in cls.__mro__:
            if base.__module__.startswith("nats"):
                names |= assigned_on_self(base) | set(vars(base).get("__annotations__", ()))
    return sorted(name for name in names - called if not name.startswith("_"))


def names_of(kind: str) -> set[str]:
    """Every public dotted name of the classes of a kind; a nested class follows its outer one."""
    behind = classes(kind)
    outer = {cls.__qualname__.rpartition(".")[0] for cls in behind}
    holders: dict[str, Any] = {module.__name__: module for module in modules()}
    for module in modules():
        inner = [(name, value) for name, value in vars(module).items() if name in outer]
        holders |= {f"{module.__name__}.{name}": value for name, value in inner}
    held = [(f"{path}.{name}", value) for path in holders for name, value in vars(holders[path]).items()]
    return {name for name, value in held if "._" not in name and any(value is cls for cls in behind)}


def report(where: str, kind: str, edits: list[str]) -> None:
    """Fails with the edits that bring the catalogue up to date."""
    owner = NEWER.get(package_of(KINDS[kind]["types"][0]), "nats-py")
    said = "\n".join(f"  {edit}" for edit in edits)
    if edits:
        pytest.fail(f"{owner} {version(owner)} differs from {TOML.name}, {where}:\n{said}", pytrace=False)


def differences(real: Iterable[str], listed: Iterable[str]) -> list[str]:
    added, removed = sorted(set(real) - set(listed)), sorted(set(listed) - set(real))
    return [f'add "{name}"' for name in added] + [f'remove "{name}"' for name in removed]


# --- kinds ---


@each_kind
def test_types_are_all_the_names_of_the_class(kind: str) -> None:
    report(f"[kind.{kind}] types", kind, differences(names_of(kind), KINDS[kind]["types"]))


@each_kind
def test_properties_are_those_of_the_class(kind: str) -> None:
    report(f"[kind.{kind}] properties", kind, differences(real_properties(kind), KINDS[kind]["properties"]))


@each_kind
def test_methods_are_those_of_the_class(kind: str) -> None:
    listed, real = {parse_method(text)[0]: text for text in KINDS[kind].get("methods", ())}, real_methods(kind)
    edits = [f'remove "{listed[name]}"' for name in listed if name not in real]
    for name, text in real.items():
        _, arrow, returns = listed.get(name, "").partition(" -> ")
        if text + arrow + returns != listed.get(name):
            edits.append(f'{"change to" if name in listed else "add"} "{text}{arrow}{returns}"')
    report(f"[kind.{kind}] methods", kind, edits)


def kind_named(annotation: str, near: str) -> str:
    """The kind whose class is named; of several that of the same package, then of the same generation."""
    simple, package = annotation.strip("'\"").rpartition(".")[2], package_of(near)
    spelled = [(kind, name) for kind in KINDS for name in KINDS[kind]["types"] if name.endswith(f".{simple}")]
    same = [kind for kind, name in spelled if package_of(name) == package]
    akin = [kind for kind, name in spelled if (package_of(name) in NEWER) == (package in NEWER)]
    return next(iter(same + akin), "")


def kind_returned(function: Any) -> str:
    """The kind that a call gives. `AsyncIterator[str]` and `List[Msg]` name none."""
    if isinstance(function, type):
        return kind_named(function.__qualname__, function.__module__)
    return kind_named(str(inspect.signature(function).return_annotation), function.__module__)


@each_kind
def test_returns_follows_the_annotations(kind: str) -> None:
    edits = []
    for name, value in [pair for cls in classes(kind) for pair in public_callables(cls).items()]:
        method, real = METHODS[kind].get(name), kind_returned(value)
        listed = method.returns if method else ""
        if real != listed:
            edits.append(f"{name}: add -> {real}" if real else f"{name}: remove what it returns")
    report(f"[kind.{kind}] methods", kind, edits)


def members(kind: str) -> set[str]:
    return {*KINDS[kind]["properties"], *METHODS[kind]}


def is_said_right(phrase: str, kind: str) -> bool:
    """A replacement begins with a member of the kind, of the class that it names, or with a function."""
    head = phrase.partition("(")[0].partition(" ")[0].rstrip(",")
    if head in FUNCTIONS or head.partition(".")[0] in members(kind):
        return True
    owner, _, member = head.rpartition(".")
    other = kind_named(owner, KINDS[kind]["types"][0])
    return bool(other) and member in members(other)


@each_kind
def test_invented_members_do_not_exist_and_their_replacements_do(kind: str) -> None:
    for invented, phrase in KINDS[kind].get("instead", {}).items():
        assert invented not in members(kind), f"[kind.{kind}.instead] {invented} exists: remove it"
        assert is_said_right(phrase, kind), f"[kind.{kind}.instead] {invented} = {phrase!r}: no such member"


@each_kind
def test_invented_keywords_have_a_replacement_that_some_method_takes(kind: str) -> None:
    taken = [method.params for method in METHODS[kind].values()]
    for invented, phrase in KINDS[kind].get("keywords_instead", {}).items():
        real = phrase.partition("=")[0]
        usable = any(real in params and invented not in params for params in taken)
        assert usable, f"[kind.{kind}.keywords_instead] {invented}: no method takes {real} and not {invented}"


@each_kind
def test_tables_are_sorted_and_what_is_harmless_exists(kind: str) -> None:
    for key in ("types", "properties", "harmless"):
        assert KINDS[kind][key] == sorted(set(KINDS[kind][key])), f"[kind.{kind}] {key}"
    assert list(METHODS[kind]) == sorted(METHODS[kind]), f"[kind.{kind}] methods"
    assert len(METHODS[kind]) == len(KINDS[kind].get("methods", ())), f"[kind.{kind}] methods: one is there twice"
    for key in ("instead", "keywords_instead"):
        assert list(KINDS[kind].get(key, ())) == sorted(KINDS[kind].get(key, ())), f"[kind.{kind}.{key}]"
    assert set(KINDS[kind]["harmless"]) <= members(kind), f"[kind.{kind}] harmless"


# --- bytes ---


async def send_nothing(*_: object, **__: object) -> None:
    return None


def sender(kind: str) -> Any:
    """An instance of a kind over a connection that sends nothing."""
    if kind.startswith("new-"):
        return newer_sender(kind)
    client = resolve("nats.NATS")()
    client._status = client.CONNECTED
    client._send_command = client._flush_pending = send_nothing
    jetstream = client.jetstream()
    return {
        "client": client,
        "jetstream": jetstream,
        "key-value": resolve("nats.js.kv.KeyValue")("b", "KV_b", "$KV.b.", jetstream, True),
        "message": resolve("nats.aio.msg.Msg")(client, reply="r"),
    }[kind]


def newer_sender(kind: str) -> Any:
    status = resolve("nats.client.ClientStatus").CONNECTED
    client = resolve("nats.client.Client").__new__(resolve("nats.client.Client"))
    vars(client).update(_status=status, _request_prefix="_INBOX.x.", _next_request_id=0, _request_futures={})
    jetstream = resolve("nats.jetstream.new")(client)
    if kind == "new-key-value":
        return resolve("nats.key_value.KeyValue")("b", SimpleNamespace(name="KV_b"), jetstream)
    return {"new-client": client, "new-jetstream": jetstream}[kind]


# pull_subscribe looks for its consumer first, which wants a server; the rest of it is pull_subscribe_bind.
SENDING = [
    (kind, name)
    for kind, methods in METHODS.items()
    for name, method in methods.items()
    if method.text_refused and name != "pull_subscribe"
]


@pytest.mark.parametrize(("kind", "name"), SENDING)
def test_text_where_bytes_are_needed_fails(kind: str, name: str) -> None:
    require(KINDS[kind]["types"][0])
    method = METHODS[kind][name]
    values = {"subject": "s", "key": "k", "stream": "s", "revision": 1}
    others = {key: value for key, value in values.items() if key in method.params}

    async def call(parameter: str) -> None:
        await asyncio.wait_for(getattr(sender(kind), name)(**others, **{parameter: "text"}), 5)

    for parameter in sorted(method.text_refused):
        with pytest.raises(TypeError, match="str"):
            asyncio.run(call(parameter))


# --- functions and exceptions ---


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_those_of_the_module(name: str) -> None:
    require(name)
    table, function = FUNCTIONS[name], resolve(name)
    parameters = inspect.signature(function).parameters.values()
    passes_on = any(p.kind is p.VAR_KEYWORD for p in parameters)
    taken = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    assert table["params"] == taken, f"[[function]] {name}: params = {taken}"
    assert table["async"] is inspect.iscoroutinefunction(function), f"[[function]] {name}: async"
    assert passes_on is ("keywords_from" in table), f"[[function]] {name}: keywords_from"
    assert table.get("returns", "") == kind_returned(function), f"[[function]] {name}: returns"
    if passes_on:
        owner, _, method = table["keywords_from"].rpartition(".")
        taken += [p.name for p in signature(resolve(owner), method)]
    for invented, real in table.get("keywords_instead", {}).items():
        assert invented not in taken, f"[[function]] {name}: {invented} exists: remove it"
        assert real in taken, f"[[function]] {name}: {invented} = {real!r}: no such keyword"


def exceptions_in(module: ModuleType) -> list[str]:
    """Public names of a module that an `except` can use, whatever they are imported from."""
    named = [(name, value) for name, value in vars(module).items() if isinstance(value, type)]
    return sorted(name for name, value in named if issubclass(value, BaseException) and name[0] != "_")


def test_exceptions_are_those_of_the_modules() -> None:
    real = {module.__name__: exceptions_in(module) for module in modules()}
    listed = {name: names for name, names in EXCEPTIONS.items() if not missing(package_of(name))}
    edits = differences(real, listed)
    for name in real:
        edits += [f'"{name}": {edit}' for edit in differences(real[name], listed.get(name, ()))]
    assert not edits, "\n  ".join([f"{TOML.name}, [exceptions.modules]:", *edits])


@pytest.mark.parametrize("invented", INSTEAD)
def test_invented_exceptions_do_not_exist_and_their_replacements_do(invented: str) -> None:
    (module, _, name), (real_module, _, real) = invented.rpartition("."), INSTEAD[invented].rpartition(".")
    assert name not in EXCEPTIONS[module], f"[exceptions.instead] {invented} exists: remove it"
    assert real in EXCEPTIONS[real_module], f"[exceptions.instead] {invented} = {real!r}: no such exception"


def test_everything_else_is_sorted_and_said_once() -> None:
    types = [name for table in KINDS.values() for name in table["types"]]
    assert len(types) == len(set(types)), "a type belongs to one kind"
    assert list(KINDS) == sorted(KINDS, key=lambda kind: (kind.startswith("new-"), kind))
    for names in (list(FUNCTIONS), list(EXCEPTIONS), list(INSTEAD), *EXCEPTIONS.values()):
        assert names == sorted(names)
