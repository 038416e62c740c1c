"""What modules of the project import and give on, of libraries (`from app.compat import sqlite3`) and of each other."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from typing import Final, NamedTuple, Protocol

from flake8_naq.syntax.definition_text import definitions
from flake8_naq.syntax.import_text import import_statements

_MODULES: Final = 4  # through which a name is followed
_BY_NAME: Final = b"import_module"  # no statement says which name this binds
_STAR: Final = "*"
_OTHER: Final = re.compile(
    rb"[ \t]*(?:(?P<name>[\w\x80-\xff]+)|(?:importlib\.)?import_module\([^()\n]*\))[ \t]*(?:#[^\n]*)?(?:\r?\n|$)"
)


class _Meaning(NamedTuple):
    """An import that binds a name: its module, and the name there, empty for the module itself."""

    level: int
    module: str
    name: str


class Texts(Protocol):
    """The modules of a project."""

    def source(self, path: str) -> bytes | None:
        """Return the text of a module, None if it cannot be read."""

    def find(self, level: int, module: str, importer: str) -> str | None:
        """Return the path of a module for an import in the file `importer`."""

    def may_bind(self, path: str, name: str) -> bool:
        """Return whether an import of a module may bind the name; False only where that is known without its text."""


class GivenOn:
    """Answers from the texts of modules; each text is looked through once."""

    def __init__(self) -> None:
        self._bindings: dict[str, Mapping[str, Sequence[_Meaning]]] = {}

    def library_name(self, texts: Texts, path: str, name: str, roots: Set[str], steps: int = _MODULES) -> str | None:
        """Return what a name of the module at `path` is called in one of the libraries, None if it is not theirs.

        Of several imports, as in `try` and `except ImportError`, those of one of the libraries count. A name that the
        module defines as well is its own, but for one that is None, or another import, where the library is missing.
        """
        source = texts.source(path) if steps and texts.may_bind(path, name) else None
        if source is None or any(one["defined"] for one in definitions(source, name)):  # as most names are
            return None
        bindings = self._meanings(texts, path)
        meanings = bindings.get(name, ())
        if meanings and any(not _stands_in(source, one, bindings) for one in definitions(source, name)):
            return None
        found: set[str] = set()
        for level, module, target in meanings:
            if not level and module.partition(".")[0] in roots:
                found.add(f"{module}.{target}" if target else module)
            inner = texts.find(level, module, path) if target else None
            further = None if inner is None else self.library_name(texts, inner, target, roots, steps - 1)
            found.update(() if further is None else (further,))
        return found.pop() if len(found) == 1 else None

    def origin(self, texts: Texts, path: str, name: str, steps: int = _MODULES) -> tuple[str, str]:
        """Return the module of the project from which the one at `path` has the name, and the name there.

        That is the same where the module defines the name, or where it is not certain which import brings it.
        """
        meanings = self._meanings(texts, path)
        found = meanings.get(name) or meanings.get(_STAR, ())
        source = texts.source(path) if steps and len(found) == 1 and found[0].name else None
        if source is None or any(True for _ in definitions(source, name)):
            return path, name
        level, module, target = found[0]
        inner, there = texts.find(level, module, path), name if target == _STAR else target
        return (path, name) if inner is None else self.origin(texts, inner, there, steps - 1)

    def may_import(self, texts: Texts, path: str, name: str) -> bool:
        """Return whether an import of the module at `path` may bind the name."""
        return name in self._meanings(texts, path) or _BY_NAME in (texts.source(path) or b"")

    def may_be_coroutine(self, texts: Texts, path: str, name: str, steps: int) -> bool:
        """Return whether the name of the module at `path` may mean an `async def`: of it, or of what it imports from.

        A quick look, never False where it does: the modules of most names need not be parsed to know that.
        """
        first, _, rest = name.partition(".")
        source = texts.source(path)
        found = [one for one in definitions(source or b"", first) if one["defined"] and not one["indent"]]
        if source is None or found or not steps:
            return any(one["async"] for one in found)
        if _BY_NAME in source:
            return True
        return any(
            self.may_be_coroutine(texts, inner, there, steps - 1)
            for one in self._meanings(texts, path).get(first, ())
            for inner, there in _places(texts, path, one, rest)
        )

    def _meanings(self, texts: Texts, path: str) -> Mapping[str, Sequence[_Meaning]]:
        if path not in self._bindings:
            self._bindings[path] = _bindings(texts.source(path) or b"")
        return self._bindings[path]


def _places(texts: Texts, path: str, meaning: _Meaning, rest: str) -> Iterator[tuple[str, str]]:
    """Yield the modules in which an imported name with this `rest` may be defined, and what it is called there."""
    level, module, name = meaning
    parts = ".".join(filter(None, (module, name, rest))).split(".")
    for end in range(len(parts)):
        inner = texts.find(level, ".".join(parts[:end]), path)
        if inner is not None:
            yield inner, ".".join(parts[end:])


def _stands_in(source: bytes, definition: re.Match[bytes], imported: Container[str]) -> bool:
    """Return whether the definition is `name = None`, `name = import_module(...)`, or `name = other` of an import."""
    start = definition.end() - 1  # the match ends behind the character that follows the sign
    if definition["set"] is None:
        return False
    other = _OTHER.match(source, start)
    if other is None:
        return False
    name = other["name"]
    return name is None or name == b"None" or name.decode("utf-8", "replace") in imported


def _bindings(source: bytes) -> dict[str, list[_Meaning]]:
    """Return what each imported name of a text stands for."""
    found: dict[str, list[_Meaning]] = {}
    for level, module, names, aliases in import_statements(source):
        top = module.partition(".")[0]  # `import redis.asyncio` binds `redis`
        for target, alias in zip(names or ("",) * len(aliases), aliases, strict=True):  # a text may break off
            found.setdefault(alias or top, []).append(_Meaning(level, module if alias else top, target))
    return found
