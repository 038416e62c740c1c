"""What modules that a file does not import do with the objects of its classes, as the rules ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol


class ReachedAttribute(NamedTuple):
    """An attribute that other modules may release through an object that has it: `app.bus.client.close()`.

    `holder` is the name of the object's class, or what the file calls the object, such as `state` for `app.state.nc`.
    `releases` are the names of the methods that end the resource.
    """

    name: str
    holder: str
    releases: frozenset[str]


Answers = Mapping[ReachedAttribute, bool]
NO_ANSWERS: Final[Answers] = MappingProxyType({})


class OtherModules(Protocol):
    """The other modules of a file's project."""

    @property
    def answers(self) -> Answers:
        """What was asked about them so far, with the answers; what is found in the file depends on these."""

    def may_release(self, asked: ReachedAttribute) -> bool:
        """Return whether another module may release the attribute of an object that the file makes."""


class NoOtherModules:
    """The other modules of a text that is in no file."""

    answers: Answers = NO_ANSWERS

    def may_release(self, asked: ReachedAttribute) -> bool:
        """No module is known."""
        return False
