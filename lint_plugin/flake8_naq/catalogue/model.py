"""The types of the catalogue. No parsing here, and no analysis.

Named tuples: every run creates the classes, and dataclasses take four times as long to create.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class CatalogueError(ValueError):
    """A catalogue entry that cannot be used; the text says file, key, and what was expected."""


class Resource(NamedTuple):
    """Something that must be released, and how it is acquired, released and managed."""

    name: str
    acquire: frozenset[str]
    release_methods: frozenset[str]
    manager: str
    asynchronous: bool
    kind: str = ""
    construct: frozenset[str] = frozenset()
    acquire_methods: frozenset[str] = frozenset()
    release_functions: frozenset[str] = frozenset()
    release_again: frozenset[str] = frozenset()
    closed_tests: frozenset[str] = frozenset()
    open_tests: frozenset[str] = frozenset()
    context_manager: bool = True


class View(NamedTuple):
    """A function that makes a view of a resource: the view dies with what it was made from."""

    name: str
    asynchronous: bool
    returns: str
    parameter: str  # the first one, which gets what the view is made of


class Manager(NamedTuple):
    """A context manager that owns a resource; `borrows` marks one that only wraps a resource owned elsewhere.

    `parameter` is the first parameter of one that borrows.
    """

    name: str
    resource: str
    suits: str
    yields: tuple[str, ...]
    text: str
    borrows: bool = False
    parameter: str = ""


class Calls(NamedTuple):
    """What is known of calls in Python and its libraries; see `python.toml` for the meaning of each field."""

    pass_through: frozenset[str]
    pass_through_methods: frozenset[str]
    result_methods: frozenset[str]
    casts: frozenset[str]
    awaiting: frozenset[str]
    awaiting_methods: frozenset[str]
    borrows: frozenset[str]
    borrowing_methods: frozenset[str]
    no_raise: frozenset[str]
    no_raise_methods: frozenset[str]
    only_cancelled: frozenset[str]
    never_returns: Mapping[str, str]
    managing_methods: frozenset[str]
    entering_methods: frozenset[str]
    closing: Mapping[str, str]
    parameters: Mapping[str, str]
    swallowing: frozenset[str]
    expecting: frozenset[str]
    expecting_methods: frozenset[str]
    asserting_methods: frozenset[str]
    quiet_managers: frozenset[str]
    time_limits: frozenset[str]
    moves_on: frozenset[str]
    resumed_generators: frozenset[str]
    inert_bases: frozenset[str]

    @property
    def quiet(self) -> frozenset[str]:
        """All context managers whose enter and exit run no code of the program."""
        return self.quiet_managers | self.time_limits | self.moves_on


class Migration(NamedTuple):
    """The by-hand API that a package leaves behind, and the parameter that a configuration replaces."""

    package: str
    defining_modules: tuple[str, ...]
    legacy: frozenset[str]
    config_makers: frozenset[str]
    url_parameter: str
    url_replacement: str


class Method(NamedTuple):
    """One method of a kind; `params` is None where any are taken."""

    asynchronous: bool
    params: tuple[str, ...]
    any_keyword: bool
    text_refused: frozenset[str]
    returns: str


class Kind(NamedTuple):
    """A class whose instances the flow knows: its methods, its properties, and the names people invent for them."""

    name: str
    types: tuple[str, ...]
    properties: frozenset[str]
    harmless: frozenset[str]
    methods: Mapping[str, Method]
    instead: Mapping[str, str]
    keywords_instead: Mapping[str, str]
    settled: bool = True
    pure_views: frozenset[str] = frozenset()
    value: bool = False


class Function(NamedTuple):
    """A module-level function whose keywords are known."""

    name: str
    keywords: frozenset[str]
    keywords_instead: Mapping[str, str]
    settled: bool = True
    positional: int = 0  # how many arguments it takes by position


class Catalogue(NamedTuple):
    """Everything the analysis is told, indexed by canonical name."""

    resources: tuple[Resource, ...]
    acquire: Mapping[str, Resource]
    construct: Mapping[str, Resource]
    release_functions: Mapping[str, Resource]
    views: Mapping[str, View]
    managers: Mapping[str, Manager]
    calls: Calls
    kinds: Mapping[str, Kind]
    types: Mapping[str, str]
    functions: Mapping[str, Function]
    exceptions: Mapping[str, frozenset[str]]
    exceptions_instead: Mapping[str, str]
    unsettled: tuple[str, ...]
    migration: Migration
    known: frozenset[str]
    called: frozenset[str]
    roots: frozenset[str]
    view_methods: frozenset[str]
