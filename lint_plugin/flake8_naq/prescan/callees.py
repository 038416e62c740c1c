"""What the prescan and the builder ask about functions of the same file. `dataflow.summaries` answers."""

from __future__ import annotations

import ast
from enum import Enum
from typing import NamedTuple, Protocol

from flake8_naq.catalogue.model import Resource
from flake8_naq.syntax.names import FunctionNode, Names, Scope


class Factory(NamedTuple):
    """A function of the same file whose call makes a resource.

    `call` is the acquisition inside it, `acquired_by` the canonical name of what that call bottoms out in.
    """

    function: FunctionNode
    resource: Resource
    call: ast.Call
    acquired_by: str
    may_be_none: bool


class Effect(Enum):
    """What a function does with an argument, strongest first."""

    RELEASES = "releases"
    MAY_RELEASE = "may release"
    KEEPS = "keeps"
    BORROWS = "borrows"


class Callees(Protocol):
    """The functions and classes of one module, as its calls reach them."""

    def is_local(self, call: ast.Call, names: Names) -> bool:
        """Return whether the call reaches a function of the same file."""

    def is_coroutine(self, call: ast.Call, names: Names) -> bool:
        """Return whether the call only makes a coroutine."""

    def is_class(self, name: str, scope: Scope) -> bool:
        """Return whether the name is a class of the same file, as seen from `scope`."""

    def effect(self, call: ast.Call, key: int | str, names: Names) -> Effect:
        """Return what the function called does with the argument at a position or keyword."""

    def factory(self, call: ast.Call, names: Names) -> Factory | None:
        """Return the function that the call reaches if that function makes a resource."""
