"""Paths as reports, baselines and editors write them, on systems with drives and backslashes too. Reads no file."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator

# The name of the error handler for texts with file names: no text is refused by an encoding.
ANY_TEXT = "flake8-naq"


def near(path: str, start: str = os.curdir) -> str:
    """Return the path relative to `start`; the absolute path if it is on another drive."""
    try:
        return os.path.relpath(path, start)
    except ValueError:
        return os.path.abspath(path)


def absolute(paths: Iterable[str]) -> Iterator[str]:
    """Yield the absolute path of each file; quick where many files are in one folder."""
    folders: dict[str, str] = {}
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.join(os.path.abspath(folder), "")
        yield folders[folder] + name


def is_below(path: str, folder: str) -> bool:
    """Return whether the path is the folder, or is in it."""
    relative = near(path, folder)
    return not (os.path.isabs(relative) or relative == os.pardir or relative.startswith(os.pardir + os.sep))


def with_slashes(path: str) -> str:
    """Return the path with `/` between its parts, as git, reports and baselines write it on every system."""
    return path.replace(os.sep, "/")


def file_url(path: str) -> str:
    """Return the address of a file by its absolute path: `file:///home/a.py`, `file:///C:/a.py`, `file://server/a.py`."""
    return file_address(with_slashes(path))


def file_address(path: str) -> str:
    """Return the address of an absolute path that has slashes already."""
    address = quoted(path)
    if address.startswith("//"):
        return f"file:{address}"  # \\server\share
    return f"file://{address}" if address.startswith("/") else f"file:///{address}"


def quoted(path: str) -> str:
    """Return the path, which has slashes, for an address; the colon of a drive stays as it is."""
    from urllib.parse import quote  # for addresses only

    drive, rest = (path[:2], path[2:]) if path[1:2] == ":" and os.path.isabs(path) else ("", path)
    return drive + quote(encoded(rest))


def encoded(text: str) -> bytes:
    """Return UTF-8: the bytes of a name that is not UTF-8 as they are on the disk, other lone surrogates escaped."""
    return text.encode("utf-8", ANY_TEXT)


def _as_it_was(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeEncodeError:  # a name of Windows need not be valid UTF-16
        return codecs.backslashreplace_errors(error)


codecs.register_error(ANY_TEXT, _as_it_was)
