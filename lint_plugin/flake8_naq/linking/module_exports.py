"""What modules of a project give to the files that import them: functions that make a resource, and owner classes.

They are computed in rounds: round 0 knows a module alone, and round n uses round n - 1 of its imports. So import cycles
need no special care, the order in which modules are asked for changes nothing, and what comes through more than ROUNDS
modules is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from flake8_naq.linking.analysed import Analysed, Early, Judged, Spread
from flake8_naq.linking.exports import NOTHING, Exports, identity
from flake8_naq.linking.imports import Import
from flake8_naq.linking.locate import NO_FILE, module_name
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.linking.recent import Recent
from flake8_naq.project.settings import Settings

if TYPE_CHECKING:
    from flake8_naq.catalogue.model import Resource

ROUNDS: Final = 4
_NONE: Final = frozenset[str]()
_NOTHING_GIVEN: Final = MappingProxyType[str, Exports]({})

# Analyses a module: its path, its text, what other modules give to it, the round, and whether its findings are wanted.
Analyse: TypeAlias = "Callable[[str, bytes, Mapping[str, Exports], int, bool], Analysed]"


class ModuleExports:
    """The exports of modules, each found out once for what other modules give to it."""

    def __init__(self, texts: ModuleTexts, settings: Settings, analyse: Analyse, spread: Spread | None) -> None:
        """`spread` analyses modules with `analysed_alone`, on all cores where that pays."""
        self._texts = texts
        self._settings = settings
        self._analyse = analyse
        self._spread = spread
        self._judged: Collection[str] = ()
        self._early: dict[str, Early] = {}
        self._inputs_of: dict[tuple[str, int], Mapping[str, Exports]] = {}
        self._hot_after: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        self._given: Recent[tuple[str, int, bytes], Mapping[str, Exports]] = Recent(8)
        self._analysed: dict[tuple[object, ...], Exports] = {}
        self._exports: dict[str, list[Exports]] = {}
        self._opening: dict[tuple[str, int], bool] = {}

    @contextmanager
    def judging(self, paths: Collection[str]) -> Iterator[None]:
        """Keep also the findings of those files that are analysed in the block, as far as they are of these `paths`."""
        self._judged = paths
        try:
            yield
        finally:
            self._judged = ()

    def may_matter(self, path: str) -> bool:
        """Return whether modules give something to the file at `path`."""
        source = self._texts.source(path)
        return source is not None and bool(self._given_by(self._texts.imports_of(path), lambda: source, ROUNDS))

    def may_be_given_some(self, source: bytes, path: str) -> bool:
        """Return whether modules may give something to a file with this text; no module is analysed for the answer."""
        imports = () if path in NO_FILE else self._imports(source, os.path.abspath(path))
        return any(self._opens_along_imports(one.path, ROUNDS - 1) for one in imports)

    def _opens_along_imports(self, path: str, rounds: int) -> bool:
        """Return whether a module mentions the catalogue, or imports one that does through as many as `rounds`."""
        key = path, rounds
        if key not in self._opening:
            text = self._texts.text(path)
            inner = text.imports if text is not None and rounds else ()
            self._opening[key] = text is not None and (
                text.opens or any(self._opens_along_imports(one.path, rounds - 1) for one in inner)
            )
        return self._opening[key]

    def made_for(self, source: bytes, path: str) -> set[Resource]:
        """Return the resources of functions of imported modules that a file mentions."""
        return resources_of(self.given(source, path, ROUNDS))

    def given(self, source: bytes, path: str, rounds: int) -> Mapping[str, Exports]:
        """Return what modules give to a file with this text, by their paths: those of which it mentions something."""
        if path in NO_FILE or not rounds:
            return _NOTHING_GIVEN
        place = os.path.abspath(path)
        return self._given.of(
            (place, rounds, source), lambda: self._given_by(self._imports(source, place), lambda: source, rounds)
        )

    def _imports(self, source: bytes, place: str) -> Iterable[Import]:
        known = self._texts.known_text(place, source)  # of most files, as others import them
        return self._texts.imports_in(source, place) if known is None else known.imports

    def _given_by(self, imports: Iterable[Import], read: Callable[[], bytes], rounds: int) -> Mapping[str, Exports]:
        found: dict[str, Exports] = {}
        for one in imports:
            if one.mentions(self.hot_names(one.path, rounds - 1), read):
                exports = self.of(one.path, rounds - 1)
                if one.mentions(exports.names(), read):
                    found[one.path] = exports
        return found or _NOTHING_GIVEN

    def _inputs(self, path: str, rounds: int) -> Mapping[str, Exports]:
        """Return what other modules give to a module in the round before."""
        key = path, rounds
        if key not in self._inputs_of:
            imports = self._texts.imports_of(path) if rounds else ()
            self._inputs_of[key] = self._given_by(imports, lambda: self._texts.source(path) or b"", rounds)
        return self._inputs_of[key]

    def hot_names(self, path: str, rounds: int) -> frozenset[str]:
        """Return the names of a module that may stand for something that makes a resource, by its text."""
        text = None if path in self._texts.cold else self._texts.text(path)
        inputs = self._inputs(path, rounds) if text is not None else _NOTHING_GIVEN
        if text is None or not (text.opens or inputs):
            return _NONE
        known = self._analysed.get((path, ())) if not inputs else None
        if known is not None:
            return frozenset(known.names())
        given = [(one, inputs[one.path].names()) for one in text.imports if one.path in inputs]
        words = frozenset(word for one, names in given for word in one.known_as(names))
        return self._hot_with(path, words).union(*(one.given_on(names) for one, names in given))

    def _hot_with(self, path: str, words: frozenset[str]) -> frozenset[str]:
        """Return the hot names that a module defines, if these of its words stand for hot names of others."""
        from flake8_naq.linking.catalogues import catalogue_for  # most runs never need these
        from flake8_naq.linking.hot_names import hot_names, library_names, made_names, opening_calls

        key = path, words  # the same in most rounds
        if key not in self._hot_after:
            text, source, opening, made = self._texts.text(path), self._texts.source(path), list[int](), set[str]()
            given_on = set[str]()
            if text is not None and source is not None and text.opens:
                catalogue = catalogue_for(source, self._settings, (), self._texts.requirements.near(path))
                opening, made = opening_calls(source, catalogue), made_names(source, catalogue)
                given_on = library_names(source, catalogue)
            hot = hot_names(source, opening, words | made) if source is not None else set[str]()
            self._hot_after[key] = frozenset(hot | made | given_on)
        return self._hot_after[key]

    def of(self, path: str, rounds: int) -> Exports:
        """Return what a module gives to others, what it imports and gives on included."""
        text = None if path in self._texts.cold else self._texts.text(path)
        inputs = self._inputs(path, rounds) if text is not None else _NOTHING_GIVEN
        source = self._texts.source(path) if text is not None and (text.opens or inputs) else None
        if source is None:
            return NOTHING
        key = path, identity(inputs)  # kept alive as values of the same mapping
        if key not in self._analysed:
            self._keep(key, self._analyse(path, source, inputs, rounds, path in self._judged))
        return self._analysed[key]

    def _keep(self, key: tuple[str, tuple[tuple[str, int], ...]], analysed: Analysed) -> None:
        # Equal exports are one object: who imports the module need not be analysed again for them.
        known = self._exports.setdefault(key[0], [])
        if analysed.exports not in known:
            known.append(analysed.exports)
        self._analysed[key] = known[known.index(analysed.exports)]
        if analysed.early is not None:
            self._early[key[0]] = analysed.early

    def prepare(self, paths: Iterable[str], rounds: int) -> None:
        """Analyse the modules of the first round together: later ones are few, and depend on each other."""
        if rounds or self._spread is None:
            return
        texts = {path: self._texts.text(path) for path in paths if (path, ()) not in self._analysed}
        left = [path for path, text in texts.items() if text is not None and text.opens]
        for path, analysed in zip(left, self._spread(left), strict=True):
            self._keep((path, ()), analysed)

    def analysed_alone(self, path: str) -> Analysed:
        """Return the exports of a module that opens, and the findings in it if no other module gives it anything."""
        source = self._texts.source(path)
        if source is None:
            return Analysed(NOTHING)
        return self._analyse(path, source, _NOTHING_GIVEN, 0, path in self._judged)

    def early(self, source: bytes, path: str) -> Judged | None:
        """Return what was found in a file when it was analysed for others, None if another analysis may find more."""
        place = os.path.abspath(path)
        early = self._early.get(place)
        if early is None or early.text != hash(source) or self.given(source, path, ROUNDS) != early.given:
            return None
        return early.judged if module_name(path) == module_name(place) else None


def resources_of(given: Mapping[str, Exports]) -> set[Resource]:
    """Return the resources that functions of other modules make, or that names of libraries acquire."""
    made = {factory.resource for one in given.values() for factory in one.factories.values()}
    return made.union(*(one.libraries.values() for one in given.values()))
