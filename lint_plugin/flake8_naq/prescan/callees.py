"""What prescan, builder and analysis ask about functions of the project. `facts.summaries` answers."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from flake8_naq.catalogue.model import Resource
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.prescan.owner_classes import OwnerClass
from flake8_naq.syntax.names import Names, Scope

# Behind the name of a function: what the function makes that a call of it returns.
MAKES_FUNCTION: Final = "()"


class Holding(NamedTuple):
    """How what a function returns has the resource inside: as items, or (`fields`) in attributes of an object."""

    fields: tuple[str, ...] = ()


class Deciding(NamedTuple):
    """A parameter on which it depends whether a function makes a resource, with its position in calls."""

    name: str
    position: int


class Factory(NamedTuple):
    """A function whose call makes a resource. Plain data: the function may be in another file.

    `line` is the line of the acquisition inside it, and `path` its file as messages name it, empty for the same file.
    `acquired_by` is the canonical name of the function that finally acquires the resource. Of a function that returns a
    tuple, `positions` are those of new resources, and `views` the positions of views of the only one with their kinds.
    Of one that returns a list, a dictionary or a plain object with such resources, `held` says where in it they are.
    `alike`: it takes the arguments of that function, as what `sessionmaker()` makes does.
    `at_once`: an asynchronous call makes the resource although nothing awaits it, as in another thread. `decided_by`:
    it may return another value instead, and these parameters decide whether it does.
    """

    name: str
    resource: Resource
    asynchronous: bool
    line: int
    acquired_by: str
    may_be_none: bool
    path: str = ""
    positions: tuple[int, ...] = ()
    views: tuple[tuple[int, str], ...] = ()
    held: Holding | None = None
    alike: bool = False
    at_once: bool = False
    decided_by: tuple[Deciding, ...] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether each call makes a resource that is the value itself."""
        return self.held is None and not self.positions and self.decided_by is None


class MadeObject(NamedTuple):
    """An object of an owner class that a function makes; `factory` is None if the object is not open yet."""

    owner: OwnerClass
    factory: Factory | None


class Calling(NamedTuple):
    """How a function calls one of its arguments, whose answer it returns.

    `asynchronous`: its own call has to be awaited, but for one that runs `at_once`. `awaits`: it awaits the answer.
    """

    asynchronous: bool
    awaits: bool
    may_be_none: bool = False
    at_once: bool = False


class ImportedFunction(Protocol):
    """A function of another module of the project."""

    @property
    def place(self) -> str:
        """Where it is defined, as messages name it: `app/clients.py:9`."""

    @property
    def is_coroutine(self) -> bool:
        """Whether a call of it only makes a coroutine."""

    @property
    def is_generator(self) -> bool:
        """Whether a call of it only makes a generator."""

    def effect(self, call: ast.Call, key: int | str, resource: Resource | None = None) -> Effect:
        """Return what the function does with the resource at a position or keyword of the call; None: with any."""

    def may_fail(self, call: ast.Call, key: int | str, resource: Resource) -> bool:
        """Return whether an operation of the resource at a position or keyword of the call may fail in the function."""

    def raises_on_none(self, call: ast.Call, key: int | str) -> frozenset[ExceptionSet]:
        """Return what the function raises where that argument is None, if it has no normal end then."""

    def calling(self, call: ast.Call, key: int | str) -> Calling | None:
        """Return how the function calls that argument, None if it does not return what that returns."""

    def of_object(self) -> ImportedFunction | None:
        """Return the method that an object of the class has: of `Class.method`, its own or that of a base."""


