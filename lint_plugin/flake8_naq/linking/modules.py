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
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from flake8_naq.linking.coverage import is_covered
from flake8_naq.linking.exports import NOTHING, Exports
from flake8_naq.linking.hot_names import given_on, hot_names, library_words, suspects
from flake8_naq.linking.locate import NO_FILE, Finder, Stamp, module_name, stamp
from flake8_naq.linking.recent import Recent
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.import_text import ImportStatement, import_statements

if TYPE_CHECKING:
    import ast

    from flake8_naq.catalogue.model import Catalogue, Resource
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.prescan.callees import Effect

Resources: TypeAlias = "tuple[Resource, ...]"
_COLD: Final = "cold"  # the digest of a module that gives nothing and was not read
ROUNDS: Final = 4
CALLS: Final = 3
_KEPT: Final = 32  # trees, and analysed modules: both are large
_MAX_BYTES: Final = 2_000_000  # a module that is longer has no summary


class ModuleText(NamedTuple):
    """A module before it is parsed. `opens`: it mentions the catalogue; `imports`: the paths of modules beside it."""

    source: bytes
    opens: bool
    imports: tuple[str, ...]


class Modules:
    """The modules that were read for some files. What changes on the disk later is not seen; see `are_current`."""

    def __init__(self, settings: Settings) -> None:
        self.finder = Finder()
        self._settings = settings
        self._gate = settings.gate
        self._texts: dict[str, ModuleText | None] = {}
        self._stamps: dict[str, Stamp] = {}
        self._digests: dict[str, str] = {}
        self._found: dict[tuple[str, int, str], str | None] = {}
        self._hot: dict[tuple[str, int], frozenset[bytes]] = {}
        self._hot_after: dict[tuple[str, frozenset[bytes]], frozenset[bytes]] = {}
        self._cold: frozenset[str] = frozenset()
        self._exports: dict[tuple[str, int], Exports] = {}
        self._analysed_exports: dict[tuple[object, ...], Exports] = {}
        self._trees: Recent[str, tuple[ast.Module, list[str]] | None] = Recent(_KEPT)
        self._callees: Recent[tuple[str, Resources, int], ModuleFacts | None] = Recent(_KEPT)
        self._effects: dict[tuple[str, Resources, int, int, str], Effect] = {}

    def are_current(self) -> bool:
        """Return whether nothing that was read has changed on the disk since."""
        stamps = [*self._stamps.items(), *self.finder.stamps.items()]
        return all(stamp(path) == before for path, before in stamps)

    def digest(self, path: str) -> str:
        """Return a text that changes with a module: with its text, and with the modules that its imports mean."""
        return _COLD if path in self._cold and path not in self._texts else self._full_digest(path)

    def has_digest(self, path: str, digest: str) -> bool:
        """Return whether the module still has a digest that was returned in an earlier run."""
        return path in self._cold if digest == _COLD else self._full_digest(path) == digest

    def _full_digest(self, path: str) -> str:
        if path not in self._digests:
            text = self.text(path)
            self._digests[path] = "" if text is None else self._digested(text, path)
        return self._digests[path]

    def digest_of(self, source: bytes, path: str) -> str:
        """Return the same for a file with this text, whatever is on the disk."""
        return self._digested(self._looked_at(source, path), path)

    def _digested(self, text: ModuleText, path: str) -> str:
        from hashlib import blake2b

        names = [self.finder.shown(path), *module_name(path), *text.imports]
        found = blake2b(text.source, digest_size=16)
        found.update("\0".join(["", *names]).encode("utf-8", "surrogatepass"))
        return ("cold " if path in self._cold else "") + found.hexdigest()

    def digests_for(self, source: bytes, path: str) -> dict[str, str]:
        """Return the digests of all modules that a file may depend on: those that were read, along its imports."""
        pending = list(self._imported(source, os.path.abspath(path)))
        found: dict[str, str] = {}
        while pending:
            inner = pending.pop()
            if inner in found or not (inner in self._texts or inner in self._cold):
                continue
            found[inner] = self.digest(inner)
            text = self._texts.get(inner)
            pending += text.imports if text is not None else ()
        return found

    def opens(self, source: bytes) -> bool:
        """Return whether a file mentions the catalogue, or imports a library that has one."""
        return self._gate.opens(source)

    def reaching(self, opening: Sequence[tuple[str, bytes]], others: Sequence[tuple[str, bytes]]) -> set[str]:
        """Return the paths of those `others` that may matter: no other does, and `matters` has the last word.

        `opening` are the files of the run that mention the catalogue themselves. Where the files are all modules that
        they can import, one look over them replaces a look at the imports of each.
        """
        paths = {path: os.path.abspath(path) for path, _ in (*opening, *others)}
        if not is_covered(paths.values(), self.finder):
            return {path for path, source in others if self._may_mention(source, paths[path])}
        suspected = suspects(opening, others, self._gate, ROUNDS) if opening else set()
        self._cold = frozenset(paths[path] for path, _ in others if path not in suspected)
        return suspected

    def _may_mention(self, source: bytes, path: str) -> bool:
        """Return whether the file has a hot name of a module that it imports."""
        imports = self._imported(source, path)
        hot = {word for inner in imports for word in self._hot_names(inner, ROUNDS - 1)}
        return bool(hot) and (b"import *" in source or any(word in source for word in hot))

    def matters(self, source: bytes, path: str) -> bool:
        """Return whether a file mentions the catalogue, or what a module that it imports gives to it."""
        return self.opens(source) or any(self._mentioned(source, path))

    def made_for(self, source: bytes, path: str) -> set[Resource]:
        """Return the resources of functions of imported modules that a file mentions."""
        return {factory.resource for one in self._mentioned(source, path) for factory in one.factories.values()}

    def _mentioned(self, source: bytes, path: str) -> Iterator[Exports]:
        """Yield the exports of each imported module of which the file mentions one."""
        for inner in self._imported(source, os.path.abspath(path)) if path not in NO_FILE else ():
            exports = self.exports_for(source, inner, ROUNDS - 1)
            if exports is not NOTHING:
                yield exports

    def exports_for(self, source: bytes, path: str, rounds: int) -> Exports:
        """Return what a module gives to a file with this text: nothing, if the text has none of the names."""
        hot = self._hot_names(path, rounds)
        if not hot or (b"import *" not in source and not any(word in source for word in hot)):
            return NOTHING
        exports = self.exports(path, rounds)
        return exports if exports.are_mentioned(source) else NOTHING

    def _hot_names(self, path: str, rounds: int) -> frozenset[bytes]:
        """Return the names of a module that may stand for something that makes a resource."""
        key = path, rounds
        if key not in self._hot:
            self._hot[key] = self._find_hot_names(path, rounds)
        return self._hot[key]

    def _find_hot_names(self, path: str, rounds: int) -> frozenset[bytes]:
        text = None if path in self._cold else self.text(path)
        if text is None:
            return frozenset()
        inner = {word for one in text.imports for word in self._hot_names(one, rounds - 1)} if rounds else set()
        if not text.opens and not inner:
            return frozenset()
        key = path, frozenset(inner)  # the same in most rounds
        if key not in self._hot_after:
            words = inner | (library_words(text.source, self._gate) if text.opens else set())
            self._hot_after[key] = frozenset(hot_names(text.source, words, self._gate) | given_on(text.source, inner))
        return self._hot_after[key]

    def text(self, path: str) -> ModuleText | None:
        """Return the text of a module, None if it cannot be read."""
        if path not in self._texts:
            self._stamps[path] = stamp(path)  # before the read, so that a change after it is seen
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
        if text is None or not self._hot_names(path, rounds):
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
        inputs = ((path, self.exports_for(text.source, path, rounds - 1)) for path in text.imports)
        return [(path, one) for path, one in inputs if one is not NOTHING]

    def _analyse_exports(self, path: str, text: ModuleText, inputs: list[Exports], rounds: int) -> Exports:
        from flake8_naq.linking.catalogues import catalogue_for  # most runs never need these
        from flake8_naq.linking.owners import exported_owners
        from flake8_naq.linking.summary import factories_of
        from flake8_naq.linking.view import view

        made = {factory.resource for one in inputs for factory in one.factories.values()}
        facts = self._analysed(path, catalogue_for(text.source, self._settings, made), rounds, CALLS)
        if facts is None:
            return NOTHING
        shown, source = self.finder.shown(path), text.source
        try:
            owners = exported_owners(
                facts, lambda scopes, other: view(self, path, source, scopes, other, 0, CALLS), shown
            )
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
        return self._callees.of(key, lambda: self._analysed(path, catalogue, 0, depth))

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

        text, parsed = self.text(path), self._parsed(path)
        if text is None or parsed is None:
            return None
        source, (tree, lines) = text.source, parsed
        try:
            return ModuleFacts(
                tree,
                lines,
                catalogue,
                lambda: module_name(path),
                imported=lambda scopes: view(self, path, source, scopes, catalogue, rounds, depth),
            )
        except RecursionError:
            return None

    def _parsed(self, path: str) -> tuple[ast.Module, list[str]] | None:
        return self._trees.of(path, lambda: self._parse(path))

    def _parse(self, path: str) -> tuple[ast.Module, list[str]] | None:
        from flake8_naq.syntax.source import SourceError, parse

        text = self.text(path)
        try:
            return None if text is None else parse(text.source, path)
        except (SourceError, RecursionError):
            return None

    def _imported(self, source: bytes, path: str) -> tuple[str, ...]:
        found = {inner for one in import_statements(source) for inner in self._targets(one, path)}
        return tuple(sorted(found))

    def _targets(self, statement: ImportStatement, importer: str) -> Iterator[str]:
        level, module, names, _ = statement
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
        key = os.path.dirname(importer), level, module
        if key not in self._found:
            look = self.finder.absolute(module, importer) if not level else None
            self._found[key] = self.finder.relative(level, module, importer) if level else look
        return self._found[key]


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
