"""A first look at the text of modules: which of their names may stand for something that makes a resource.

A name that is not hot makes no resource, so most modules end here and are never parsed. A function or class may make
a resource only if its text has a word that an import of a library with a catalogue brings, or another hot name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from itertools import pairwise
from typing import Final, NamedTuple

from flake8_naq.catalogue.gate import Gate
from flake8_naq.project.paths import encoded

_IMPORT: Final = b"import"
_SEPARATORS: Final = bytes.maketrans(b",.;()\\\n\r\t", b"         ")
_WORD: Final = re.compile(rb"\w+")
_DEFINED: Final = re.compile(rb"^([ \t]*)(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_STAR: Final = b"*"


class ImportWords(NamedTuple):
    """The words of an import statement, before and behind its `import`."""

    module: list[bytes]
    names: list[bytes]


def import_words(source: bytes) -> Iterator[ImportWords]:
    """Yield the words of each import statement; what only looks like an import may be among them."""
    at = source.find(_IMPORT)
    while at >= 0:
        behind = at + len(_IMPORT)
        end = _end(source, behind)
        module = source[source.rfind(b"\n", 0, at) + 1 : at].translate(_SEPARATORS).split()
        yield ImportWords(module, source[behind:end].translate(_SEPARATORS).split())
        at = source.find(_IMPORT, end)


def _end(source: bytes, at: int) -> int:
    """Return where the statement ends whose names begin at `at`."""
    end = source.find(b"\n", at)
    if end < 0:
        return len(source)
    if b"(" in source[at:end]:
        closing = source.find(b")", at)
        return closing if closing >= 0 else len(source)
    while end > 0 and source[at:end].rstrip(b"\r").endswith(b"\\"):
        end = source.find(b"\n", end + 1)
    return end if end >= 0 else len(source)


def library_words(source: bytes, gate: Gate) -> set[bytes]:
    """Return the words that imports of libraries with a catalogue bring into a module."""
    found = {word for word in gate.imports.words if word in source}
    for module, names in import_words(source):
        words = module + names
        if any(gate.coarse.search(word) or word in gate.imports.roots for word in words):
            found.update(words)
    return found - {b"from", b"as", b"import"}


def hot_names(source: bytes, words: Set[bytes], gate: Gate) -> set[bytes]:
    """Return the functions and classes whose text has one of the words, or a name that was found to be hot."""
    blocks = list(_blocks(source))
    hot: set[bytes] = set()
    before = -1
    while before != len(hot):
        before = len(hot)
        left = []
        for block in blocks:
            if not (block.words.isdisjoint(words) and block.words.isdisjoint(hot)) or gate.coarse.search(block.text):
                hot |= block.names
            else:
                left.append(block)
        blocks = left
    return hot


def given_on(source: bytes, hot: Set[bytes]) -> set[bytes]:
    """Return the names of imports of hot names: others may import them from this module, by an alias as well."""
    found: set[bytes] = set()
    for _, names in import_words(source):
        if _STAR in names:
            found |= hot
        elif not hot.isdisjoint(names):
            found.update(names)
    return found


class _Block(NamedTuple):
    """A definition at the top level of a module, with all that is defined in it."""

    names: frozenset[bytes]
    words: frozenset[bytes]
    text: bytes


def _blocks(source: bytes) -> Iterator[_Block]:
    """Yield the definitions; what comes before the first belongs to a block as well."""
    found = [(match.start(), match[2]) for match in _DEFINED.finditer(source)]
    starts = [0, *(start for start, _ in found if source[start : start + 1] not in (b" ", b"\t")), len(source)]
    for first, end in pairwise(starts):
        text = source[first:end]
        names = frozenset(name for start, name in found if first <= start < end)
        if names:
            # A block is not hot by its name alone.
            yield _Block(names, frozenset(_WORD.findall(text)) - names, text)


def suspects(
    opening: Iterable[tuple[str, bytes]], others: Iterable[tuple[str, bytes]], gate: Gate, rounds: int
) -> set[str]:
    """Return the paths of those `others` that may reach a resource through modules, of all files of a project.

    `opening` are the files that mention the catalogue themselves. A file is suspect if it imports a hot name of another
    file that opens or is suspect, or such a file as a whole.
    """
    names: set[bytes] = set()
    for path, source in opening:
        names |= hot_names(source, library_words(source, gate), gate) | {_stem(path)}
    left = [(path, source, {word for one in import_words(source) for word in one.names}) for path, source in others]
    found: set[str] = set()
    for _ in range(rounds):
        new = [(path, source, words) for path, source, words in left if _STAR in words or not words.isdisjoint(names)]
        if not new:
            break
        for path, source, words in new:
            names |= hot_names(source, words & names, gate) | given_on(source, names) | {_stem(path)}
            found.add(path)
        left = [one for one in left if one[0] not in found]
    return found


def _stem(path: str) -> bytes:
    """Return the last part of a module's name: of a package, that of its folder."""
    parts = path.replace("\\", "/").removesuffix(".py").split("/")
    return encoded(parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1])
