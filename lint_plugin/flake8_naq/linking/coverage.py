"""Which modules the files of a run can import besides each other: one look over all says which files can matter."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

from flake8_naq.linking.locate import Finder

_MORE: Final = 50  # folders without Python files that are looked into


def modules_beside(files: Collection[str], finder: Finder) -> list[str] | None:
    """Return the modules below the import roots of the `files` that are not among them; all paths are absolute.

    The answer is None where there are more of them than files, or where many folders without files would have to be
    looked into.
    """
    folders = {os.path.dirname(path) for path in files}
    known, left = frozenset(files), len(files) + 2 * len(folders) + _MORE
    pending = list({root for folder in folders for root in finder.roots(folder)})
    seen, found = set(pending), list[str]()
    while pending:
        folder = pending.pop()
        left -= 1
        inner, modules = finder.entries(folder)
        found += (one for one in modules if one not in known)
        if left < 0 or len(found) > len(known):
            return None
        pending += [one for one in inner if one not in seen]
        seen.update(inner)
    return found
