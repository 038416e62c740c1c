"""Which files of a run may reach a resource through modules that they import; answers of earlier runs may be kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flake8_naq.linking.coverage import modules_beside
from flake8_naq.linking.imports import Import
from flake8_naq.linking.looks import Kept, Looks, name_of
from flake8_naq.linking.module_exports import ROUNDS, ModuleExports
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.linking.reaching import File, Look, reaching
from flake8_naq.project.paths import absolute
from flake8_naq.syntax.import_words import ImportWords, import_lines


class RunFiles(NamedTuple):
    """The files of a run by their paths.

    `opening` mention the catalogue themselves, and have their text; `others` have the words of their imports. Those
    `wanted` are analysed in any case.
    """

    opening: Mapping[str, bytes]
    others: Mapping[str, ImportWords]
    wanted: Sequence[str] = ()


def files_that_matter(run: RunFiles, texts: ModuleTexts, exports: ModuleExports, looks: Looks | None) -> set[str]:
    """Return the paths of those other files that may matter: no other does, and the analysis has the last word.

    If few modules are beside the files of the run, one look over all replaces a look at the imports of each. `looks`
    keeps the answers of earlier runs.
    """
    paths = [*run.opening, *run.others]
    places = dict(zip(absolute(paths), paths, strict=True))
    beside = modules_beside(places.keys(), texts.finder)
    if beside is None:
        return {path for path in run.others if exports.may_matter(os.path.abspath(path))}
    files = [one for path in beside if (one := texts.file(path)) is not None]
    if not run.opening and not any(one.opens for one in files):
        texts.cold = {*places, *beside}
        return set()
    for place, path in places.items():
        source = run.opening.get(path)
        words = run.others[path] if source is None else import_lines(source).divided
        files.append(File(place, words, source is not None))
    texts.behind_imports = {one.path: one.words.names for one in files if not one.opens}
    found = _reached(files, run.wanted, texts, exports, looks)
    texts.behind_imports = {path: words for path, words in texts.behind_imports.items() if path not in found}
    texts.cold = texts.behind_imports.keys()
    return {places[path] for path in found if path in places}


def _reached(
    files: list[File], wanted: Sequence[str], texts: ModuleTexts, exports: ModuleExports, looks: Looks | None
) -> set[str]:
    """Return what a look over the files finds, or what an earlier look found if nothing has changed since."""
    name = name_of(files, texts.content) if looks is not None else ""
    kept = looks.load(name) if looks is not None else None
    if kept is not None and all(texts.content(path) == before for path, before in kept.depends.items()):
        return set(kept.found)
    cold = {one.path for one in files if not one.opens}
    texts.cold, reader = cold, _Reader(texts)
    look = Look(
        imports=reader.imports,
        hot_names=exports.hot_names,
        given=lambda path, rounds: exports.of(path, rounds).names(),
        source=reader.source,
        warm=cold.difference_update,
        prepare=exports.prepare,
        # What is kept of earlier runs may spare the analysis of a file that no other file needs.
        wanted=wanted if looks is None else (),
    )
    found = reaching(files, look, ROUNDS)
    if looks is not None:
        looks.save(name, Kept(found, {path: texts.content(path) for path in {*texts.known, *reader.seen}}))
    return found


class _Reader:
    """Reads files of the run; they do not count as read, as few of these files matter."""

    def __init__(self, texts: ModuleTexts) -> None:
        self._texts = texts
        self._imports: dict[str, tuple[Import, ...]] = {}
        self.seen: set[str] = set()

    def source(self, path: str) -> bytes:
        self.seen.add(path)
        return self._texts.read(path) or b""

    def imports(self, path: str) -> tuple[Import, ...]:
        if path in self._texts.known:
            return self._texts.imports_of(path)
        if path not in self._imports:
            self._imports[path] = self._texts.imports_in(self.source(path), path)
        return self._imports[path]
