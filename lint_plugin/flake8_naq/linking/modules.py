"""The modules of a project, as far as the files that are checked import them: read, and summarised on demand.

Which functions make a resource, and which classes own one, follows from the text of a module and from the same
knowledge of its imports. It is computed in rounds: round 0 knows the module alone, and round n uses round n - 1 of its
imports. So import cycles need no special care, the order in which modules are asked for changes nothing, and what comes
through more than ROUNDS modules is unknown. What a function does with its arguments is followed through CALLS modules
in the same way. A module that cannot be read or parsed gives nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from flake8_naq.linking.exports import NOTHING, Exports
from flake8_naq.linking.imports import ImportStatement, import_statements
from flake8_naq.linking.locate import NO_FILE, Finder, module_name
from flake8_naq.project.settings import Settings

if TYPE_CHECKING:
    import ast

    from flake8_naq.catalogue.model import Catalogue, Resource
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.prescan.callees import Effect

Resources: TypeAlias = "tuple[Resource, ...]"
ROUNDS: Final = 4
CALLS: Final = 3
_MAX_BYTES: Final = 2_000_000  # a module that is longer has no summary


class ModuleText(NamedTuple):
    """A module before it is parsed. `opens`: it mentions the catalogue; `imports`: the paths of modules beside it."""

    source: bytes
    opens: bool
    imports: tuple[str, ...]


class Modules:
    """The modules of one run. What changes on the disk is seen by the next run only."""

    def __init__(self, settings: Settings) -> None:
        self.finder = Finder()
        self._settings = settings
        self._gate = settings.gate
        self._texts: dict[str, ModuleText | None] = {}
        self._reaching: dict[tuple[str, int], bool] = {}
        self._exports: dict[tuple[str, int], Exports] = {}
        self._analysed_exports: dict[tuple[object, ...], Exports] = {}
        self._trees: dict[str, tuple[ast.Module, list[str]] | None] = {}
        self._callees: dict[tuple[str, Resources, int], ModuleFacts | None] = {}
        self._effects: dict[tuple[str, Resources, int, int, str], Effect] = {}

    def matters(self, source: bytes, path: str) -> bool:
        """Return whether a file mentions the catalogue, or what a module that it imports gives to it."""
        return self._gate.opens(source) or any(self._mentioned(source, path))

    def made_for(self, source: bytes, path: str) -> set[Resource]:
        """Return the resources of functions of imported modules that a file mentions."""
        return {factory.resource for one in self._mentioned(source, path) for factory in one.factories.values()}

    def _mentioned(self, source: bytes, path: str) -> Iterator[Exports]:
        """Yield the exports of each imported module of which the file mentions one."""
        for inner in self._imported(source, os.path.abspath(path)) if path not in NO_FILE else ():
            exports = self.exports(inner, ROUNDS - 1)
            if exports is not NOTHING and exports.are_mentioned(source):
                yield exports

    def text(self, path: str) -> ModuleText | None:
        """Return the text of a module, None if it cannot be read."""
        if path not in self._texts:
            source = _read(path)
            self._texts[path] = None if source is None else self._looked_at(source, path)
        return self._texts[path]

    def _looked_at(self, source: bytes, path: str) -> ModuleText:
        return ModuleText(source, self._gate.opens(source), self._imported(source, path))

    def exports(self, path: str, rounds: int) -> Exports:
        """Return what a module gives to others, what it imports and gives on included."""
        found = self._exports.get((path, rounds))
        if found is None:
            found = self._exports[path, rounds] = self._exports_of(path, rounds)
        return found

    def _exports_of(self, path: str, rounds: int) -> Exports:
        text = self.text(path)
        if text is None or not self._reaches(path, rounds):
            return NOTHING
        inputs = self._inputs(text, rounds)
        if not text.opens and not inputs:
            return NOTHING
        key = path, tuple((inner, id(one)) for inner, one in inputs)  # kept alive as values of the same mapping
        if key not in self._analysed_exports:
            self._analysed_exports[key] = self._analyse_exports(path, text, [one for _, one in inputs], rounds)
        return self._analysed_exports[key]

    def _inputs(self, text: ModuleText, rounds: int) -> list[tuple[str, Exports]]:
        """Return what the exports of a module depend on: those of its imports that its text mentions."""
        if not rounds:
            return []
        inputs = ((path, self.exports(path, rounds - 1)) for path in text.imports)
        return [(path, one) for path, one in inputs if one is not NOTHING and one.are_mentioned(text.source)]

    def _analyse_exports(self, path: str, text: ModuleText, inputs: list[Exports], rounds: int) -> Exports:
        from flake8_naq.linking.catalogues import catalogue_for  # most runs never need these
        from flake8_naq.linking.owners import exported_owners
        from flake8_naq.linking.summary import factories_of
        from flake8_naq.linking.view import view

        made = {factory.resource for one in inputs for factory in one.factories.values()}
        facts = self._analysed(path, catalogue_for(text.source, self._settings, made), rounds, CALLS)
        if facts is None:
            return NOTHING
        shown = self.finder.shown(path)
        try:
            owners = exported_owners(facts, lambda scopes, other: view(self, path, scopes, other, 0, CALLS), shown)
            found = Exports(factories_of(facts, shown), owners)
        except RecursionError:
            return NOTHING
        return found if found.factories or found.owners else NOTHING

    def callees(self, path: str, catalogue: Catalogue, depth: int) -> ModuleFacts | None:
        """Return a module for what its functions do with their arguments, None if it cannot be read or parsed.

        The arguments are resources of the `catalogue` of the module that calls the functions. What these call of other
        modules is known up to `depth` calls, one inside the other.
        """
        text = self.text(path)
        key = path, catalogue.resources, depth if text is not None and text.imports else 0
        if key not in self._callees:
            self._callees[key] = self._analysed(path, catalogue, 0, depth)
        return self._callees[key]

    def effect(self, path: str, catalogue: Catalogue, depth: int, line: int, parameter: str) -> Effect:
        """Return what the function that is defined on a line of a module does with the value of its parameter."""
        from flake8_naq.linking.summary import effect_at

        key = path, catalogue.resources, depth, line, parameter
        if key not in self._effects:
            self._effects[key] = effect_at(self.callees(path, catalogue, depth), line, parameter)
        return self._effects[key]

    def _analysed(self, path: str, catalogue: Catalogue, rounds: int, depth: int) -> ModuleFacts | None:
        from flake8_naq.facts.module import ModuleFacts
        from flake8_naq.linking.view import view

        parsed = self._parsed(path)
        if parsed is None:
            return None
        tree, lines = parsed
        try:
            return ModuleFacts(
                tree,
                lines,
                catalogue,
                lambda: module_name(path),
                imported=lambda scopes: view(self, path, scopes, catalogue, rounds, depth),
            )
        except RecursionError:
            return None

    def _parsed(self, path: str) -> tuple[ast.Module, list[str]] | None:
        from flake8_naq.syntax.source import SourceError, parse

        if path not in self._trees:
            text = self.text(path)
            try:
                self._trees[path] = None if text is None else parse(text.source, path)
            except (SourceError, RecursionError):
                self._trees[path] = None
        return self._trees[path]

    def _reaches(self, path: str, rounds: int) -> bool:
        """Return whether the module or one that it imports, at any distance up to `rounds`, mentions the catalogue."""
        key = path, rounds
        if key not in self._reaching:
            text = self.text(path)
            self._reaching[key] = text is not None and (
                text.opens or (rounds > 0 and any(self._reaches(inner, rounds - 1) for inner in text.imports))
            )
        return self._reaching[key]

    def _imported(self, source: bytes, path: str) -> tuple[str, ...]:
        found = {inner for one in import_statements(source) for inner in self._targets(one, path)}
        return tuple(sorted(found))

    def _targets(self, statement: ImportStatement, importer: str) -> Iterator[str]:
        level, module, names = statement
        found = self.find(level, module, importer)
        if found is not None:
            yield found
        for name in names:
            inner = self.find(level, f"{module}.{name}" if module else name, importer)
            if inner is not None:
                yield inner
        parts = module.split(".") if not names else []
        for end in range(1, len(parts)):
            package = self.find(level, ".".join(parts[:end]), importer)
            if package is not None:
                yield package

    def find(self, level: int, module: str, importer: str) -> str | None:
        """Return the path of a module for an import in the file `importer`, None if no such module is beside it."""
        if level:
            return self.finder.relative(level, module, importer)
        return self.finder.absolute(module, importer)


def _read(path: str) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would be waited for
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            source = file.read(_MAX_BYTES + 1)
    except OSError:
        return None
    return source if len(source) <= _MAX_BYTES else None
