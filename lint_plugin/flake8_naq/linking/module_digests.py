"""Texts that change with a module, and with the modules that its imports mean; kept results are named by them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from flake8_naq.linking.imports import Import
from flake8_naq.linking.locate import PACKAGE, module_name
from flake8_naq.linking.module_texts import ModuleTexts

_COLD: Final = "cold"  # the digest of a module that gives nothing and was not read
_WORDS: Final = "words "  # the digest of one that the words behind its imports ruled out begins so


class ModuleDigests:
    """The digests of modules, each found out once."""

    def __init__(self, texts: ModuleTexts) -> None:
        self._texts = texts
        self._digests: dict[str, str] = {}
        self._valid: set[tuple[str, str]] = set()  # modules with digests of earlier runs that they still have
        self._packages: dict[str, str] = {}  # by folder

    def of(self, path: str) -> str:
        """Return a text that changes with a module: with its text, and with the modules that its imports mean."""
        texts = self._texts
        if path in texts.known or path not in texts.cold:
            return self._full(path)
        return self._of_words(path) if path in texts.known_by_words else _COLD

    def are_valid(self, digests: Mapping[str, str]) -> bool:
        """Return whether the modules still have the digests that were returned in an earlier run."""
        # Few are left: the files of a run depend on the same modules.
        left = [one for one in digests.items() if one not in self._valid]
        if not all(self._has(path, digest) for path, digest in left):
            return False
        self._valid.update(left)
        return True

    def _has(self, path: str, digest: str) -> bool:
        if digest == _COLD:
            return path in self._texts.cold
        return (self._of_words(path) if digest.startswith(_WORDS) else self._full(path)) == digest

    def _of_words(self, path: str) -> str:
        from hashlib import blake2b

        words = self._texts.behind_imports.get(path)
        return "" if words is None else _WORDS + blake2b(words, digest_size=16).hexdigest()

    def _full(self, path: str) -> str:
        if path not in self._digests:
            text, source = self._texts.text(path), self._texts.source(path)
            known = text is not None and source is not None
            self._digests[path] = self._digested(source or b"", text.imports, path) if known and text else ""
        return self._digests[path]

    def of_text(self, source: bytes, path: str) -> str:
        """Return the same for a file with this text, whatever is on the disk."""
        return self._digested(source, self._texts.imports_in(source, path), path)

    def _digested(self, source: bytes, imports: Iterable[Import], path: str) -> str:
        from hashlib import blake2b

        texts, folder = self._texts, os.path.dirname(path)
        if folder not in self._packages:
            self._packages[folder] = module_name(os.path.join(folder, PACKAGE))[0]
        below = path[len(texts.finder.roots(folder)[0]) :]  # as messages name it
        names = [below, self._packages[folder], *(one.path for one in imports), texts.requirements.near(path).text]
        for hiding in texts.finder.hiding(path).values():
            names += (hiding, texts.content(hiding))
        found = blake2b(source, digest_size=16)
        found.update("\0".join(["", *names]).encode("utf-8", "surrogatepass"))
        return ("cold " if path in texts.cold else "") + found.hexdigest()

    def needed_for(self, source: bytes, path: str) -> dict[str, str]:
        """Return the digests of all modules that a file may depend on: those that were read, along its imports."""
        texts = self._texts
        pending = [one.path for one in texts.imports_in(source, os.path.abspath(path))]
        found: dict[str, str] = {}
        while pending:
            inner = pending.pop()
            if inner in found or not any(inner in some for some in (texts.known, texts.cold, texts.known_by_words)):
                continue
            found[inner] = self.of(inner)
            if inner in texts.known:
                pending += (one.path for one in texts.imports_of(inner))
        return found
