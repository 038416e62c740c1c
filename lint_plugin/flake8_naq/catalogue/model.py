"""The types of the catalogue. No parsing here, and no analysis.

Named tuples: every run creates the classes, and dataclasses take four times as long to create.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class CatalogueError(ValueError):
    """A catalogue entry that cannot be used; the text says file, key, and what was expected."""


SUBSCRIPT = "[]"  # among the parts of a resource: `client[name]`


class ArgumentTest(NamedTuple):
    """Whether a call has an argument, by its keyword or position.

    `value` is its literal, or its name with a dot before it, and None for any value. A value whose
    name ends with `unless_named` does not count.
    """

    argument: str
    value: str | None = None
    unless_named: str = ""


class Resource(NamedTuple):
    """Something that must be released, and how it is acquired, released and managed.

    `awaited` names the methods and functions among the others that are coroutines. `manager` is empty where no `with`
    can close the resource. `source` says which catalogue or file declares it.
    """

    name: str
    acquire: frozenset[str]
    release_methods: frozenset[str]
    manager: str
    acquired_by: frozenset[str] = frozenset({"call"})
    awaited: frozenset[str] = frozenset()
    kind: str = ""
    makers: tuple[str, ...] = ()  # calls that return a function which acquires it, with the argument that names a class
    objects_from: frozenset[str] = frozenset()  # functions that return an object whose method acquires it
    construct: frozenset[str] = frozenset()
    acquire_methods: frozenset[str] = frozenset()
    opens_if: tuple[ArgumentTest, ...] = ()
    opens_unless: tuple[ArgumentTest, ...] = ()
    opens_with_options: bool = False
    outlives_if: tuple[ArgumentTest, ...] = ()
    outlives_by: frozenset[str] = frozenset()
    items: tuple[int, ...] = ()
    release_functions: frozenset[str] = frozenset()
    give_back_methods: frozenset[str] = frozenset()
    final_uses: frozenset[str] = frozenset()
    final_loops: frozenset[str] = frozenset()
    give_up_methods: frozenset[str] = frozenset()
    chained_methods: frozenset[str] = frozenset()
    release_again: frozenset[str] = frozenset()
    after_release: frozenset[str] = frozenset()
    closed_tests: frozenset[str] = frozenset()
    open_tests: frozenset[str] = frozenset()
    none_while_open: frozenset[str] = frozenset()
    entering: str = "closes"
    block_does: str = ""
    block_value: bool = False
    enters_call_only: bool = False
    types: tuple[str, ...] = ()
    views: frozenset[str] = frozenset()  # by their paths, `channel.queue`, or `await channel.queue`
    process_lived: bool = False
    reusable: bool = True
    serves: bool = False
    closed_with_owner: bool = False
    closes_alone: bool = False
    close_fails: bool = True
    live_results: frozenset[str] = frozenset()  # methods of it, or of what they give
    entering_opens: bool = False  # to enter the object opens it once more
    block_since: str = ""  # the library, or Python, and its version from which a block can enter it
    default: bool = True
    release: str = ""  # the release that messages name: `await {name}.close()`
    source: str = ""

    def release_of(self, name: str, owner: str = "") -> str:
        """Return the release that messages name, of a resource of that name; `owner` is the object that gave it."""
        return self.release.format(name=name, owner=owner or "its pool")

    def release_after_error(self, name: str) -> str:
        """Return the release where something has failed: a plain `close`, which speaks to no server that may be gone.

        `quit` of a mail server raises there, and its error would hide the first. `shutdown` is that of a mailbox.
        """
        plain = (one for one in ("close", "shutdown") if one in self.release_methods and one not in self.awaited)
        method = next(plain, "")
        return f"{name}.{method}()" if method else self.release_of(name)

    @property
    def quits(self) -> bool:
        """Whether the block ends with a command to a server, and `close` without: `quit` of a mail server may fail."""
        return self.context_manager and "close" in self.release_methods and self.release == "{name}.quit()"

    @property
    def when_awaited(self) -> Resource:
        """What an `await` of the acquiring call gives: without a block where only the call itself is entered."""
        return self._replace(manager="", entering="impossible") if self.enters_call_only else self

    def makes_view(self, path: str, awaited: bool) -> bool:
        """Return whether a method of the resource, or the method of a part that the path names, makes a part of it."""
        return (f"await {path}" if awaited else path) in self.views

    @property
    def called(self) -> Iterable[str]:
        """The functions that a file calls which makes it, or releases it by a function."""
        makers = (text.partition("(")[0] for text in self.makers)
        return (*self.acquire, *self.construct, *self.release_functions, *makers)

    @property
    def state_tests(self) -> frozenset[str]:
        """The attributes, and methods without arguments, that tell whether it is open."""
        return self.closed_tests | self.open_tests | self.none_while_open

    @property
    def ending_methods(self) -> frozenset[str]:
        """The methods after which nothing is left to close."""
        return self.release_methods | {method.removesuffix("()") for method in self.final_uses}

    @property
    def last_methods(self) -> frozenset[str]:
        """The methods after which this code has nothing left to close: ending methods, and those that give it up."""
        return self.ending_methods | self.give_up_methods

    @property
    def asynchronous(self) -> bool:
        """Whether it is managed in async functions."""
        if self.manager:
            return self.manager.startswith("async ")
        named = (method for method in self.release_methods if not method.startswith("__"))  # not `__aexit__`
        return "call" not in self.acquired_by or any(method in self.awaited for method in named)

    @property
    def opens_by_entering(self) -> bool:
        """Whether to enter the object, as its manager does, is to open it: `async with AIOKafkaProducer()`."""
        is_like_kafka = self.asynchronous and "{call}" in self.manager and bool(self.acquire_methods)
        return self.entering_opens or is_like_kafka

    @property
    def reopens(self) -> bool:
        """Whether to enter it where it is open, as a function has given it, opens it once more."""
        return self.opens_by_entering and not self.acquire

    @property
    def has_no_manager(self) -> bool:
        """Whether only a `finally` does what the release does: the block of a process pool terminates it."""
        return not self.manager and (not self.context_manager or bool(self.block_does))

    @property
    def context_manager(self) -> bool:
        """Whether a `with` block of the resource itself closes it."""
        return self.entering == "closes"


class Maker(NamedTuple):
    """What a call returns that makes a function: a function which acquires like `acquired`.

    The `argument` of the call names what to acquire instead; empty for none.
    """

    acquired: str
    argument: str


class Passed(NamedTuple):
    """What a catalogue says of calls that are given a resource, in the form of its file."""

    borrows: tuple[str, ...] = ()
    takes_over: tuple[str, ...] = ()


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
    tasks: frozenset[str]
    awaiting_methods: frozenset[str]
    gathering: frozenset[str]
    borrows: frozenset[str]
    borrowing_suffixes: frozenset[str]
    using_classes: frozenset[str]
    never_closing: frozenset[str]
    given_back_by: Mapping[str, str]
    keeping_words: frozenset[str]
    making_words: frozenset[str]
    forking: frozenset[str]
    borrowing_methods: frozenset[str]
    no_raise: frozenset[str]
    no_raise_methods: frozenset[str]
    no_raise_items: frozenset[str]
    no_raise_paths: frozenset[str]
    defaulting_methods: frozenset[str]
    logging: frozenset[str]
    always_true: frozenset[str]
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
    manager_makers: frozenset[str]
    inert_bases: frozenset[str]
    inert_decorators: frozenset[str]
    calling: Mapping[str, str]
    calling_methods: Mapping[str, str]
    threads: Mapping[str, Sequence[str]]
    field_factories: Mapping[str, str]
    calling_decorators: frozenset[str]
    cached_properties: frozenset[str]
    base_attributes: frozenset[str]
    same_class: Mapping[str, Sequence[str]]
    needs_no_close: frozenset[str]
    choosing: frozenset[str]
    sampling: frozenset[str]
    text_makers: frozenset[str]
    text_types: frozenset[str]
    text_tests: frozenset[str]
    applying: frozenset[str]

    def is_quiet(self, called: str | None) -> bool:
        """Return whether the call makes a context manager whose enter and exit run no code of the program."""
        return called in self.quiet_managers or called in self.time_limits or called in self.moves_on


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
    ends: tuple[str, ...] = ()  # the methods that end what stays registered with its connection


class Function(NamedTuple):
    """A module-level function whose keywords are known."""

    name: str
    keywords: frozenset[str]
    keywords_instead: Mapping[str, str]
    settled: bool = True
    positional: int = 0  # how many arguments it takes by position


class MethodNames(NamedTuple):
    """The names of methods and attributes that mean something for at least one resource."""

    ending: frozenset[str]  # nothing is left to close afterwards
    last: frozenset[str]  # the same, or this function need not close it any more
    give_back: frozenset[str]
    state_tests: frozenset[str]  # tell whether it is open
    none_while_open: frozenset[str]
    chained: frozenset[str]  # return the object itself
    opening_chained: frozenset[str]  # the same, and open it


def method_names(resources: Iterable[Resource]) -> MethodNames:
    """Return the names that mean something for at least one of the resources."""
    names = MethodNames(*[frozenset[str]()] * len(MethodNames._fields))
    for one in resources:
        names = MethodNames(
            names.ending | one.ending_methods,
            names.last | one.last_methods,
            names.give_back | one.give_back_methods,
            names.state_tests | one.state_tests,
            names.none_while_open | one.none_while_open,
            names.chained | (one.chained_methods - one.acquire_methods),
            names.opening_chained | (one.chained_methods & one.acquire_methods),
        )
    return names


class Catalogue(NamedTuple):
    """Everything the analysis is told, indexed by canonical name."""

    resources: tuple[Resource, ...]
    acquire: Mapping[str, Resource]
    construct: Mapping[str, Resource]
    makers: Mapping[str, Maker]
    release_functions: Mapping[str, Resource]
    views: Mapping[str, View]
    managers: Mapping[str, Manager]
    calls: Calls
    lends: Mapping[str, frozenset[str]]  # by call or `.method`: the arguments that it only borrows
    takes: Mapping[str, frozenset[str]]  # by call or `.method`: the arguments that it owns from then on, "" for all
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
    classes: Mapping[str, str]  # by another name of a class, or a function that returns an instance: its first name
    methods: frozenset[str]  # the names in `acquire` that are methods of objects
    opening_methods: frozenset[str]  # the last parts of all names in `acquire`
    instance_methods: frozenset[str]  # those of them that are methods of a first name in `classes`
    method_names: MethodNames
    older_names: frozenset[str] = frozenset()  # what went with nats-py 2.0: `kind.method`, `method.keyword`, exceptions
    newer_names: tuple[str, ...] = ()  # what came with nats-py 2.0, a method with a dot before it
    signs_of_older: tuple[str, ...] = ()  # what a file for an older one has: `package`, `method.keyword`
    older_client: bool = False  # the project needs the client before nats-py 2.0, which takes more keywords
    newer_client: bool = False  # the project needs nats-py by this name, which it has since 2.0

    def borrows(self, called: str | None, method: str, key: int | str) -> bool:
        """Return whether a call of the name or method only uses the argument at a position or keyword.

        The `method` comes with the name before it, if there is one: `files.create`. `dict(nc=nc)` keeps what it gets by
        a keyword, as `{"nc": nc}` does.
        """
        if called == "dict" and isinstance(key, str):
            return False
        methods = self.calls.borrowing_methods
        if called in self.calls.borrows or method in methods or method.rpartition(".")[2] in methods:
            return True
        return self.lends_argument(called, method, key)

    def lends_argument(self, called: str | None, method: str, key: int | str) -> bool:
        """Return whether a catalogue names this argument of the call as one that is only used."""
        names = _names_of_call(called, method) if self.lends else ()
        return any(str(key) in self.lends.get(name, ()) for name in names)

    def takes_over(self, called: str | None, method: str, key: int | str) -> bool:
        """Return whether a call owns the argument at a position or keyword from then on."""
        taken = [self.takes.get(name) for name in _names_of_call(called, method)] if self.takes else []
        return any(arguments is not None and not arguments.isdisjoint(("", str(key))) for arguments in taken)


def _names_of_call(called: str | None, method: str) -> tuple[str, ...]:
    """Return the names by which a catalogue may mean a call: `.files.create`, `.create`, or what is called."""
    methods = {f".{method}", f".{method.rpartition('.')[2]}"} if method else set[str]()
    return (*methods, *([] if called is None else [called]))
