"""The modules of a project, as far as the files that are checked import them: read, and summarised on demand.

Which functions make a resource, and which classes own one, follows from the text of a module and from the same
knowledge of its imports. It is computed in rounds: round 0 knows the module alone, and round n uses round n - 1 of its
imports. So import cycles need no special care, the order in which modules are asked for changes nothing, and what comes
through more than ROUNDS modules is unknown. What a function does with its arguments is followed through CALLS modules
in the same way. A module that cannot be read or parsed gives nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from flake8_naq.linking.analysed import Analysed, Early, Judge, Judged, Spread
from flake8_naq.linking.coverage import modules_beside
from flake8_naq.linking.exports import NOTHING, Exports
from flake8_naq.linking.given_on import GivenOn
from flake8_naq.linking.imports import Import, ImportFinder
from flake8_naq.linking.locate import NO_FILE, PACKAGE, Finder, Stamp, module_name, read_module, stamp
from flake8_naq.linking.looks import Kept, Looks, name_of
from flake8_naq.linking.reaching import File, Look, reaching
from flake8_naq.linking.recent import Recent
from flake8_naq.project.paths import absolute
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.import_words import ImportLines, import_lines

if TYPE_CHECKING:
    import ast

    from flake8_naq.catalogue.model import Catalogue, Resource
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.prescan.callees import Effect
    from flake8_naq.prescan.exceptions import ExceptionSet
    from flake8_naq.syntax.names import FunctionNode

Resources: TypeAlias = "tuple[Resource, ...]"
ComparedKey: TypeAlias = "tuple[str, Resources, int, int, str, Resource | None, tuple[tuple[str, str], ...]]"
Answer = TypeVar("Answer")
_COLD: Final = "cold"  # the digest of a module that gives nothing and was not read
_NONE: Final = frozenset[str]()
_NOTHING_GIVEN: Final = MappingProxyType[str, Exports]({})
ROUNDS: Final = 4
CALLS: Final = 3
_KEPT: Final = 500_000  # bytes of source whose trees are kept, and whose facts are: both need far more memory
_KEPT_SOURCES: Final = 4_000_000


class ModuleText:
    """What is known of a module before it is parsed; found out when it is asked for, as most modules are only read."""

    def __init__(self, find_opens: Callable[[], bool], find_imports: Callable[[], tuple[Import, ...]]) -> None:
        self._find_opens = find_opens
        self._find_imports = find_imports

    @cached_property
    def opens(self) -> bool:
        """Whether the module mentions the catalogue, or imports a library that has one."""
        return self._find_opens()

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What the module imports of modules beside it."""
        return self._find_imports()


class ParameterKey(NamedTuple):
    """A parameter of the function that is defined on a line of a module.

    Its values are resources of the `catalogue` of the module that calls the function, or the one `resource`; `depth` is
    how many calls, one inside the other, are followed. `settled` are other parameters, which are constants in the call.
    """

    path: str
    catalogue: Catalogue
    depth: int
    line: int
    parameter: str
    resource: Resource | None = None
    settled: tuple[tuple[str, str], ...] = ()

    @property
    def compared(self) -> ComparedKey:
        """The same with what matters of the catalogue."""
        return self.path, self.catalogue.resources, self.depth, self.line, self.parameter, self.resource, self.settled


