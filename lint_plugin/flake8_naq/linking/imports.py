"""What the text of a file imports of modules beside it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Final, NamedTuple

from flake8_naq.linking.locate import PACKAGE, Finder
from flake8_naq.project.paths import encoded
from flake8_naq.syntax.import_text import ImportStatement, import_statements
from flake8_naq.syntax.import_words import ImportWords

_STAR = "*"
_DEFINES: Final = re.compile(rb"^(?:async[ \t]+)?(?:def|class)\b", re.MULTILINE)
_BASES: Final = re.compile(rb"^[ \t]*class[ \t]+\w+[ \t]*\(([^:]*):", re.MULTILINE)
_OF_OWN_PACKAGE: Final = re.compile(rb"\bfrom[ \t]*(?:$|import\b)", re.MULTILINE)  # with nothing but dots between


def last_name(path: str) -> str:
    """Return the last part of the name of the module at `path`: of a package, that of its folder."""
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == PACKAGE else os.path.splitext(name)[0]


def importers(path: str, files: Mapping[str, ImportWords]) -> list[str]:
    """Return those of the files, by the words of their imports, that may import the module at `path`.

    It is a quick look, and leaves out no file that does. A file of a package may import from it without its name:
    `from . import connect`.
    """
    name, is_package = encoded(last_name(path)), os.path.basename(path) == PACKAGE
    return [
        user
        for user, words in files.items()
        if name in words.modules or name in words.names or (is_package and any(map(_OF_OWN_PACKAGE.search, words)))
    ]


class Import(NamedTuple):
    """What a file imports of the module at `path`.

    `names` has pairs: a name in the module, and the name that it has in the file. `whole`: the file has a name for the
    module itself; `star`: it has each name of the module. Names that are `wanted` are such as `connect`, and, for the
    method of a class, `Clients.make`.
    """

    path: str
    names: frozenset[tuple[str, str]] = frozenset()
    whole: bool = False
    star: bool = False

    def known_as(self, wanted: Set[str]) -> set[str]:
        """Return the words by which the file may mean the `wanted` names of the module."""
        names = set(map(first_name, wanted))
        found = {alias for name, alias in self.names if name in names}
        return found | names if self.whole or self.star else found

    def given_on(self, wanted: Set[str]) -> set[str]:
        """Return the names of the file by which others may import the `wanted` names of the module from it."""
        names = set(map(first_name, wanted))
        found = {alias for name, alias in self.names if name in names}
        return found | names if self.star else found

    def mentions(self, wanted: Set[str], read: Callable[[], bytes]) -> bool:
        """Return whether the file, whose text `read` returns, may mean one of the `wanted` names of the module."""
        if not wanted or self.star:
            return bool(wanted)
        return any(self._means(one, read) for one in wanted)

    def _means(self, wanted: str, read: Callable[[], bytes]) -> bool:
        first, _, method = wanted.partition(".")
        aliases = {alias for name, alias in self.names if name == first}
        if not aliases and not (self.whole and first.encode() in read()):
            return False
        return not method or method.encode() in read() or _may_give_on({*aliases, first}, read())


def first_name(name: str) -> str:
    """Return the name that is imported for a name of a module: of the method `Clients.make`, that of its class."""
    return name.partition(".")[0]


def _may_give_on(classes: Set[str], source: bytes) -> bool:
    """Return whether the file may give methods of imported classes on, which it does not mention.

    It does so if it derives from the class, or if others import the class from it: from a file that says what it
    exports, or that defines nothing itself.
    """
    if b"__all__" in source or _DEFINES.search(source) is None:
        return True
    return any(one.encode() in bases for bases in _BASES.findall(source) for one in classes)


class ImportFinder:
    """Finds the modules that files import; each place is looked for once."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._found: dict[tuple[tuple[str, ...], int, str], str | None] = {}
        self._statements: dict[tuple[tuple[str, ...], ImportStatement], tuple[Import, ...]] = {}

    def imports(self, source: bytes, path: str) -> tuple[Import, ...]:
        """Return what a file with this text imports of modules beside it, in the order of their paths."""
        folder, found = os.path.dirname(path), dict[str, Import]()
        for statement in import_statements(source):
            if not statement.level and statement.module.partition(".")[0] in sys.stdlib_module_names:
                continue
            key = self._finder.reach(statement.level, statement.module, folder), statement
            if key not in self._statements:
                self._statements[key] = tuple(self._targets(statement, folder))
            for one in self._statements[key]:
                found[one.path] = _joined(found[one.path], one) if one.path in found else one
        return tuple(sorted(found.values(), key=lambda one: one.path))

    def _targets(self, statement: ImportStatement, folder: str) -> Iterator[Import]:
        level, module, names, aliases = statement
        if not level and not self._finder.has_top(module, folder):
            return
        path = self._find(level, module, folder)
        if path is not None:
            pairs = frozenset(zip(names, aliases, strict=True)) if names else frozenset()
            yield Import(path, pairs, whole=not names, star=_STAR in names)
        for name in names if path is None or os.path.basename(path) == PACKAGE else ():
            inner = self._find(level, f"{module}.{name}" if module else name, folder)
            if inner is not None:
                yield Import(inner, whole=True)
        parts = module.split(".") if not names else []
        for end in range(1, len(parts)):
            package = self._find(level, ".".join(parts[:end]), folder)
            if package is not None:
                yield Import(package, whole=True)

    def find(self, level: int, module: str, importer: str) -> str | None:
        """Return the path of a module for an import in the file `importer`, None if no such module is beside it."""
        return self._find(level, module, os.path.dirname(importer))

    def _find(self, level: int, module: str, folder: str) -> str | None:
        key = self._finder.reach(level, module, folder), level, module
        if key not in self._found:
            look = self._finder.absolute(module, folder) if not level else None
            self._found[key] = self._finder.relative(level, module, folder) if level else look
        return self._found[key]


def _joined(one: Import, other: Import) -> Import:
    return Import(one.path, one.names | other.names, one.whole or other.whole, one.star or other.star)
