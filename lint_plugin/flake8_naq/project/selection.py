"""What `[tool.flake8-naq]` says about codes and files: the options that ruff has, with its names and its meaning.

The plugin and the command ask the same values. flake8 decides about its own options after that.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from flake8_naq.project.codes import all_codes, unknown
from flake8_naq.project.discovery import Patterns, rooted

if TYPE_CHECKING:
    from flake8_naq.model import Finding

CODES = ("select", "extend-select", "ignore", "extend-ignore")
PATTERNS = ("exclude", "extend-exclude")
KEYS = (*CODES, *PATTERNS, "per-file-ignores")
_OURS = "NAQ"
Found = TypeVar("Found", bound="Finding")


class Selection(NamedTuple):
    """Codes and prefixes that are reported and ignored; patterns of files that are left out, or have codes ignored.

    `select` is None where every rule that is on by default is reported. `nearer` are the selected codes of flake8's
    options: these come from a place that is nearer to the user. Patterns with a slash are absolute.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    folder: str = ""
    nearer: tuple[str, ...] = ()

    def under(self, options: Any, replaced: Collection[str] = ()) -> Selection:
        """Return the selection as far as flake8's `options`, which are nearer, leave it.

        An option of flake8 that names some of our codes replaces the one of the same name here, as do the options in
        `replaced`. The prefix `NAQ` alone is how a selection of flake8 lets our codes pass.
        """
        select, extended, ignore = (tuple(getattr(options, key, None) or ()) for key in _NEARER)
        return self._replace(
            select=None if "select" in replaced or any(map(_names_some, select)) else self.select,
            ignore=() if "ignore" in replaced or any(map(_names_some, ignore)) else self.ignore,
            nearer=tuple(filter(_names_some, (*select, *extended))),
        )

    @property
    def turned_on(self) -> frozenset[str]:
        """The codes that are written out: these turn on a rule that is off by default."""
        return frozenset((*(self.select or ()), *self.extend_select)) & frozenset(all_codes())

    def permits(self, code: str) -> bool:
        """Return whether the code is reported: the longer prefix decides, and an ignored one if both are equal."""
        ignored = _longest(code, (*self.ignore, *self.extend_ignore))
        if _longest(code, self.nearer) >= max(ignored, 1):
            return True
        chosen = _longest(code, (*(self.select or ()), *self.extend_select))
        return (self.select is None or chosen > 0) and (not ignored or chosen > ignored)

    def leaves_out(self, path: str) -> bool:
        """Return whether the file, or a folder around it in the project, matches a pattern of `exclude`."""
        if not self.exclude:
            return False
        patterns, current = _patterns(self.exclude), os.path.abspath(path)
        while current != self.folder:
            above, name = os.path.split(current)
            if patterns.match(current, name):
                return True
            if above == current:
                return False
            current = above
        return False

    def reported(self, path: str, findings: Iterable[Found]) -> list[Found]:
        """Return those of the file's findings that are reported."""
        ignored = tuple(code for pattern, codes in self.per_file_ignores if _is(path, pattern) for code in codes)
        return [one for one in findings if self.permits(one.code) and not one.code.startswith(ignored)]


_NEARER = ("select", "extend_select", "ignore")
EVERYTHING = Selection()


def _names_some(code: str) -> bool:
    return code.startswith(_OURS) and code != _OURS


def _longest(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)


@lru_cache(maxsize=64)
def _patterns(patterns: tuple[str, ...]) -> Patterns:
    return Patterns(patterns)


def _is(path: str, pattern: str) -> bool:
    return _patterns((pattern,)).match(os.path.abspath(path), os.path.basename(path))


class SelectionError(ValueError):
    """A key that cannot be used; the text says the key, and what was expected."""


def read_selection(table: Mapping[str, Any], folder: Path) -> Selection:
    """Return what the table says; patterns start at `folder`. Raises SelectionError."""
    codes = {key: _codes(table[key], key) for key in CODES if key in table}
    excluded = tuple(pattern for key in PATTERNS for pattern in _texts(table.get(key, []), key, '"vendor"'))
    return Selection(
        codes.get("select"),
        codes.get("extend-select", ()),
        codes.get("ignore", ()),
        codes.get("extend-ignore", ()),
        rooted(excluded, folder),
        tuple(_by_file(table.get("per-file-ignores", {}), folder)),
        os.path.abspath(folder),
    )


def _by_file(table: Any, folder: Path) -> Iterable[tuple[str, tuple[str, ...]]]:
    if not isinstance(table, Mapping):
        raise SelectionError(f'per-file-ignores: expected a table such as "tests/*" = ["NAQ101"], got {table!r}')
    for pattern, codes in table.items():
        [spelled] = rooted([pattern], folder)
        yield spelled, _codes(codes, f'per-file-ignores."{pattern}"')


def _codes(value: Any, key: str) -> tuple[str, ...]:
    """Return codes and prefixes in capitals."""
    known, codes = all_codes(), tuple(code.strip().upper() for code in _texts(value, key, '"NAQ101"'))
    for code, given in zip(codes, value, strict=True):
        if not code or not any(one.startswith(code) for one in known):
            raise SelectionError(f"{key}: {unknown(given)}")
    return codes


def _texts(value: Any, key: str, example: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        what = "codes" if "NAQ" in example else "patterns"
        raise SelectionError(f"{key}: expected a list of {what} such as [{example}], got {value!r}")
    return tuple(value)
