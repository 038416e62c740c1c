"""Which files to check: what flake8 would find under the same paths with the same patterns, found quickly.

Folders that hold no code of the project (environments, caches, builds) and what git ignores are left out, unless they
are named.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from flake8_naq.project.git import ignored

FILENAMES = ("*.py",)
# What flake8 leaves out by default, and where the code that people write is not.
LEFT_OUT = (
    *(".svn", "CVS", ".bzr", ".hg", ".git", "__pycache__", ".tox", ".nox", ".eggs", "*.egg"),
    *(".venv", "venv", "site-packages", "node_modules", "build", "dist"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".direnv"),
)
_ENVIRONMENT = "pyvenv.cfg"  # a virtual environment has this file, whatever its name


Listed: TypeAlias = "Callable[[str, Sequence[os.DirEntry[str]]], None]"


def rooted(patterns: Iterable[str], folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the patterns of a configuration: one that is a path begins at the configuration's folder."""
    return tuple(
        os.path.abspath(os.path.join(folder, pattern)).rstrip(os.sep) if _is_path(pattern) else pattern
        for pattern in patterns
    )


def _is_path(pattern: str) -> bool:
    return pattern == "." or "/" in pattern or os.sep in pattern


class Patterns:
    """Patterns that a path's last part or its absolute form may match, as flake8 compares them."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._names: set[str] = set()
        expressions: list[str] = []
        self._needs_path = False
        for pattern in map(os.path.normcase, patterns):
            if _has_wildcard(pattern) or os.sep in pattern:
                expressions.append(fnmatch.translate(pattern))
                self._needs_path |= _may_match_path(pattern)
            else:
                self._names.add(pattern)
        self._expression = re.compile("|".join(expressions)) if expressions else None

    def match(self, path: str, name: str) -> bool:
        is_name = name not in (".", "..")
        name = os.path.normcase(name)  # Windows compares without case, and with either slash
        if is_name and name in self._names:
            return True
        if self._expression is None:
            return False
        return (is_name and bool(self._expression.match(name))) or (
            self._needs_path and bool(self._expression.match(os.path.normcase(os.path.abspath(path))))
        )


def _has_wildcard(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def _may_match_path(pattern: str) -> bool:
    """Whether it can match an absolute path without matching its last part: `*` stands for slashes, too."""
    ends_a_name = pattern.startswith("*") and not _has_wildcard(pattern[1:]) and os.sep not in pattern
    return (os.path.isabs(pattern) or pattern.startswith(("*", "?", "["))) and not ends_a_name


class Discovery(NamedTuple):
    """What is looked for: `filenames` are patterns for whole paths as they are given, none for every file."""

    exclude: Patterns
    filenames: tuple[str, ...]
    unread: Callable[[str, str], None]
    listed: Listed
    ignored: Collection[str] = ()

    def leaves_out(self, entry: os.DirEntry[str]) -> bool:
        """Whether a file or folder that was not named is left out."""
        return self.exclude.match(entry.path, entry.name) or entry.path in self.ignored

    @property
    def suffixes(self) -> tuple[str, ...] | None:
        """The ends of names, if the patterns ask for no more than these and the system distinguishes case."""
        if os.altsep:
            return None
        ends = [pattern[1:] for pattern in self.filenames]
        simple = all(p[:1] == "*" and not _has_wildcard(p[1:]) and os.sep not in p for p in self.filenames)
        return tuple(ends) if simple and ends else None

    def is_wanted(self, path: str) -> bool:
        return not self.filenames or any(fnmatch.fnmatch(path, pattern) for pattern in self.filenames)


def find_files(
    paths: Sequence[str],
    exclude: Iterable[str],
    filenames: Iterable[str],
    unread: Callable[[str, str], None] = lambda path, reason: None,
    listed: Listed = lambda folder, entries: None,
) -> Iterator[str]:
    """Python files at and under `paths`; a file that is named itself is taken whatever its name.

    `exclude` holds for what is named, too; `LEFT_OUT` and what git ignores only below it. A folder that cannot be read
    is given to `unread`, with the reason, and what is in the others to `listed`.
    """
    exclude = tuple(exclude)
    named = Patterns(exclude)
    discovery = Discovery(Patterns((*exclude, *LEFT_OUT)), tuple(filenames), unread, listed)
    for path in paths:
        if named.match(path, os.path.basename(path)):
            continue
        if os.path.isdir(path):
            yield from _walk(path, discovery._replace(ignored=ignored(path)))
        else:
            yield path


def _walk(top: str, discovery: Discovery) -> Iterator[str]:
    suffixes, left_out = discovery.suffixes, discovery.leaves_out
    stack = [top]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            discovery.unread(folder, error.strerror or str(error))
            continue
        if folder != top and any(entry.name == _ENVIRONMENT for entry in found):
            continue
        discovery.listed(folder, found)
        folders: list[str] = []
        for entry in found:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                if not left_out(entry):
                    folders.append(entry.path)
            elif name.endswith(suffixes) if suffixes is not None else discovery.is_wanted(entry.path):
                if _may_be_read(entry) and not left_out(entry):
                    yield entry.path
        stack.extend(reversed(folders))


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to where none is, which is to be said; a pipe would be waited for."""
    try:
        return entry.is_file() or (entry.is_symlink() and not entry.is_dir())
    except OSError:
        return True  # a loop of links: reading it says so
