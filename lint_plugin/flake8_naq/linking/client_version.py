"""Whether a file is written for the client before nats-py 2.0: by the requirements near it, or by its words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TypeAlias

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.linking.locate import NO_FILE, Stamp, stamp
from flake8_naq.project.dependencies import clients_in, lists_in
from flake8_naq.project.settings import Settings

_Clients: TypeAlias = tuple[bool, bool]  # whether the older is listed, and the newer


class ListedClients:
    """Which client the lists name that are nearest to a file: in its folder, or above it up to the repository's.

    A part of a repository may need another client than the rest. Each folder is looked at once.
    """

    def __init__(self, stamps: dict[str, Stamp]) -> None:
        """`stamps` gets what changes with the lists that are read."""
        self._stamps = stamps
        self._known: dict[str, _Clients | None] = {}  # by folder

    def under(self, settings: Settings, source: bytes, path: str) -> Settings:
        """Return the settings for a file, which say for the project what no list near the file says."""
        found = self.of(source, path)
        return settings if found is None else settings._replace(older_client=found[0], newer_client=found[1])

    def of(self, source: bytes, path: str) -> _Clients | None:
        """Return which clients are listed nearest to a file, None where no list names one or the file needs none."""
        if b"nats" not in source or path in NO_FILE:
            return None
        return self._near(os.path.dirname(os.path.abspath(path)))

    def _near(self, folder: str) -> _Clients | None:
        if folder not in self._known:
            above, listed = os.path.dirname(folder), list(lists_in(folder))
            found: _Clients | None = clients_in(listed)
            if found == (False, False):
                is_top = above == folder or os.path.lexists(os.path.join(folder, ".git"))
                found = None if is_top else self._near(above)
            self._stamps.update((one, stamp(one)) for one in listed)
            self._known[folder] = found
        return self._known[folder]


def needs_older_client(source: bytes, settings: Settings, catalogue: Catalogue) -> bool:
    """Return whether the project lists the older client, or lists no client and the file asks for the older."""
    if settings.older_client or settings.newer_client or b"nats" not in source:
        return settings.older_client
    if any(_is_named(one, source) for one in catalogue.newer_names):
        return False
    return any(re.search(pattern, source, re.MULTILINE) for pattern in _patterns(catalogue.signs_of_older))


def _is_named(name: str, source: bytes) -> bool:
    """Return whether the text has the name, or imports its last part: `from nats import connect`."""
    package, _, last = name.rpartition(".")
    return name.encode() in source or re.search(rf"\bfrom {package} import\b.*\b{last}\b".encode(), source) is not None


def _patterns(signs: tuple[str, ...]) -> Iterator[bytes]:
    """Yield what finds the import of a package, or a call of a method with a keyword, which a dictionary may hold."""
    for sign in signs:
        method, _, keyword = sign.rpartition(".")
        pattern = rf"\b{method}\((?:[^()]|\([^()]*\))*\b{keyword}[ \t]*=[^=]|[\"']{keyword}[\"'][ \t]*:"
        yield (pattern if method else rf"^[ \t]*(?:from|import)[ \t]+{keyword}\b").encode()
