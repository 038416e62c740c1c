"""The answers of looks over all files of a run, which may be kept for the next run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from flake8_naq.linking.reaching import File
from flake8_naq.project.paths import encoded


class Kept(NamedTuple):
    """The files that a look has found, and the texts that it depends on besides what names it."""

    found: Collection[str]
    depends: Mapping[str, str]


class Looks(Protocol):
    """Keeps the answers of looks over all files of a run."""

    def load(self, name: str) -> Kept | None:
        """Return the answer of that name, None if there is none."""

    def save(self, name: str, kept: Kept) -> None:
        """Keep an answer."""


def name_of(files: Iterable[File], content: Callable[[str], str]) -> str:
    """Return a text that changes with the files of a run, the text of their imports, and all of those that open."""
    from hashlib import blake2b

    found = blake2b(digest_size=16)
    for one in sorted(files):
        shown = content(one.path).encode() if one.opens else b"\0".join(one.words)
        found.update(b"%b\0%b\n" % (encoded(one.path), shown))
    return found.hexdigest()
