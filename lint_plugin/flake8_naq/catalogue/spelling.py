"""How a file can spell a call that makes or releases a resource: it follows from what the file imports."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from flake8_naq.catalogue.library import chosen
from flake8_naq.catalogue.model import Resource
from flake8_naq.syntax.import_text import import_statements

_OPENS: Final = re.compile(r"\s*\(")
_ENDS_ARGUMENT: Final = re.compile(r"\s*[,)]")
_BEFORE_ARGUMENT: Final = re.compile(r"(?:(factory\s*=)|[(,=])\s*(?:\w+\.)*$")
_DEFINES: Final = re.compile(r"class\s+\w+\s*$")  # the line above may end without a character for that
_NEAR: Final = 200  # characters in which the owner of an attribute is looked for, white space included
_BY_NAME: Final = b"import_module"  # no statement says what this imports

Spelling = Mapping[str, Collection[str]]  # the last name of a call, and the names that it may follow; "": any or none


class Called(NamedTuple):
    """Canonical names that are called, and which of them are methods of an object."""

    names: frozenset[str]
    methods: frozenset[str]


def methods_among(resources: Iterable[Resource]) -> frozenset[str]:
    """Return the names that acquire a resource and are methods: of the class of a resource, or of another class."""
    every = tuple(resources)
    owners = {name for one in every for name in (*one.types, *one.acquire, *one.construct)}
    return frozenset(name for one in every for name in one.acquire if _is_method(name, owners))


def _is_method(name: str, owners: Collection[str]) -> bool:
    """Return whether the name is a method: of one of the `owners`, or of a class, which has a capital letter."""
    owner = name.rpartition(".")[0]
    return owner in owners or owner.rpartition(".")[2][:1].isupper()


@cache
def spellings(alias: str, target: str, called: Called) -> frozenset[tuple[str, str]]:
    """Return the calls that an import makes possible, as the part before the last dot and the part behind it.

    `n.connect` for `import nats as n`; of methods of the library's objects also `open` alone, whatever they are called.
    """
    inner = [name[len(target) + 1 :] for name in called.names if name.startswith(f"{target}.")]
    dotted = [f"{alias}.{rest}".split(".") for rest in inner]
    spelled = {(parts[-2], parts[-1]) for parts in dotted}
    spelled |= {("", rest) for rest in inner if "." not in rest}
    # An object of the library comes without an import of its class: from `create_engine()`, or from `get_engine()`.
    root = f"{target.partition('.')[0]}."
    spelled |= {("", name.rpartition(".")[2]) for name in called.methods if name.startswith(root)}
    return frozenset(spelled | {("", alias)} if target in called.names else spelled)


def builtin_calls(called: Called) -> set[tuple[str, str]]:
    """Return the calls that need no import, such as `open`."""
    return {("", name) for name in called.names if "." not in name}


def every_call(called: Called) -> set[tuple[str, str]]:
    """Return the calls of a file whose imports may bring any name."""
    return {("", name.rpartition(".")[2]) for name in called.names}


def by_last_name(spelled: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the names that each last name of a call may follow."""
    found: dict[str, set[str]] = {}
    for owner, name in spelled:
        found.setdefault(name, set()).add(owner)
    return found


def calls(text: str, name: str, owners: Collection[str]) -> Iterator[int]:
    """Yield where `name` is called, as an attribute of one of `owners`, or is given to a call that may call it."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if (_OPENS.match(text, end) or _is_argument(text, at, end)) and not _is_part_of_a_name(text, at):
            before = text[max(0, at - _NEAR) : at].rstrip()
            if "" in owners or (before.endswith(".") and before[:-1].rstrip().endswith(tuple(owners))):
                yield at
        at = text.find(name, end)


def _is_argument(text: str, at: int, end: int) -> bool:
    """Return whether the name ends an argument that is nothing else: `nats.connect` of `retry(nats.connect, url)`.

    A class counts only as a base of another class, and as what makes a field: most other calls that get a class do not
    make an object of it.
    """
    found = _BEFORE_ARGUMENT.search(text, max(0, at - _NEAR), at) if _ENDS_ARGUMENT.match(text, end) else None
    if found is None or found[1]:
        return found is not None
    opening = text.rfind("(", 0, at)
    before = text[max(0, opening - _NEAR) : opening]
    return _DEFINES.search(before) is not None if text[at].isupper() else not before.rstrip().endswith("import")


def _is_part_of_a_name(text: str, at: int) -> bool:
    return at > 0 and f"_{text[at - 1]}".isidentifier()


# The same for a text that is not parsed


@cache
def called_by(libraries: tuple[str, ...], wanted: tuple[str, ...]) -> Called:
    """Return what a use of the resources that are on of these catalogues calls."""
    resources, _ = chosen(libraries, wanted)
    return Called(frozenset(name for one in resources for name in one.called), methods_among(resources))


def is_spelled(source: bytes, called: Called) -> bool:
    """Return whether the text seems to call one of the names: never False where its tree has such a call."""
    text = source.decode("utf-8", "replace")
    spelling = by_last_name(spelled_by(source, called))
    return any(_may_be_code(text, at) for name, owners in spelling.items() for at in calls(text, name, owners))


def _may_be_code(text: str, at: int) -> bool:
    """Return whether a call may begin there: not in a line that is a comment, nor at the name of a definition."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    if before.lstrip().startswith("#"):
        return "{" in before  # the line of an f-string may look like a comment
    return before.split()[-1:] != ["def"]


def spelled_by(source: bytes, called: Called) -> set[tuple[str, str]]:
    """Return the calls that the imports of the text make possible, and those of builtins."""
    if _BY_NAME in source:
        return every_call(called)
    found = builtin_calls(called)
    roots = {name.partition(".")[0] for name in called.names}
    for statement in import_statements(source):
        for alias, target in statement.bindings():
            if target.endswith("*"):
                return every_call(called)
            given_on = target.rpartition(".")[2] in roots  # `from app.compat import sqlite3`
            if statement.level or given_on or target.partition(".")[0] in roots:
                for whole in _ends_with(target, called) if statement.level or given_on else (target,):
                    found |= spellings(alias, whole, called)
    return found


@lru_cache(maxsize=10_000)
def _ends_with(target: str, called: Called) -> frozenset[str]:
    """Return what an import of the target from another module can mean, whatever that module is."""
    last = target.rpartition(".")[2]
    parts = (name.split(".") for name in called.names)
    return frozenset(".".join(one[: at + 1]) for one in parts for at, part in enumerate(one) if part == last)
