"""What the lists of requirements near a file say: which client of NATS it has, and which versions of libraries.

A part of a repository may need other versions than the rest, so the nearest list that names a library counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final, TypeAlias

from flake8_naq.linking.locate import NO_FILE, Stamp, stamp
from flake8_naq.project.dependencies import clients_in, lists_in, texts_of

Version: TypeAlias = tuple[int, ...]

_NUMBER: Final = r"(\d+(?:\.\d+)+)"
_EXTRAS: Final = r"(?:\[[^\]\n]*\])?"
_FROM: Final = r"[=~>]="  # `==1.2`, `>= 1.2`, `~=1.2`
# `name = "^1.2"`, `name = { version = "^1.2" }`, `python_requires=">=1.2"`
_QUOTED: Final = rf"[\"']?\s*[=:]\s*(?:\{{\s*version\s*=\s*)?[\"']\s*(?:{_FROM}|\^|~)?"
_NAMED: Final = re.compile(rf"([A-Za-z][\w.-]*){_EXTRAS}(?:\s*=?\s*{_FROM}=?|{_QUOTED})\s*{_NUMBER}".encode())
_PYTHON: Final = frozenset({"python", "python-requires", "requires-python"})
_PRINTS: Final = re.compile(rb"^[ \t]*print [\"']", re.MULTILINE)  # in a `setup.py` of Python 2
_CLASSIFIER: Final = re.compile(rb"Programming Language :: Python :: (2\b(?:\.\d+)?|3\.\d+)")


class Nearby:
    """The lists in a folder and in those above it, the nearest first."""

    def __init__(self, lists: tuple[tuple[bytes, ...], ...] = ()) -> None:
        self.lists = lists

    @cached_property
    def clients(self) -> tuple[bool, bool] | None:
        """Whether the client before nats-py 2.0 is listed, and nats-py; None where no list names one."""
        return next((found for one in self.lists if any(found := clients_in(one))), None)

    @cached_property
    def _versions(self) -> dict[str, Version]:
        found: dict[str, Version] = {}
        for texts in reversed(self.lists):
            oldest: dict[str, Version] = {}
            for name, version in (pair for text in texts for pair in _versions_in(text)):
                oldest[name] = min(version, oldest.get(name, version))
            found |= oldest
        return found

    def oldest(self, library: str) -> Version | None:
        """Return the oldest version of a library, or of Python, that the code has to work with; None if not listed."""
        return self._versions.get(library)

    @cached_property
    def text(self) -> str:
        """What changes with all that is read here."""
        return f"{self.clients} {sorted(self._versions.items())}"


def _versions_in(text: bytes) -> Iterator[tuple[str, Version]]:
    """Yield what a list names, with the oldest version that it allows; of Python, its classifiers come last."""
    named = [(one[1].decode().lower().replace("_", "-"), one[2]) for one in _NAMED.finditer(text)]
    found = [("python" if name in _PYTHON else name, number) for name, number in named]
    if not any(name == "python" for name, _ in found):
        found += [("python", one[1]) for one in _CLASSIFIER.finditer(text)]
        found += [("python", b"2.7")] if _PRINTS.search(text) else []
    yield from ((name, version_of(number.decode())) for name, number in found)


def version_of(number: str) -> Version:
    """Return a version that can be compared: `0.6` is `0.6.0`."""
    found = [int(part) for part in number.split(".")]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


class Requirements:
    """Reads the lists near files, up to the top of their repository. Each folder is looked at once."""

    def __init__(self, stamps: dict[str, Stamp]) -> None:
        """`stamps` gets what changes with the lists that are read."""
        self._stamps = stamps
        self._near: dict[str, Nearby] = {}  # by folder

    def near(self, path: str) -> Nearby:
        """Return the lists near a file; none for a text that is in no file."""
        return Nearby() if path in NO_FILE else self._in(os.path.dirname(os.path.abspath(path)))

    def _in(self, folder: str) -> Nearby:
        if folder not in self._near:
            above, listed = os.path.dirname(folder), list(lists_in(folder))
            self._stamps.update((one, stamp(one)) for one in listed)
            is_top = above == folder or os.path.lexists(os.path.join(folder, ".git"))
            farther = Nearby() if is_top else self._in(above)  # most folders have no list: these share what is read
            self._near[folder] = Nearby((tuple(texts_of(listed)), *farther.lists)) if listed else farther
        return self._near[folder]
