"""The modules of a project, as far as the files that are checked import them: read, and summarised on demand.

A summary depends on the text of the module and on the summaries of the modules that it imports. It is computed in
rounds: round 0 knows the module alone, and round n uses round n - 1 of its imports. So import cycles need no special
care, the order in which modules are asked for changes nothing, and what travels through more than ROUNDS modules is
unknown. A module that cannot be read or parsed has no summary.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from flake8_naq.catalogue.gate import gate
from flake8_naq.linking.imports import ImportStatement, import_statements
from flake8_naq.linking.locate import NO_FILE, Finder, module_name
from flake8_naq.project.settings import Settings

if TYPE_CHECKING:
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.prescan.callees import Effect, Factory

ROUNDS: Final = 4
_MAX_BYTES: Final = 2_000_000  # a module that is longer has no summary
_NOTHING: Final[Mapping[str, Factory]] = MappingProxyType({})


class ModuleText(NamedTuple):
    """A module before it is parsed. `opens`: it mentions the catalogue; `imports`: the paths of modules beside it."""

    source: bytes
    opens: bool
    imports: tuple[str, ...]


class Modules:
    """The modules of one run. What changes on the disk is seen by the next run only."""

    def __init__(self, settings: Settings) -> None:
        self.finder = Finder()
        self._resources = settings.resources
        self._gate = gate(settings.acquired)
        self._texts: dict[str, ModuleText | None] = {}
        self._reaching: dict[tuple[str, int], bool] = {}
        self._makers: dict[tuple[str, int], Mapping[str, Factory]] = {}
        self._facts: dict[tuple[str, int], ModuleFacts | None] = {}
        self._effects: dict[tuple[str, int, int, str], Effect] = {}

    def matters(self, source: bytes, path: str) -> bool:
        """Return whether a file mentions the catalogue, or a function of an imported module that makes a resource."""
        if self._gate.opens(source):
            return True
        if path in NO_FILE:
            return False
        return self._mentions(source, self._imported(source, os.path.abspath(path)), ROUNDS - 1)

    def text(self, path: str) -> ModuleText | None:
        """Return the text of a module, None if it cannot be read."""
        if path not in self._texts:
            source = _read(path)
            self._texts[path] = None if source is None else self._looked_at(source, path)
        return self._texts[path]

    def _looked_at(self, source: bytes, path: str) -> ModuleText:
        return ModuleText(source, self._gate.opens(source), self._imported(source, path))

    def makers(self, path: str, rounds: int) -> Mapping[str, Factory]:
        """Return the functions by which a module makes resources, by the names that others import, also re-exported."""
        text = self.text(path)
        if text is None or not self._reaches(path, rounds):
            return _NOTHING
        key = path, _needed(text, rounds)
        if key not in self._makers:
            if text.opens or self._mentions(text.source, text.imports, rounds - 1):
                from flake8_naq.linking.summary import makers_of  # most runs never need it

                facts = self.facts(path, rounds)
                self._makers[key] = _NOTHING if facts is None else makers_of(facts, self.finder.shown(path))
            else:
                self._makers[key] = _NOTHING
        return self._makers[key]

    def facts(self, path: str, rounds: int) -> ModuleFacts | None:
        """Return the facts of a module, None if it cannot be read or parsed."""
        text = self.text(path)
        if text is None:
            return None
        key = path, _needed(text, rounds)
        if key not in self._facts:
            self._facts[key] = self._analysed(path, text.source, rounds)
        return self._facts[key]

    def _analysed(self, path: str, source: bytes, rounds: int) -> ModuleFacts | None:
        from flake8_naq.catalogue.loader import load_catalogue
        from flake8_naq.facts.module import ModuleFacts
        from flake8_naq.linking.view import view
        from flake8_naq.syntax.source import SourceError, parse

        try:
            tree, lines = parse(source, path)
            return ModuleFacts(
                tree,
                lines,
                load_catalogue(self._resources),
                lambda: module_name(path),
                lambda scopes: view(self, path, scopes, rounds),
            )
        except (SourceError, RecursionError):
            return None

    def effect(self, path: str, rounds: int, line: int, parameter: str) -> Effect:
        """Return what the function that is defined on a line of a module does with the value of its parameter."""
        from flake8_naq.linking.summary import effect_at

        text = self.text(path)
        key = path, _needed(text, rounds) if text is not None else 0, line, parameter
        if key not in self._effects:
            self._effects[key] = effect_at(self.facts(path, rounds), line, parameter)
        return self._effects[key]

    def _mentions(self, source: bytes, imports: tuple[str, ...], rounds: int) -> bool:
        """Return whether the text has the name of a function of its imports that makes a resource."""
        if rounds < 0:
            return False
        return any(name.rpartition(".")[2].encode() in source for path in imports for name in self.makers(path, rounds))

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
        return tuple(sorted(found - {path}))

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
        """Return the path of a module for an import in the file `importer`, None if it is no module beside it."""
        if level:
            return self.finder.relative(level, module, importer)
        return self.finder.absolute(module, importer)


def _needed(text: ModuleText, rounds: int) -> int:
    """Return the round that the summary of a module really depends on: the first for one that imports no other."""
    return rounds if text.imports else 0


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
