"""Which catalogues count in a file, by what the file imports.

Knows the index and not the catalogues: most files import no library that has one, and cost no more than this look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

from flake8_naq.catalogue.index import choices, index
from flake8_naq.syntax.given_names import gives_on
from flake8_naq.syntax.import_words import ImportLines, import_lines

# A call, an argument or a base of a class, or an alias, under which the name may be called.
_CALL: Final = rb"%b(?:\s*[(,)]|(?:[\s\\]|#[^\n]*\n)+as\b)"
_INSIDE: Final = re.compile(rb"\w")


class ImportGate(NamedTuple):
    """Finds the catalogues that count in a file: a module of theirs is imported, or one of their words occurs."""

    roots: Mapping[bytes, tuple[str, ...]]  # the catalogues by the first part of an imported module
    words: Mapping[bytes, tuple[str, ...]]
    wanted: tuple[str, ...] = ()

    def opens(self, source: bytes, imported: ImportLines) -> bool:
        """Return whether any catalogue counts in the file, and a name of it seems to be called, or given on."""
        words = imported.words
        names = self._found(source, words)
        if not names:
            return False
        if any(_is_called(one, source) for one in _calls(names, self.wanted)):
            from flake8_naq.catalogue.spelling import called_by, is_spelled  # few files come here: it reads catalogues

            if is_spelled(source, called_by(names, self.wanted)):
                return True
        if _called(names, self.wanted).isdisjoint(words):
            return False
        return gives_on(source, self.roots.keys(), _called(names, self.wanted))

    def of(self, source: bytes) -> tuple[str, ...]:
        """Return the names of the catalogues that count in the file, in alphabetical order."""
        return self._found(source, import_lines(source).words)

    def _found(self, source: bytes, words: list[bytes]) -> tuple[str, ...]:
        found: set[str] = set()
        if not self.roots.keys().isdisjoint(words):  # of most files
            found.update(name for word in self.roots.keys() & set(words) for name in self.roots[word])
        found.update(name for word, names in self.words.items() if word in source for name in names)
        return tuple(sorted(found))


@cache
def _called(names: tuple[str, ...], wanted: tuple[str, ...]) -> frozenset[bytes]:
    """Return the last parts of the names that a use of the catalogues `names` calls."""
    chosen = choices(wanted)
    return frozenset(word.encode() for name in names for word in index()[name].called(chosen[name]))


@cache
def _calls(names: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[re.Pattern[bytes], ...]:
    """Return patterns for the calls that use a resource of the catalogues `names`, and for other names of the called.

    Each begins with plain text, which is found quickly.
    """
    return tuple(re.compile(_CALL % re.escape(word)) for word in sorted(_called(names, wanted)))


def _is_called(pattern: re.Pattern[bytes], source: bytes) -> bool:
    """Return whether the pattern is found where a word begins."""
    starts = (found.start() for found in pattern.finditer(source))
    return any(start == 0 or _INSIDE.match(source, start - 1) is None for start in starts)


@cache
def import_gate(wanted: tuple[str, ...]) -> ImportGate:
    """Return the gate for the catalogues that are on."""
    used = [(name, index()[name]) for name, choice in choices(wanted).items() if choice.is_used]
    roots = _by_part((name, entry.imports) for name, entry in used)
    return ImportGate(roots, _by_part((name, entry.words) for name, entry in used), wanted)


def _by_part(named: Iterable[tuple[str, Iterable[str]]]) -> dict[bytes, tuple[str, ...]]:
    found: dict[bytes, tuple[str, ...]] = {}
    for name, parts in named:
        for part in parts:
            found[part.encode()] = (*found.get(part.encode(), ()), name)
    return found
