"""The line of a TOML file that sets a key.

`tomllib` returns no positions. A file that is cut off behind a whole statement is a valid file, so the line is found by
parsing the beginning of the file: the first beginning that has the key ends with the statement that sets it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any


class TomlText:
    """The text of a TOML file, which must be valid."""

    def __init__(self, text: str) -> None:
        # Not `splitlines`, which also ends a line at characters that may be in a string.
        self._lines = [f"{line}\n" for line in text.split("\n")]
        # Parsed beginnings by their number of lines; None for one that ends inside a statement.
        self._parsed: dict[int, dict[str, Any] | None] = {0: {}}

    def line_of(self, path: tuple[str, ...]) -> int | None:
        """Return the number of the line on which the statement begins that sets the key at `path`; None if none does.

        For a table, this is its header or the first key in it.
        """
        if not _has(self._beginning(len(self._lines)) or {}, path):
            return None
        without, having = 0, len(self._lines)
        while having - without > 1:
            middle = self._whole((without + having) // 2)
            if middle <= without:
                # No statement ends between the two: look behind.
                middle = self._next_whole((without + having) // 2, having)
                if middle == having:
                    break
            if _has(self._beginning(middle) or {}, path):
                having = middle
            else:
                without = middle
        # All lines behind `without` belong to the statement.
        return without + 1

    def _beginning(self, lines: int) -> dict[str, Any] | None:
        """Return the content of the first lines; None when they end inside a statement."""
        if lines not in self._parsed:
            try:
                self._parsed[lines] = tomllib.loads("".join(self._lines[:lines]))
            except tomllib.TOMLDecodeError:
                self._parsed[lines] = None
        return self._parsed[lines]

    def _whole(self, lines: int) -> int:
        """Return the largest number of lines up to `lines` that ends with a statement."""
        while self._beginning(lines) is None:
            lines -= 1
        return lines

    def _next_whole(self, lines: int, limit: int) -> int:
        while lines < limit and self._beginning(lines) is None:
            lines += 1
        return lines


def _has(values: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    found: Any = values
    for part in path:
        if not isinstance(found, Mapping) or part not in found:
            return False
        found = found[part]
    return True