class Modules:
    """The modules that were read for some files. What changes on the disk later is not seen; see `are_current`."""

    def __init__(self, settings: Settings, judge: Judge | None = None, spread: Spread | None = None) -> None:
        """`judge` says what is found in a file of the run that is analysed for the files that import it.

        `spread` analyses modules with `analysed_alone`, on all cores where that pays.
        """
        self._judge = judge
        self._spread = spread
        self._early: dict[str, Early] = {}
        self._judged: Collection[str] = ()
        self.finder = Finder()
        self._imports = ImportFinder(self.finder)
        self.given_on = GivenOn()
        self.settings = settings
        self._gate = settings.gate
        self._sources: Recent[str, bytes | None] = Recent(_KEPT_SOURCES, lambda source: len(source or b""))
        self._texts: dict[str, ModuleText | None] = {}
        self._looked_at: dict[str, tuple[Import, ...]] = {}
        self._seen: set[str] = set()  # files of the run whose text a look has asked for
        self._stamps: dict[str, Stamp] = {}
        self._digests: dict[str, str] = {}
        self._valid: set[tuple[str, str]] = set()  # modules with digests of earlier runs that they still have
        self._packages: dict[str, str] = {}  # by folder
        self._inputs_of: dict[tuple[str, int], Mapping[str, Exports]] = {}
        self._hot_after: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        self._cold: set[str] = set()
        self._given: Recent[tuple[str, int, bytes], Mapping[str, Exports]] = Recent(8)
        self._analysed_exports: dict[tuple[object, ...], Exports] = {}
        self._trees: Recent[str, tuple[ast.Module, list[str]] | None] = Recent(
            _KEPT, lambda parsed: sum(map(len, parsed[1])) if parsed is not None else 0
        )
        self._callees: Recent[tuple[str, Resources, int], ModuleFacts | None] = Recent(
            _KEPT, lambda facts: len(facts.text) if facts is not None else 0
        )
        self._effects: dict[ComparedKey, Effect] = {}
        self._failures: dict[ComparedKey, frozenset[ExceptionSet]] = {}

    def are_current(self) -> bool:
        """Return whether nothing that was read has changed on the disk since."""
        stamps = [*self._stamps.items(), *self.finder.stamps.items()]
        return all(stamp(path) == before for path, before in stamps)

    # What the result of a check depends on

    def digest(self, path: str) -> str:
        """Return a text that changes with a module: with its text, and with the modules that its imports mean."""
        return _COLD if path in self._cold and path not in self._texts else self._full_digest(path)

    def have_digests(self, digests: Mapping[str, str]) -> bool:
        """Return whether the modules still have the digests that were returned in an earlier run."""
        left = digests.items() - self._valid  # few: the files of a run depend on the same modules
        if not all(self._has_digest(path, digest) for path, digest in left):
            return False
        self._valid |= left
        return True

    def _has_digest(self, path: str, digest: str) -> bool:
        return path in self._cold if digest == _COLD else self._full_digest(path) == digest

    def _full_digest(self, path: str) -> str:
        if path not in self._digests:
            text, source = self.text(path), self.source(path)
            known = text is not None and source is not None
            self._digests[path] = self._digested(source or b"", text.imports, path) if known and text else ""
        return self._digests[path]

    def digest_of(self, source: bytes, path: str) -> str:
        """Return the same for a file with this text, whatever is on the disk."""
        return self._digested(source, self._imports.imports(source, path), path)

    def _digested(self, source: bytes, imports: Iterable[Import], path: str) -> str:
        from hashlib import blake2b

        folder = os.path.dirname(path)
        if folder not in self._packages:
            self._packages[folder] = module_name(os.path.join(folder, PACKAGE))[0]
        below = path[len(self.finder.roots(folder)[0]) :]  # as messages name it
        names = [below, self._packages[folder], *(one.path for one in imports)]
        for hiding in self.finder.hiding(path).values():
            names += (hiding, self._content(hiding))
        found = blake2b(source, digest_size=16)
        found.update("\0".join(["", *names]).encode("utf-8", "surrogatepass"))
        return ("cold " if path in self._cold else "") + found.hexdigest()

    def digests_for(self, source: bytes, path: str) -> dict[str, str]:
        """Return the digests of all modules that a file may depend on: those that were read, along its imports."""
        pending = [one.path for one in self._imports.imports(source, os.path.abspath(path))]
        found: dict[str, str] = {}
        while pending:
            inner = pending.pop()
            if inner in found or not (inner in self._texts or inner in self._cold):
                continue
            found[inner] = self.digest(inner)
            text = self._texts.get(inner)
            pending += (one.path for one in text.imports) if text is not None else ()
        return found

    # The first look, at texts alone

    def opens(self, source: bytes, imported: ImportLines | None = None) -> bool:
        """Return whether a file mentions the catalogue, or imports a library that has one."""
        return self._gate.opens(source, imported)

    def reaching(
        self,
        opening: Sequence[tuple[str, bytes]],
        others: Mapping[str, bytes],
        looks: Looks | None = None,
    ) -> set[str]:
        """Return the paths of those `others` that may matter: no other does, and `matters` has the last word.

        `opening` are the files of the run that mention the catalogue themselves; `others` have a text with the words
        behind their imports. If few modules are beside the files of the run, one look over all replaces a look at the
        imports of each. `looks` keeps the answers of earlier runs.
        """
        self._judged = {os.path.abspath(path) for path, _ in opening}
        try:
            return self._reaching(opening, others, looks)
        finally:
            self._judged = ()

    def _reaching(
        self,
        opening: Sequence[tuple[str, bytes]],
        others: Mapping[str, bytes],
        looks: Looks | None,
    ) -> set[str]:
        texts = dict(opening)
        paths = [*texts, *others]
        places = dict(zip(absolute(paths), paths, strict=True))
        beside = modules_beside(places.keys(), self.finder)
        if beside is None:
            return {path for path in others if self._may_matter(os.path.abspath(path))}
        files = [one for path in beside if (one := self._file(path)) is not None]
        if not opening and not any(one.opens for one in files):
            self._cold = {*places, *beside}
            return set()
        for place, path in places.items():
            source = texts.get(path)
            words = others[path] if source is None else import_lines(source).words_behind
            files.append(File(place, words, source is not None))
        found = self._reached(files, looks)
        self._cold = {one.path for one in files if not one.opens}.difference(found)
        return {places[path] for path in found if path in places}

    def _reached(self, files: list[File], looks: Looks | None) -> set[str]:
        """Return what a look over the files finds, or what an earlier look found if nothing has changed since."""
        name = name_of(files, self._content) if looks is not None else ""
        kept = looks.load(name) if looks is not None else None
        if kept is not None and all(self._content(path) == before for path, before in kept.depends.items()):
            return set(kept.found)
        self._cold = {one.path for one in files if not one.opens}
        look = Look(
            imports=self._imports_in_look,
            hot_names=self._hot_names,
            given=lambda path, rounds: self.exports(path, rounds).names(),
            source=self._source_in_look,
            warm=self._cold.difference_update,
            prepare=self._prepare,
            # What is kept of earlier runs may spare the analysis of a file that no other file needs.
            wanted=sorted(self._judged) if looks is None and self._judge is not None else (),
        )
        found = reaching(files, look, ROUNDS)
        if looks is not None:
            looks.save(name, Kept(found, {path: self._content(path) for path in {*self._texts, *self._seen}}))
        return found

    def _content(self, path: str) -> str:
        """Return a text that changes with the text of a module."""
        from hashlib import blake2b

        return blake2b(self._read(path) or b"", digest_size=16).hexdigest()

    def _imports_in_look(self, path: str) -> tuple[Import, ...]:
        """Return what a file of the run imports; it does not count as read, as few of these files matter."""
        if path in self._texts:
            return self._imports_of(path)
        if path not in self._looked_at:
            self._looked_at[path] = self._imports.imports(self._source_in_look(path), path)
        return self._looked_at[path]

    def _source_in_look(self, path: str) -> bytes:
        self._seen.add(path)
        return self._read(path) or b""

    def _file(self, path: str) -> File | None:
        source = read_module(path)
        if source is None:
            return None
        imported = import_lines(source)
        return File(path, imported.words_behind, self._gate.opens(source, imported))

    def _imports_of(self, path: str) -> tuple[Import, ...]:
        text = self.text(path)
        return () if text is None else text.imports

    def _may_matter(self, path: str) -> bool:
        """Return whether modules give something to the file at `path`."""
        source = self.source(path)
        return source is not None and bool(self._given_by(self._imports_of(path), lambda: source, ROUNDS))

    def matters(self, source: bytes, path: str) -> bool:
        """Return whether a file mentions the catalogue, or what a module that it imports gives to it."""
        return self.opens(source) or bool(self.given(source, path, ROUNDS))

    def made_for(self, source: bytes, path: str) -> set[Resource]:
        """Return the resources of functions of imported modules that a file mentions."""
        given = self.given(source, path, ROUNDS).values()
        return {factory.resource for one in given for factory in one.factories.values()}

    def given(self, source: bytes, path: str, rounds: int) -> Mapping[str, Exports]:
        """Return what modules give to a file with this text, by their paths: those of which it mentions something."""
        if path in NO_FILE or not rounds:
            return _NOTHING_GIVEN
        place = os.path.abspath(path)
        return self._given.of(
            (place, rounds, source),
            lambda: self._given_by(self._imports.imports(source, place), lambda: source, rounds),
        )

    def _given_by(self, imports: Iterable[Import], read: Callable[[], bytes], rounds: int) -> Mapping[str, Exports]:
        found: dict[str, Exports] = {}
        for one in imports:
            if one.mentions(self._hot_names(one.path, rounds - 1), read):
                exports = self.exports(one.path, rounds - 1)
                if one.mentions(exports.names(), read):
                    found[one.path] = exports
        return found or _NOTHING_GIVEN

    def _inputs(self, path: str, rounds: int) -> Mapping[str, Exports]:
        """Return what other modules give to a module in the round before."""
        key = path, rounds
        if key not in self._inputs_of:
            imports = self._imports_of(path) if rounds else ()
            self._inputs_of[key] = self._given_by(imports, lambda: self.source(path) or b"", rounds)
        return self._inputs_of[key]

    def _hot_names(self, path: str, rounds: int) -> frozenset[str]:
        """Return the names of a module that may stand for something that makes a resource, by its text."""
        text = None if path in self._cold else self.text(path)
        inputs = self._inputs(path, rounds) if text is not None else _NOTHING_GIVEN
        if text is None or not (text.opens or inputs):
            return _NONE
        known = self._analysed_exports.get((path, ())) if not inputs else None
        if known is not None:
            return frozenset(known.names())
        given = [(one, inputs[one.path].names()) for one in text.imports if one.path in inputs]
        words = frozenset(word for one, names in given for word in one.known_as(names))
        return self._hot_with(path, words).union(*(one.given_on(names) for one, names in given))

    def _hot_with(self, path: str, words: frozenset[str]) -> frozenset[str]:
        """Return the hot names that a module defines, if these of its words stand for hot names of others."""
        from flake8_naq.linking.catalogues import catalogue_for  # most runs never need these
        from flake8_naq.linking.hot_names import hot_names, opening_calls

        key = path, words  # the same in most rounds
        if key not in self._hot_after:
            text, source, opening = self.text(path), self.source(path), list[int]()
            if text is not None and source is not None and text.opens:
                opening = opening_calls(source, catalogue_for(source, self.settings))
            self._hot_after[key] = frozenset(hot_names(source, opening, words)) if source is not None else _NONE
        return self._hot_after[key]

    def text(self, path: str) -> ModuleText | None:
        """Return what is known of a module before it is parsed, None if it cannot be read."""
        if path not in self._texts:
            self._stamps[path] = stamp(path)  # before the read, so that a change after it is seen
            self._texts[path] = None if self._read(path) is None else self._module_text(path)
        return self._texts[path]

    def _module_text(self, path: str) -> ModuleText:
        return ModuleText(
            lambda: path in self._judged or self._gate.opens(self.source(path) or b""),
            lambda: self._imports.imports(self.source(path) or b"", path),
        )

    def _read(self, path: str) -> bytes | None:
        return self._sources.of(path, lambda: read_module(path))

    def source(self, path: str) -> bytes | None:
        """Return the text of a module, None if it cannot be read or has changed since it was read first."""
        if self.text(path) is None:
            return None
        return self._sources.of(path, lambda: read_module(path) if stamp(path) == self._stamps[path] else None)

    # What modules give to others

    def exports(self, path: str, rounds: int) -> Exports:
        """Return what a module gives to others, what it imports and gives on included."""
        text = None if path in self._cold else self.text(path)
        inputs = self._inputs(path, rounds) if text is not None else _NOTHING_GIVEN
        source = self.source(path) if text is not None and (text.opens or inputs) else None
        if source is None:
            return NOTHING
        key = path, tuple((inner, id(one)) for inner, one in inputs.items())  # kept alive as values of the same mapping
        if key not in self._analysed_exports:
            self._keep(key, self._analyse_exports(path, source, inputs, rounds))
        return self._analysed_exports[key]

    def _keep(self, key: tuple[str, tuple[tuple[str, int], ...]], analysed: Analysed) -> None:
        self._analysed_exports[key] = analysed.exports
        if analysed.early is not None:
            self._early[key[0]] = analysed.early

    def _prepare(self, paths: Iterable[str], rounds: int) -> None:
        """Analyse the modules of the first round together: later ones are few, and depend on each other."""
        if rounds or self._spread is None:
            return
        texts = {path: self.text(path) for path in paths if (path, ()) not in self._analysed_exports}
        left = [path for path, text in texts.items() if text is not None and text.opens]
        for path, analysed in zip(left, self._spread(left), strict=True):
            self._keep((path, ()), analysed)

    def analysed_alone(self, path: str) -> Analysed:
        """Return the exports of a module that opens, and the findings in it if no other module gives it anything."""
        source = self.source(path)
        return Analysed(NOTHING) if source is None else self._analyse_exports(path, source, _NOTHING_GIVEN, 0)

    def early(self, source: bytes, path: str) -> Judged | None:
        """Return what was found in a file when it was analysed for others, None if another analysis may find more."""
        place = os.path.abspath(path)
        early = self._early.get(place)
        if early is None or early.text != hash(source) or self.given(source, path, ROUNDS) != early.given:
            return None
        return early.judged if module_name(path) == module_name(place) else None

    def _analyse_exports(self, path: str, source: bytes, inputs: Mapping[str, Exports], rounds: int) -> Analysed:
        from flake8_naq.linking.catalogues import catalogue_for  # most runs never need these
        from flake8_naq.linking.linked import linked_facts
        from flake8_naq.linking.owners import exported_owners
        from flake8_naq.linking.summary import factories_of

        made = {factory.resource for one in inputs.values() for factory in one.factories.values()}
        parsed, shown = self._parsed(path), self.finder.shown(path)
        if parsed is None:
            return Analysed(NOTHING)
        catalogue = catalogue_for(source, self.settings, made)
        try:
            facts = linked_facts(
                *(self, *parsed),
                path=path,
                place=path,
                source=source,
                catalogue=catalogue,
                rounds=rounds,
                recommends_package=self.settings.recommends_package,
            )
            found = Exports(factories_of(facts, shown), exported_owners(facts, shown))
        except Exception:  # nested too deeply, or a mistake of ours: checking the file itself says that in one line
            return Analysed(NOTHING)
        judged = self._judge(facts) if self._judge is not None and path in self._judged else None
        early = None if judged is None else Early(hash(source), dict(inputs), judged)
        return Analysed(found if found.factories or found.owners else NOTHING, early)

    def callees(self, path: str, catalogue: Catalogue, depth: int) -> ModuleFacts | None:
        """Return a module for what its functions do with their arguments, None if it cannot be read or parsed.

        The arguments are resources of the `catalogue` of the module that calls the functions. What these call of other
        modules is known up to `depth` calls, one inside the other.
        """
        text = self.text(path)
        key = path, catalogue.resources, depth if text is not None and text.imports else 0
        return self._callees.of(key, lambda: self._callee_facts(path, catalogue, depth))

    def effect(self, key: ParameterKey) -> Effect:
        """Return what the function does with the value of its parameter."""
        from flake8_naq.prescan.callees import Effect

        return self._answer(
            self._effects,
            key,
            lambda facts, function: facts.effect_on(function, key.parameter, key.resource, key.settled),
            Effect.KEEPS,
        )

    def failures_on_none(self, key: ParameterKey) -> frozenset[ExceptionSet]:
        """Return what the function raises where its parameter is None, if it has no normal end then."""
        return self._answer(
            self._failures, key, lambda facts, function: facts.failures_on_none(function, key.parameter), frozenset()
        )

    def _answer(
        self,
        known: dict[ComparedKey, Answer],
        key: ParameterKey,
        ask: Callable[[ModuleFacts, FunctionNode], Answer],
        unknown: Answer,
    ) -> Answer:
        from flake8_naq.linking.summary import asked_at

        if key.compared not in known:
            facts = self.callees(key.path, key.catalogue, key.depth)
            known[key.compared] = asked_at(facts, key.line, ask, unknown)
        return known[key.compared]

    def _callee_facts(self, path: str, catalogue: Catalogue, depth: int) -> ModuleFacts | None:
        from flake8_naq.facts.module import ModuleFacts
        from flake8_naq.linking.view import view

        source, parsed = self.source(path), self._parsed(path)
        if source is None or parsed is None:
            return None
        tree, lines = parsed
        try:
            return ModuleFacts(
                tree,
                lines,
                catalogue,
                lambda: module_name(path),
                imported=lambda scopes: view(self, path, source, scopes, catalogue, 0, depth),
            )
        except RecursionError:
            return None

    def _parsed(self, path: str) -> tuple[ast.Module, list[str]] | None:
        return self._trees.of(path, lambda: self._parse(path))

    def _parse(self, path: str) -> tuple[ast.Module, list[str]] | None:
        from flake8_naq.syntax.source import SourceError, parse

        source = self.source(path)
        try:
            return None if source is None else parse(source, path)
        except (SourceError, RecursionError):
            return None

    def find(self, level: int, module: str, importer: str) -> str | None:
        """Return the path of a module for an import in the file `importer`, None if no such module is beside it."""
        return self._imports.find(level, module, importer)
