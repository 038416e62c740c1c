"""The import statements of a text, found without parsing: quick, and never less than the parser would find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_WORD: Final = re.compile(rb"\bimport\b")
_FROM: Final = re.compile(rb"\bfrom\s*(?P<dots>\.*)\s*(?P<module>[\w.]*)\s*\Z")
_NAMES: Final = re.compile(rb"(?:[ \t]|\\\r?\n)*(?:\((?P<inside>[^)]*)|(?P<line>(?:\\\r?\n|[^\n#;])*))")
_LEFT_OUT: Final = re.compile(rb"#[^\n]*|\\\r?\n")
_NEAR: Final = 400  # bytes before the word in which its statement begins


class ImportStatement(NamedTuple):
    """`from ..module import a, b`, or `import module`, which has no names. `level` counts the dots."""

    level: int
    module: str
    names: tuple[str, ...]


def import_statements(source: bytes) -> Iterator[ImportStatement]:
    """Yield each import statement of the text; what only looks like an import may be among them."""
    for word in _WORD.finditer(source):
        behind = tuple(_listed(source, word.end()))
        before = _FROM.search(_statement_before(source, word.start()))
        if before is None:
            yield from (ImportStatement(0, name, ()) for name in behind)
        else:
            module = before["module"].decode("utf-8", "replace")
            yield ImportStatement(len(before["dots"]), module, behind)


def _statement_before(source: bytes, end: int) -> bytes:
    """Return what comes before the word on its line, and on the lines that a backslash continues."""
    line = source.rfind(b"\n", max(0, end - _NEAR), end) + 1
    before = source[line:end]
    while line > 1 and source[max(0, line - 3) : line - 1].rstrip(b"\r").endswith(b"\\"):
        above = source.rfind(b"\n", max(0, line - _NEAR), line - 1) + 1
        before = source[above : line - 1].rstrip(b"\r").rstrip(b"\\") + b" " + before
        line = above
    return before


def _listed(source: bytes, start: int) -> Iterator[str]:
    """Yield the names behind the word, without their aliases."""
    found = _NAMES.match(source, start)
    if found is not None:
        text = _LEFT_OUT.sub(b" ", found["inside"] or found["line"] or b"")
        for words in map(bytes.split, text.split(b",")):
            if words:
                yield words[0].decode("utf-8", "replace")
