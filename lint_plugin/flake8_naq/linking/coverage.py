"""Whether the files of a run are all modules that they can import: then one look over them says which can matter."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

from flake8_naq.linking.locate import Finder

_MORE: Final = 50  # folders without Python files that are looked into


def is_covered(files: Collection[str], finder: Finder) -> bool:
    """Return whether each module below an import root of the `files` is among them; their paths are absolute.

    The answer is negative, too, where many folders without files would have to be looked into.
    """
    folders = {os.path.dirname(path) for path in files}
    known, left = frozenset(files), 2 * len(folders) + _MORE
    pending = list({root for folder in folders for root in finder.roots(folder)})
    seen = set(pending)
    while pending:
        folder = pending.pop()
        left -= 1
        inner, modules = finder.entries(folder)
        if left < 0 or not known.issuperset(modules):
            return False
        pending += [one for one in inner if one not in seen]
        seen.update(inner)
    return True
