"""What a module gives to the modules that import it: functions that make a resource, and owner classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from flake8_naq.prescan.callees import Factory
from flake8_naq.prescan.owner_classes import OwnerClass


class Exports(NamedTuple):
    """Both by the names that others import: `get_client`, `Clients.make`, `Bus`."""

    factories: Mapping[str, Factory]
    owners: Mapping[str, OwnerClass]

    def names(self) -> Iterator[str]:
        """Yield each name, without the class of a method."""
        yield from (name.rpartition(".")[2] for name in self.factories)
        yield from self.owners

    def are_mentioned(self, source: bytes) -> bool:
        """Return whether a text has one of the names, or may import all of them by a star."""
        return b"import *" in source or any(name.encode() in source for name in self.names())


NOTHING: Final = Exports({}, {})
