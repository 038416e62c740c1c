"""The import statements of a text, found without parsing: quick, and never less than the parser would find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_IMPORT: Final = b"import"
_WORD: Final = re.compile(rb"import\b")  # begins with plain text, which is found quickly
_INSIDE: Final = re.compile(rb"\w")
_FROM: Final = re.compile(rb"\bfrom\s*(?P<dots>\.*)\s*(?P<module>[\w.]*)\s*\Z")
_NAMES: Final = re.compile(rb"(?:[ \t]|\\\r?\n)*(?:\((?P<inside>(?:[^)#]|#[^\n]*)*)|(?P<line>(?:\\\r?\n|[^\n#;])*))")
_LEFT_OUT: Final = re.compile(rb"#[^\n]*|\\\r?\n")
_NEAR: Final = 400  # bytes before the word in which its statement begins


class ImportStatement(NamedTuple):
    """`from ..module import a, b as c`, or `import module`, which has no names. `level` counts the dots.

    `aliases` are the names that are bound: of each of `names`, or of the module, empty where it has none.
    """

    level: int
    module: str
    names: tuple[str, ...]
    aliases: tuple[str, ...]

    def bindings(self) -> Iterator[tuple[str, str]]:
        """Yield each name that is bound, and what it stands for: `b.c` of `from a import b.c`, without the dots."""
        if self.names:
            for name, alias in zip(self.names, self.aliases, strict=True):
                yield alias, f"{self.module}.{name}" if self.module else name
        elif any(self.aliases):
            yield self.aliases[0], self.module
        else:
            top = self.module.partition(".")[0]
            yield top, top


def import_statements(source: bytes) -> Iterator[ImportStatement]:
    """Yield each import statement of the text; what only looks like an import may be among them."""
    at = source.find(_IMPORT)
    while at >= 0:
        start, end = source.rfind(b"\n", 0, at) + 1, source.find(b"\n", at)
        line = source[start:end] if end >= 0 else source[start:]
        if b"(" in line or b"\\" in line or _is_continued(source, start):  # it may begin earlier, or end later
            for word in _words(source, at, end if end >= 0 else len(source)):
                yield from _statements(_statement_before(source, word), list(_listed(source, word + len(_IMPORT))))
        else:
            yield from _on_line(line)
        at = source.find(_IMPORT, end) if end >= 0 else -1


@lru_cache(maxsize=10_000)  # the files of a project have most of their imports in common
def _on_line(line: bytes) -> tuple[ImportStatement, ...]:
    """Return the statements on a line of which each begins and ends there."""
    found = (
        _statements(line[:word], list(_listed(line, word + len(_IMPORT)))) for word in _words(line, 0, len(line))
    )
    return tuple(statement for statements in found for statement in statements)


def _words(source: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where the word `import` begins."""
    for found in _WORD.finditer(source, start, end):
        at = found.start()
        if not at or not _INSIDE.match(source, at - 1):
            yield at


def _statements(before: bytes, behind: list[tuple[str, str]]) -> Iterator[ImportStatement]:
    """Yield the statements that have this text before `import`, and these names and aliases behind it."""
    found = _FROM.search(before)
    if found is None:
        yield from (ImportStatement(0, name, (), (alias,)) for name, alias in behind)
    else:
        names, aliases = tuple(name for name, _ in behind), tuple(alias or name for name, alias in behind)
        yield ImportStatement(len(found["dots"]), found["module"].decode("utf-8", "replace"), names, aliases)


def _is_continued(source: bytes, start: int) -> bool:
    """Return whether a backslash continues the line above on the line that begins at `start`."""
    before = source[max(0, start - 3) : start - 1]
    return b"\\" in before and before.rstrip(b"\r").endswith(b"\\")


def _statement_before(source: bytes, end: int) -> bytes:
    """Return what comes before the word on its line, and on the lines that a backslash continues."""
    line = source.rfind(b"\n", max(0, end - _NEAR), end) + 1
    before = source[line:end]
    while _is_continued(source, line):
        above = source.rfind(b"\n", max(0, line - _NEAR), line - 1) + 1
        before = source[above : line - 1].rstrip(b"\r").rstrip(b"\\") + b" " + before
        line = above
    return before


def _listed(source: bytes, start: int) -> Iterator[tuple[str, str]]:
    """Yield the names behind the word with their aliases, which are empty where there is none."""
    found = _NAMES.match(source, start)
    if found is not None:
        text = _LEFT_OUT.sub(b" ", found["inside"] or found["line"] or b"")
        for words in map(bytes.split, text.split(b",")):
            if words:
                alias = words[2] if len(words) > 2 and words[1] == b"as" else b""
                yield words[0].decode("utf-8", "replace"), alias.decode("utf-8", "replace")
