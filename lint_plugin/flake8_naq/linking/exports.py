"""What a module gives to the modules that import it: functions that make a resource, and owner classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from flake8_naq.prescan.callees import Factory
from flake8_naq.prescan.owner_classes import OwnerClass


class Exports(NamedTuple):
    """Both by the names that others import: `get_client`, `Clients.make`, `Bus`."""

    factories: Mapping[str, Factory]
    owners: Mapping[str, OwnerClass]

    def names(self) -> set[str]:
        """Return the names that others have to import: of a method, that of its class."""
        return {name.partition(".")[0] for name in self.factories} | self.owners.keys()


NOTHING: Final = Exports({}, {})
