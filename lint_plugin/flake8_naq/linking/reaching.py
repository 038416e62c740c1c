"""One look over all files of a run: which of them may reach a resource through modules that they import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import partial
from typing import Final, NamedTuple

from flake8_naq.linking.imports import Import, first_name, importers, last_name
from flake8_naq.project.paths import encoded
from flake8_naq.syntax.import_words import ImportWords

_STAR: Final = b"*"
_MANY: Final = 100  # files whose imports take as long to look up as the analysis of a module


class File(NamedTuple):
    """A file of the run: the words of its imports, and whether it mentions the catalogue itself."""

    path: str
    words: ImportWords
    opens: bool


class Look(NamedTuple):
    """What is asked about a file of the run: what it imports, and which names that make a resource it gives to others.

    `hot_names` are the names that may do so by a look at the text, `given` those that do, both in a round; no file is
    asked for `given` before those were told by `warm` that may give something in an earlier round. `prepare` is told
    which files `given` will be asked about next; `wanted` are files that are analysed in any case.
    """

    imports: Callable[[str], Sequence[Import]]
    hot_names: Callable[[str, int], Set[str]]
    given: Callable[[str, int], Set[str]]
    source: Callable[[str], bytes]
    warm: Callable[[Set[str]], None]
    prepare: Callable[[Sequence[str], int], None]
    wanted: Sequence[str] = ()


def reaching(files: Iterable[File], look: Look, rounds: int) -> set[str]:
    """Return the paths of those files that do not open themselves and import something that makes a resource.

    The words of a file say quickly that it imports nothing of that kind. For the others it is looked up which modules
    their imports mean, so that a name counts in the files that import it from there.
    """
    every = list(files)
    warm = {one.path for one in every if one.opens}
    found: set[str] = set()
    told: dict[str, Set[str]] = {}
    look.prepare(look.wanted, 0)
    for number in range(rounds):
        hot = {path: names for path in warm if (names := look.hot_names(path, number))}
        by_word = _by_word(every, {word for path, names in hot.items() for word in _words(path, names)})
        asked = [path for path, names in hot.items() if _is_imported(path, names, by_word, look)]
        look.prepare(asked, number)
        given = {path: names for path in asked if (names := look.given(path, number))}
        # Other files were asked about what was given in earlier rounds. All that is given is hot.
        users = _users(by_word, {path: names - told.get(path, frozenset()) for path, names in given.items()})
        told |= given
        new = {user for user, modules in users.items() if user not in warm and _imports_one(user, modules, look)}
        if not new:
            break
        found |= new
        warm |= new
        look.warm(new)
    return found


def _by_word(files: Iterable[File], words: Set[bytes]) -> Mapping[bytes, Sequence[File]]:
    """Return the files by those of the words, and by the star, that stand behind an import in them."""
    found: dict[bytes, list[File]] = {}
    wanted = {*words, _STAR}
    for one in files:
        for word in wanted.intersection(one.words.names.split()):
            found.setdefault(word, []).append(one)
    return found


def _users(
    by_word: Mapping[bytes, Sequence[File]], given: Mapping[str, Set[str]]
) -> Mapping[str, Mapping[str, Set[str]]]:
    """Return the modules that may give something to each file, by the words of its imports."""
    found: dict[str, dict[str, Set[str]]] = {}
    for path, names in given.items():
        for user in _importers(path, names, by_word) if names else ():
            found.setdefault(user, {})[path] = names
    return found


def _importers(path: str, names: Set[str], by_word: Mapping[bytes, Sequence[File]]) -> list[str]:
    """Return the files that import one of the names, or a star, and may do so from the module at `path`."""
    words = (_STAR, *sorted(_words(path, names)))
    return importers(path, {one.path: one.words for word in words for one in by_word.get(word, ())})


def _is_imported(path: str, names: Set[str], by_word: Mapping[bytes, Sequence[File]], look: Look) -> bool:
    """Return whether a file may import one of the names from the module: no other module is worth an analysis."""
    users = [user for user in _importers(path, names, by_word) if user != path]
    if len(users) > _MANY:
        return True
    return any(_imports_one(user, {path: names}, look) for user in users)


def _words(path: str, names: Iterable[str]) -> set[bytes]:
    """Return the words of which one follows each import of the names from the module at `path`."""
    return {encoded(word) for word in (*map(first_name, names), last_name(path))}


def _imports_one(path: str, given: Mapping[str, Set[str]], look: Look) -> bool:
    """Return whether the file imports something from the modules, by what its imports mean."""
    read = partial(look.source, path)
    return any(one.path in given and one.mentions(given[one.path], read) for one in look.imports(path))
