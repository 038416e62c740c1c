"""One look over all files of a run: which of them may reach a resource through modules that they import."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple

from flake8_naq.linking.imports import Import
from flake8_naq.project.paths import encoded

_IMPORT: Final = b"import"
_SEPARATORS: Final = bytes.maketrans(b",.;()\\\n\r\t", b"         ")
_STAR: Final = b"*"
_MANY: Final = 100  # files whose imports take as long to look up as the analysis of a module


class File(NamedTuple):
    """A file of the run: the words that stand behind `import` in it, and whether it mentions the catalogue itself."""

    path: str
    words: frozenset[bytes]
    opens: bool


class Look(NamedTuple):
    """What is asked about a file of the run: what it imports, and which names that make a resource it gives to others.

    `hot_names` are the names that may do so by a look at the text, `given` those that do, both in a round; no file is
    asked for `given` before those were told by `warm` that may give something in an earlier round. `prepare` is told
    which files `given` will be asked about next.
    """

    imports: Callable[[str], Sequence[Import]]
    hot_names: Callable[[str, int], Set[str]]
    given: Callable[[str, int], Set[str]]
    source: Callable[[str], bytes]
    warm: Callable[[Set[str]], None]
    prepare: Callable[[Sequence[str], int], None]


def import_words(source: bytes) -> frozenset[bytes]:
    """Return the words behind each `import` of the text; what only looks like an import may be among them."""
    found: list[bytes] = []
    at = source.find(_IMPORT)
    while at >= 0:
        behind = at + len(_IMPORT)
        end = _end(source, behind)
        found += source[behind:end].translate(_SEPARATORS).split()
        at = source.find(_IMPORT, end)
    return frozenset(found)


def _end(source: bytes, at: int) -> int:
    """Return where the statement ends whose names begin at `at`."""
    end = source.find(b"\n", at)
    if end < 0:
        return len(source)
    if b"(" in source[at:end]:
        closing = source.find(b")", at)
        while closing >= 0 and b"#" in source[source.rfind(b"\n", at, closing) + 1 : closing]:  # in a comment
            closing = source.find(b")", source.find(b"\n", closing) + 1 or len(source))
        return closing if closing >= 0 else len(source)
    while end > 0 and source[at:end].rstrip(b"\r").endswith(b"\\"):
        end = source.find(b"\n", end + 1)
    return end if end >= 0 else len(source)


def reaching(files: Iterable[File], look: Look, rounds: int) -> set[str]:
    """Return the paths of those files that do not open themselves and import something that makes a resource.

    The words of a file say quickly that it imports nothing of that kind. For the others it is looked up which modules
    their imports mean, so that a name counts in the files that import it from there.
    """
    every = list(files)
    warm = {one.path for one in every if one.opens}
    found: set[str] = set()
    for number in range(rounds):
        hot = {path: names for path in warm if (names := look.hot_names(path, number))}
        importers = _by_word(every, {word for path, names in hot.items() for word in _words(path, names)})
        asked = [path for path, names in hot.items() if _is_imported(path, names, importers, look)]
        look.prepare(asked, number)
        given = {path: look.given(path, number) for path in asked}
        words = {word for path, names in given.items() for word in _words(path, names)}
        new = {
            one.path
            for one in every
            if one.path not in warm
            and (_STAR in one.words or not one.words.isdisjoint(words))
            and _imports_one(one.path, given, look)
        }
        if not new:
            break
        found |= new
        warm |= new
        look.warm(new)
    return found


def _by_word(files: Iterable[File], words: Set[bytes]) -> Mapping[bytes, Sequence[str]]:
    """Return the paths of the files by those of the words, and by the star, that stand behind an import in them."""
    found: dict[bytes, list[str]] = {}
    wanted = words | {_STAR}
    for one in files:
        for word in one.words & wanted:
            found.setdefault(word, []).append(one.path)
    return found


def _is_imported(path: str, names: Set[str], importers: Mapping[bytes, Sequence[str]], look: Look) -> bool:
    """Return whether a file may import one of the names from the module: no other module is worth an analysis."""
    words = (_STAR, *sorted(_words(path, names)))
    users = dict.fromkeys(user for word in words for user in importers.get(word, ()) if user != path)
    if len(users) > _MANY:
        return True
    return any(_imports_one(user, {path: names}, look) for user in users)


def _words(path: str, names: Iterable[str]) -> set[bytes]:
    """Return the words of which one follows each import of the names from the module at `path`."""
    return {encoded(word) for word in (*names, _stem(path))}


def _imports_one(path: str, given: Mapping[str, Set[str]], look: Look) -> bool:
    return any(
        one.path in given and one.mentions(given[one.path], lambda: look.source(path)) for one in look.imports(path)
    )


def _stem(path: str) -> str:
    """Return the last part of a module's name: of a package, that of its folder."""
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    return os.path.basename(folder) if stem == "__init__" else stem
