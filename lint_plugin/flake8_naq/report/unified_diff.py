"""A unified diff of two versions of a file, byte for byte as `git apply` and `patch -p1` read it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator

from flake8_naq.project.paths import is_below, near, with_slashes

_PLAIN = "latin-1"  # gives every byte a character, and takes it back


def patch(path: str, before: bytes, after: bytes) -> Iterator[bytes]:
    """Yield the lines of the diff; none if the versions are equal."""
    if before == after:
        return
    name = _relative(path)
    yield b"--- " + _label(f"a/{name}") + b"\n"
    yield b"+++ " + _label(f"b/{name}") + b"\n"
    lines = difflib.unified_diff(_lines(before), _lines(after), lineterm="\n")
    for number, line in enumerate(lines):
        if number > 1:  # after the names
            ended = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            yield ended.encode(_PLAIN)


def _lines(data: bytes) -> list[str]:
    """Return the lines as those programs count them: only a line feed ends a line."""
    parts = data.decode(_PLAIN).split("\n")
    return [f"{part}\n" for part in parts[:-1]] + parts[-1:] * bool(parts[-1])


def _relative(path: str) -> str:
    """Return the path relative to the working directory, if it is below it."""
    found = os.path.normpath(path)
    if os.path.isabs(found):
        found = near(found) if is_below(found, os.curdir) else os.path.splitdrive(found)[1].lstrip(os.sep)
    return with_slashes(found)


def _label(name: str) -> bytes:
    """Return a name as git writes it: quoted if necessary, with a tab at the end if it contains a space."""
    raw = os.fsencode(name)
    if any(byte < 32 or byte in b'"\\' or byte > 126 for byte in raw):
        return b'"' + b"".join(_quoted(byte) for byte in raw) + b'"'
    return raw + b"\t" if b" " in raw else raw


def _quoted(byte: int) -> bytes:
    if byte in b'"\\':
        return b"\\" + bytes([byte])
    return bytes([byte]) if 32 <= byte <= 126 else f"\\{byte:03o}".encode()
