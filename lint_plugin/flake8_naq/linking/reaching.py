"""One look over all files of a run: which of them may reach a resource through modules that they import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple

from flake8_naq.linking.imports import Import, first_name, last_name, may_import
from flake8_naq.project.paths import encoded

_STAR: Final = b"*"
_MANY: Final = 100  # files whose imports take as long to look up as the analysis of a module


class File(NamedTuple):
    """A file of the run: the words that stand behind `import` in it, and whether it mentions the catalogue itself.

    The words are in one text.
    """

    path: str
    words: bytes
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
        importers = _by_word(every, {word for path, names in hot.items() for word in _words(path, names)})
        asked = [path for path, names in hot.items() if _is_imported(path, names, importers, look)]
        look.prepare(asked, number)
        given = {path: names for path in asked if (names := look.given(path, number))}
        # Other files were asked about what was given in earlier rounds. All that is given is hot.
        users = _users(importers, {path: names - told.get(path, frozenset()) for path, names in given.items()})
        told |= given
        new = {user for user, modules in users.items() if user not in warm and _imports_one(user, modules, look)}
        if not new:
            break
        found |= new
        warm |= new
        look.warm(new)
    return found


def _by_word(files: Iterable[File], words: Set[bytes]) -> Mapping[bytes, Sequence[str]]:
    """Return the paths of the files by those of the words, and by the star, that stand behind an import in them."""
    found: dict[bytes, list[str]] = {}
    wanted = {*words, _STAR}
    for one in files:
        for word in wanted.intersection(one.words.split()):
            found.setdefault(word, []).append(one.path)
    return found


def _users(
    importers: Mapping[bytes, Sequence[str]], given: Mapping[str, Set[str]]
) -> Mapping[str, Mapping[str, Set[str]]]:
    """Return the modules that may give something to each file, by the words of its imports."""
    found: dict[str, dict[str, Set[str]]] = {}
    for path, names in given.items():
        for word in (_STAR, *_words(path, names)) if names else ():
            for user in importers.get(word, ()):
                found.setdefault(user, {})[path] = names
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
    return {encoded(word) for word in (*map(first_name, names), last_name(path))}


def _imports_one(path: str, given: Mapping[str, Set[str]], look: Look) -> bool:
    source = look.source(path)
    near = {inner: names for inner, names in given.items() if may_import(source, inner)}
    if not near:  # of most files: to read their imports takes much longer
        return False
    return any(one.path in near and one.mentions(near[one.path], lambda: source) for one in look.imports(path))
