"""Separates new findings from known ones, file by file, and follows files that were moved. Prints nothing.

A file is known by its path from the baseline's folder. Where a path of the baseline has gone from the disk, its entries
go to the file that now holds the most of their code: so a rename needs neither git nor a new baseline.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from flake8_naq.baseline.file import WRITE, BaselineError, Entries, parse, parse_later
from flake8_naq.project.paths import is_below, near, with_slashes

if TYPE_CHECKING:
    from flake8_naq.baseline.content import Key
    from flake8_naq.model import Finding


def new_findings(findings: Iterable[Finding], lines: Sequence[str], known: Iterable[Key]) -> list[Finding]:
    """Return the findings that `known` does not cover; an entry covers one: of three alike, two known, one is new."""
    from flake8_naq.baseline.content import key_of  # where nothing is found, the baseline only has to be whole

    left = Counter(known)
    new: list[Finding] = []
    for finding in findings:
        key = key_of(finding, lines)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(finding)
    return new


class Ledger:
    """The entries of a baseline in `folder`; folders in `exclude` are not searched for moved files.

    Never changed. Not a dataclass: to make that of it would take as long as to read the baseline.
    """

    def __init__(self, folder: str, entries: Entries, exclude: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.entries = entries
        self.exclude = exclude

    def new(self, path: str, findings: Sequence[Finding], lines: Sequence[str]) -> list[Finding]:
        """Return the unknown ones of a file's `findings`, which are in line order; `path` is as the caller has it."""
        return self.new_after_moves(path, new_findings(findings, lines, self.of(path)), lines)

    def of(self, path: str) -> tuple[Key, ...]:
        """Return the entries listed under the path of a file."""
        return self.entries.get(self.name(path), ()) if self.entries else ()

    def new_after_moves(self, path: str, findings: list[Finding], lines: Sequence[str]) -> list[Finding]:
        """Return the findings that neither the entries of the file's path nor those of its former path cover."""
        if not findings or self.name(path) in self.entries or not self.moved:  # a file that is known succeeds no other
            return findings
        return new_findings(findings, lines, self._former(self.name(path)))

    def known(self, name: str) -> tuple[Key, ...]:
        """Return the entries of a file by its name in the baseline, including those of its former path."""
        return (*self.entries.get(name, ()), *self._former(name))

    def _former(self, name: str) -> list[Key]:
        return [key for old, now in self.moved.items() if now == name for key in self.entries[old]]

    def name(self, path: str) -> str:
        """Return a path as the baseline has it: relative to its folder, with slashes and with links resolved."""
        folder, name = os.path.split(os.path.abspath(path))
        return with_slashes(near(os.path.join(_real(folder), name), _real(self.folder)))

    @property
    def total(self) -> int:
        """Return the number of entries."""
        return sum(map(len, self.entries.values()))

    @cached_property
    def gone(self) -> tuple[str, ...]:
        """Return the paths of the baseline that do not exist."""
        folder = os.path.join(self.folder, "")
        return tuple(path for path in self.entries if not os.path.lexists(folder + path))

    @cached_property
    def moved(self) -> dict[str, str]:
        """Return where the files of `gone` are now, as far as that can be found out."""
        if not self.gone:
            return {}
        from flake8_naq.baseline.moves import find_moves

        gone = {path: self.entries[path] for path in self.gone}
        return find_moves(self.folder, gone, frozenset(self.entries), self.exclude)


def covers(paths: Iterable[str], path: str) -> bool:
    """Whether `path` is one of `paths`, or below one."""
    return any(is_below(path, folder) for folder in paths)


@lru_cache(maxsize=1024)
def _real(folder: str) -> str:
    return os.path.realpath(folder)


def load(path: str, exclude: tuple[str, ...] = (), later: bool = False) -> Ledger:
    """Read a baseline. Raises BaselineError if that fails; with `later`, a damaged file raises on the first access."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError as error:
        raise BaselineError(f"{path}: there is no such baseline; {WRITE} to write it") from error
    except OSError as error:
        raise BaselineError(f"{path}: the baseline cannot be read: {error.strerror}") from error
    entries = parse_later(data, path) if later else parse(data, path)
    return Ledger(os.path.dirname(os.path.abspath(path)), entries, exclude)
