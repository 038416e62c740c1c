"""Emulates Windows where it differs for code that handles paths and reads files: no Windows is needed."""

from __future__ import annotations

import ntpath
import os

import pytest


def paths_as_on_windows(patch: pytest.MonkeyPatch, folder: str = r"D:\work") -> None:
    """`os.path` with drives and backslashes, for functions that only calculate; `folder` is the current folder."""
    patch.setattr(os, "path", ntpath)
    patch.setattr(os, "sep", "\\")
    patch.setattr(os, "altsep", "/")
    patch.setattr(os, "getcwd", lambda: folder)


def reads_as_on_windows(patch: pytest.MonkeyPatch) -> None:
    """`os.open` without `O_BINARY` gives a descriptor whose reads have LF for CRLF and end at a Ctrl-Z."""
    binary = 1 << 30
    plain_open, plain_read = os.open, os.read
    as_text: set[int] = set()

    def opened(path: str, flags: int, *rest: int) -> int:
        descriptor = plain_open(path, flags & ~binary, *rest)
        (as_text.discard if flags & binary else as_text.add)(descriptor)
        return descriptor

    def read(descriptor: int, size: int) -> bytes:
        data = plain_read(descriptor, size)
        return data.replace(b"\r\n", b"\n").partition(b"\x1a")[0] if descriptor in as_text else data

    patch.setattr(os, "O_BINARY", binary, raising=False)
    patch.setattr(os, "open", opened)
    patch.setattr(os, "read", read)
