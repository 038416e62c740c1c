"""The texts of the modules of a project: read once, with what they import, and parsed on demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from flake8_naq.linking.imports import Import, ImportFinder
from flake8_naq.linking.locate import Finder, Stamp, read_module, stamp
from flake8_naq.linking.reaching import File
from flake8_naq.linking.recent import Recent
from flake8_naq.linking.requirements import Requirements
from flake8_naq.project.paths import encoded
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.import_words import import_lines

if TYPE_CHECKING:
    import ast

_KEPT_TREES: Final = 500_000  # bytes of source whose trees are kept; these need far more memory than the source
_KEPT_SOURCES: Final = 4_000_000
_KEPT_ANSWERS: Final = 10_000  # what is known of a text, which an editor changes again and again


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


class ModuleTexts:
    """The texts that were read. What changes on the disk later is not seen; see `are_current`."""

    def __init__(self, settings: Settings) -> None:
        self.finder = Finder()
        self.requirements = Requirements(self.finder.stamps)
        self.gate = settings.gate
        self.cold: Collection[str] = frozenset()  # modules that give nothing, as a look over the run has found
        self.opening: Collection[str] = frozenset()  # modules of which it is known that they open
        self.behind_imports: Mapping[str, bytes] = {}  # of modules that may be cold, the words behind their imports
        self.known_by_words: set[str] = set()  # those of them that were not read, as these words say enough
        self._imports = ImportFinder(self.finder)
        # By the hash of a text, and its path: flake8 checks a file now, and asks for it as a module later.
        self._imports_in: Recent[tuple[int, str], tuple[Import, ...]] = Recent(_KEPT_ANSWERS)
        self._opens_in: Recent[tuple[int, str], bool] = Recent(_KEPT_ANSWERS)
        self._sources: Recent[str, bytes | None] = Recent(_KEPT_SOURCES, lambda source: len(source or b""))
        self._texts: dict[str, ModuleText | None] = {}
        self._stamps: dict[str, Stamp] = {}
        self._trees: Recent[str, tuple[ast.Module, list[str]] | None] = Recent(
            _KEPT_TREES, lambda parsed: sum(map(len, parsed[1])) if parsed is not None else 0
        )

    def are_current(self) -> bool:
        """Return whether nothing that was read has changed on the disk since."""
        stamps = [*self._stamps.items(), *self.finder.stamps.items()]
        return all(stamp(path) == before for path, before in stamps)

    @property
    def known(self) -> Collection[str]:
        """The paths of the modules that were asked for."""
        return self._texts.keys()

    def text(self, path: str) -> ModuleText | None:
        """Return what is known of a module before it is parsed, None if it cannot be read."""
        if path not in self._texts:
            self._stamps[path] = stamp(path)  # before the read, so that a change after it is seen
            self._texts[path] = None if self.read(path) is None else self._module_text(path)
        return self._texts[path]

    def known_text(self, path: str, source: bytes) -> ModuleText | None:
        """Return what is known of the module at `path` if it was asked for already, and has this text."""
        return self._texts[path] if path in self._texts and self.source(path) == source else None

    def _module_text(self, path: str) -> ModuleText:
        return ModuleText(
            lambda: path in self.opening or self.opens_in(self.source(path) or b"", path),
            lambda: self.imports_in(self.source(path) or b"", path),
        )

    def read(self, path: str) -> bytes | None:
        """Return the text of a file that need not count as read, None if it cannot be read."""
        return self._sources.of(path, lambda: read_module(path))

    def source(self, path: str) -> bytes | None:
        """Return the text of a module, None if it cannot be read or has changed since it was read first."""
        if self.text(path) is None:
            return None
        return self._sources.of(path, lambda: read_module(path) if stamp(path) == self._stamps[path] else None)

    def content(self, path: str) -> str:
        """Return a short text that changes with the text of a module."""
        from hashlib import blake2b

        return blake2b(self.read(path) or b"", digest_size=16).hexdigest()

    def file(self, path: str) -> File | None:
        """Return a module for a look over all files of a run, None if it cannot be read."""
        source = read_module(path)
        if source is None:
            return None
        imported = import_lines(source)
        return File(path, imported.divided, self.gate.opens(source, imported))

    def imports_of(self, path: str) -> tuple[Import, ...]:
        """Return what a module imports of modules beside it."""
        text = self.text(path)
        return () if text is None else text.imports

    def imports_in(self, source: bytes, path: str) -> tuple[Import, ...]:
        """Return what a file with this text imports of modules beside it, whatever is on the disk."""
        return self._imports_in.of((hash(source), path), lambda: self._imports.imports(source, path))

    def opens_in(self, source: bytes, path: str) -> bool:
        """Return whether a file with this text mentions the catalogue, or imports a library that has one."""
        return self._opens_in.of((hash(source), path), lambda: self.gate.opens(source))

    def may_bind(self, path: str, name: str) -> bool:
        """Return whether an import of a module may bind the name; False only where that is known without its text."""
        words = self.behind_imports.get(path)
        if words is None or encoded(name) in words:
            return True
        self.known_by_words.add(path)
        return False

    def find(self, level: int, module: str, importer: str) -> str | None:
        """Return the path of a module for an import in the file `importer`, None if no such module is beside it."""
        return self._imports.find(level, module, importer)

    def parsed(self, path: str) -> tuple[ast.Module, list[str]] | None:
        """Return the tree and the lines of a module, None if it cannot be read or parsed."""
        return self._trees.of(path, lambda: self._parse(path))

    def _parse(self, path: str) -> tuple[ast.Module, list[str]] | None:
        from flake8_naq.syntax.source import SourceError, parse

        source = self.source(path)
        try:
            return None if source is None else parse(source, path)
        except (SourceError, RecursionError):
            return None
