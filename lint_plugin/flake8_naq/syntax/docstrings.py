"""The docstrings of a text, found without parsing: examples in them import and call names that the code does not."""

from __future__ import annotations

import re
from typing import Final

_NEAR: Final = 200  # bytes above a docstring in which the colon is looked for
_LONG: Final = (b'"""', b"'''")
_TOKEN: Final = re.compile(  # with what is before it, which is matched quicker than it is looked for
    rb"""[^#"']*(#[^\n]*"""
    rb"""|\"{3}[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*\"{3}|'{3}[^'\\]*(?:(?:\\.|'{1,2}(?!'))[^'\\]*)*'{3}"""
    rb"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')?""",
    re.DOTALL,
)
_PREFIX: Final = re.compile(rb"[A-Za-z]{0,2}\Z")


def without_docstrings(source: bytes) -> bytes:
    """Return the text without the strings that are the first statement of a module, class or function.

    A text is returned as it is if an f-string of it may have strings inside, whose quotes look like its end.
    """
    if not any(quotes in source for quotes in _LONG):
        return source
    kept: list[bytes] = []
    at, is_first = 0, True
    for found in _TOKEN.finditer(source):
        start, text = found.start(1), found[1]
        if text is None or text.startswith(b"#"):
            continue
        prefix = _PREFIX.search(source, max(0, start - 2), start)
        start = prefix.start() if prefix is not None else start
        if b"f" in source[start : found.start(1)].lower() and text.count(b"{") != text.count(b"}"):
            return source
        if text.startswith(_LONG) and _begins_block(source, start, is_first):
            kept.append(source[at:start])
            at = found.end()
        is_first = False
    return b"".join((*kept, source[at:])) if kept else source


def _begins_block(source: bytes, start: int, is_first: bool) -> bool:
    """Return whether the string at `start` is the first on its line, below a line that ends in a colon.

    The first string of a module may also have nothing but comments above.
    """
    line = source.rfind(b"\n", 0, start) + 1
    if source[line:start].strip():
        return False
    if source[max(0, line - _NEAR) : line].rstrip().endswith(b":"):
        return True
    return is_first and all(not one or one.startswith(b"#") for one in map(bytes.strip, source[:line].splitlines()))