class Imported(Protocol):
    """What a module imports from other modules of its project, by the canonical names of its calls."""

    @property
    def called(self) -> Mapping[str, set[str]]:
        """The last names of calls that may make a resource, each with the names that it may follow; "": any or none."""

    @property
    def owners(self) -> Mapping[str, OwnerClass]:
        """The imported classes whose objects own a resource, by their canonical names."""

    @property
    def objects(self) -> Mapping[str, MadeObject]:
        """The imported functions that make an object of such a class, by their canonical names."""

    @property
    def starred(self) -> Mapping[str, str]:
        """The canonical names of what makes a resource and comes by `from module import *`."""

    @property
    def hidden(self) -> Collection[str]:
        """The libraries whose names mean a module of the project."""

    @property
    def given_on(self) -> Mapping[str, str]:
        """By its name in a module of the project, what this one imports from a library through that module."""

    def factory(self, name: str) -> Factory | None:
        """Return the imported function of that name if it makes a resource."""

    def methods(self, name: str) -> Mapping[str, Factory]:
        """Return the methods of the imported class of that name that make a resource."""

    def function(self, name: str) -> ImportedFunction | None:
        """Return the imported function of that name, or the constructor of the imported class."""

    def is_coroutine(self, name: str) -> bool:
        """Return whether a call of the imported function of that name only makes a coroutine."""

    def may_release(self, name: str, attribute: str, resource: Resource, *, introduced: bool = False) -> bool:
        """Return whether the imported class of that name may release the attribute of `self`, or is not known.

        A class that derives from it may have `introduced` the attribute.
        """

    def kept_names(self, name: str, call: ast.Call, key: int | str, resource: Resource) -> frozenset[str] | None:
        """Return the names by which an object that `call` makes of the imported class has the resource at `key`.

        None if the object may close the resource, or give it to code that may.
        """

    def loses(self, name: str, call: ast.Call, key: int | str, resource: Resource, methods: frozenset[str]) -> bool:
        """Return whether an object that `call` makes of the imported class is dropped with the resource at `key`.

        That is where one of the methods fails: the object closes the resource only when it is told.
        """

    def fields(self, name: str) -> Mapping[str, str] | None:
        """Return the attributes in which objects of the imported class keep the arguments, by the parameters.

        None if the class does more than to keep them.
        """

    def shared_by_class(self, name: str, attributes: frozenset[str]) -> frozenset[str] | None:
        """Return the methods of the imported base that give its object to other code.

        None if the base may open, close or replace what is in these attributes, or is not known.
        """

    def is_found(self, name: str) -> bool:
        """Return whether the module of the imported name is one of the project."""

    def instance(self, name: str, steps: int, *, called: bool, awaited: bool) -> str | None:
        """Return the class of the imported name's value, or of what a call of the name returns, where it is known."""

    def class_made(self, name: str) -> str | None:
        """Return the canonical name of the imported class of which the class method of that name makes an object."""


class NothingImported:
    """The view of a module that imports no other module of its project."""

    called: Mapping[str, set[str]] = MappingProxyType({})
    owners: Mapping[str, OwnerClass] = MappingProxyType({})
    objects: Mapping[str, MadeObject] = MappingProxyType({})
    starred: Mapping[str, str] = MappingProxyType({})
    hidden: Collection[str] = ()
    given_on: Mapping[str, str] = MappingProxyType({})

    def factory(self, name: str) -> Factory | None:
        """Return None."""
        return None

    def methods(self, name: str) -> Mapping[str, Factory]:
        """Return nothing."""
        return {}

    def function(self, name: str) -> ImportedFunction | None:
        """Return None."""
        return None

    def is_coroutine(self, name: str) -> bool:
        """Return False."""
        return False

    def may_release(self, name: str, attribute: str, resource: Resource, *, introduced: bool = False) -> bool:
        """Return True."""
        return True

    def kept_names(self, name: str, call: ast.Call, key: int | str, resource: Resource) -> frozenset[str] | None:
        """Return None."""
        return None

    def loses(self, name: str, call: ast.Call, key: int | str, resource: Resource, methods: frozenset[str]) -> bool:
        """Return False."""
        return False

    def fields(self, name: str) -> Mapping[str, str] | None:
        """Return None."""
        return None

    def shared_by_class(self, name: str, attributes: frozenset[str]) -> frozenset[str] | None:
        """Return None."""
        return None

    def is_found(self, name: str) -> bool:
        """Return False."""
        return False

    def instance(self, name: str, steps: int, *, called: bool, awaited: bool) -> str | None:
        """Return None."""
        return None

    def class_made(self, name: str) -> str | None:
        """Return None."""
        return None


class Effect(Enum):
    """What a function does with an argument, strongest first."""

    RELEASES = "releases"
    MAY_RELEASE = "may release"
    KEEPS = "keeps"
    BORROWS = "borrows"


class Summaries(Protocol):
    """What the functions that the calls of one module reach do with their arguments."""

    def effect(self, call: ast.Call, key: int | str, names: Names, resource: Resource | None = None) -> Effect:
        """Return what the function called does with the resource at a position or keyword; None: with any."""

    def raises_on_none(self, call: ast.Call, key: int | str, names: Names) -> frozenset[ExceptionSet]:
        """Return what the function called raises where that argument is None, if it has no normal end then."""


class Callees(Summaries, Protocol):
    """The functions and classes that the calls of one module reach."""

    def is_known(self, call: ast.Call, names: Names) -> bool:
        """Return whether the call reaches a function whose body is known: of this file, or of an imported module."""

    def is_coroutine(self, call: ast.Call, names: Names) -> bool:
        """Return whether the call only makes a coroutine."""

    def is_of_project(self, called: str) -> bool:
        """Return whether the module of the canonical name is one of the project, whatever the name is there."""

    def is_class(self, name: str, scope: Scope) -> bool:
        """Return whether the name is a class of the same file, as seen from `scope`."""

    def instance(self, function: ast.Attribute, names: Names) -> str | None:
        """Return the catalogue's class of the object whose method is called, which its own function does not say."""

    def factory(self, call: ast.Call, names: Names) -> Factory | None:
        """Return the function that the call reaches if that function makes a resource."""
