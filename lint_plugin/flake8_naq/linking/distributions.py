"""Finds the other distributions of a workspace: a repository may hold several, each with its own `pyproject.toml`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Final

BUILT_BY: Final = ("pyproject.toml", "setup.py")
DEEPEST: Final = 3  # folders below the workspace in which distributions are looked for
_MOST_FOLDERS: Final = 300
_MOST: Final = 100


def import_roots(workspace: str, inner: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Return the folders from which the distributions of the workspace are imported, none where there are many.

    `inner` returns the paths of the folders in a folder that may hold modules or distributions.
    """
    level, found, left = [workspace], list[str](), _MOST_FOLDERS
    for _ in range(DEEPEST):
        level = sorted(path for folder in level for path in inner(folder))
        left -= len(level)
        if left < 0:
            return ()
        found += [path for path in level if any(os.path.lexists(os.path.join(path, name)) for name in BUILT_BY)]
    return tuple(root for path in found for root in (path, os.path.join(path, "src"))) if len(found) <= _MOST else ()
