"""What a module gives to those that import it: functions that make a resource, owner classes, names of libraries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:  # a run whose files do not matter, or have kept results, starts without these
    from flake8_naq.catalogue.model import Resource
    from flake8_naq.prescan.callees import Factory, MadeObject
    from flake8_naq.prescan.owner_classes import OwnerClass


class Exports(NamedTuple):
    """All by the names that others import: `get_client`, `Clients.make`, `Bus`.

    `libraries` has what the names acquire that the module imports from libraries, and that others may import from it.
    `objects` has the functions that make an object of an owner class.
    """

    factories: Mapping[str, Factory]
    owners: Mapping[str, OwnerClass]
    libraries: Mapping[str, Resource]
    objects: Mapping[str, MadeObject]

    def names(self) -> set[str]:
        """Return the names that others have to mention: `get_client`, and `Clients.make` for a method of a class."""
        return self.factories.keys() | self.owners.keys() | self.libraries.keys() | self.objects.keys()


NOTHING: Final = Exports({}, {}, {}, {})


def identity(given: Mapping[str, Exports]) -> tuple[tuple[str, int], ...]:
    """Return what tells apart what modules give, by their paths: equal exports of a module are one object.

    It holds as long as the exports are alive.
    """
    return tuple((path, id(one)) for path, one in given.items())
