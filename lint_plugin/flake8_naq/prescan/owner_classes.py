"""What is known of a class whose objects own a resource: the function that creates such an object has to close it."""

from __future__ import annotations

from typing import Final, NamedTuple

from flake8_naq.catalogue.model import ArgumentTest, Resource

CONSTRUCTOR: Final = "__init__"
ENTERS: Final = frozenset({"__enter__", "__aenter__"})
EXITS: Final = ("__exit__", "__aexit__")
# What these do decides whether an object is made, whether it is closed by itself, and what its attributes are.
UNCERTAIN: Final = ("__new__", "__del__", "__getattr__", "__getattribute__", "__await__")
# The names of closing methods, those first that a message rather names.
CLOSING_NAMES: Final = (
    *("close", "aclose", "stop", "disconnect", "shutdown", "cleanup", "teardown", "terminate", "dispose", "quit"),
    *("exit", "release", "close_connection", "destroy", "finish", "end", *EXITS),
)


class OwnerClass(NamedTuple):
    """A class that opens a resource in some methods and closes it in others. Plain data: it may be in another file.

    `opens` is the name of the resource, `line` the line on which it is opened, and `path` its file as messages name it,
    empty for the same file. `openers` has the constructor's name if creating an object opens. `release` is the closer
    that messages name. `coroutines` are those of the methods that are awaited. `attributes` hold the resource, or
    return it; `releases` are the methods of the resource that close it. `entered`: a `with` block closes it. The class
    methods `makers` return an open object. Creating one opens nothing if one of the arguments `opens_unless` is given,
    each a keyword or a position. The methods `sources` make the resource, or return it, for those that open. The
    methods `shared` give the object to other code, or may return it; the methods `chained` return it on every way,
    or open it and may return it.
    """

    name: str
    opens: str
    line: int
    openers: frozenset[str]
    closers: frozenset[str]
    release: str
    coroutines: frozenset[str]
    attributes: frozenset[str]
    releases: frozenset[str]
    entered: bool
    path: str = ""
    makers: frozenset[str] = frozenset()
    opens_unless: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    chained: frozenset[str] = frozenset()

    def resource(self, canonical: str) -> Resource:
        """Return the objects of the class, which has that canonical name, as a resource."""
        created = CONSTRUCTOR in self.openers
        makers = frozenset(f"{canonical}.{name}" for name in self.makers)
        waits = not self.makers.isdisjoint(self.coroutines)
        return Resource(
            name=self.name,
            acquire=makers | ({canonical} if created else frozenset()),
            acquired_by=frozenset({"await" if waits else "call"}),
            construct=frozenset(() if created else {canonical}),
            acquire_methods=self.openers - {CONSTRUCTOR},
            release_methods=self.closers,
            awaited=self.coroutines,
            give_up_methods=self.shared,
            chained_methods=self.chained,
            release=self.release_of("{name}"),
            manager="",
            entering="closes" if self.entered else "keeps-open",
            opens_unless=tuple(map(ArgumentTest, self.opens_unless)),
        )

    def release_of(self, name: str) -> str:
        """Return the call that closes an object of that name, as messages name it."""
        arguments = "None, None, None" if self.release in EXITS else ""
        return f"{'await ' if self.release in self.coroutines else ''}{name}.{self.release}({arguments})"
