"""The files of a run that must be parsed: found by a look at the text of all files, without parsing any."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from flake8_naq.project.settings import Settings
from flake8_naq.run.places import NOTEBOOK
from flake8_naq.run.run_modules import modules_of
from flake8_naq.run.shared_work import number_of_workers
from flake8_naq.syntax.import_words import ImportWords, import_lines

if TYPE_CHECKING:
    from flake8_naq.linking.looks import Looks
    from flake8_naq.linking.modules import Modules
    from flake8_naq.syntax.notebook import Cells

_LOOK_TOGETHER_FROM: Final = 500  # files to read
_LOOKS: Final = 64  # files that a worker reads before it answers
# Windows reads text otherwise: CRLF as LF, and nothing behind a Ctrl-Z.
_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)


class Candidate(NamedTuple):
    """A file that must be parsed, or that could not be read (`source` is None then) and why.

    `source` is the text of the code cells of a notebook, and `cells` says where its lines come from.
    """

    path: str
    source: bytes | None
    error: str = ""
    cells: Cells | None = None


def candidates(
    paths: Iterable[str],
    modules: Modules,
    seen: Callable[[int], None],
    looks: Looks | None = None,
    processes: int | None = 1,
) -> Iterator[Candidate]:
    """Yield those files that must be parsed, and those that could not be read, in their order.

    Of the others no text is kept: a large tree needs no more memory than a small one. `looks` keeps what is found out
    about them for the next run. `processes` is the most that may read files at the same time; None is the number of
    cores.
    """
    found: dict[int, Candidate] = {}
    others: dict[str, int] = {}
    words: dict[str, ImportWords] = {}
    number, every = 0, list(paths)
    for number, (path, one) in enumerate(zip(every, _first_looks(every, modules, processes), strict=True), 1):
        if isinstance(one, Candidate):
            found[number] = one
        else:
            others[path], words[path] = number, one
        if not number & 255:
            seen(number)
    seen(number)
    opening = [(one.path, one.source) for one in found.values() if one.source is not None]
    found |= {others[path]: _read_file(path) for path in modules.reaching(opening, words, looks)}
    yield from (found[number] for number in sorted(found))


def _first_looks(paths: Sequence[str], modules: Modules, processes: int | None) -> Iterator[Candidate | ImportWords]:
    """Yield for each path what is known before any file is parsed.

    Of a file whose own text does not make it matter it is the words of its imports. Most files are of that kind, so
    little travels between processes.
    """
    workers = number_of_workers(processes)
    if workers == 1 or len(paths) < _LOOK_TOGETHER_FROM:
        return (_first_look(path, modules) for path in paths)
    from flake8_naq.run.worker_pool import spread  # what starts processes is slow to import

    return spread(partial(_look_of_worker, modules.settings), paths, workers, _LOOKS)


def _look_of_worker(settings: Settings, path: str) -> Candidate | ImportWords:
    return _first_look(path, modules_of(settings))


def _first_look(path: str, modules: Modules) -> Candidate | ImportWords:
    one = _read_file(path)
    if one.source is None:
        return one
    imported = import_lines(one.source)
    return one if modules.opens(one.source, imported) else imported.divided


def _read_file(path: str) -> Candidate:
    try:
        descriptor = os.open(path, _READ)
        try:
            source = _read(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return Candidate(path, None, error.strerror or str(error))
    return candidate(path, source)


def candidate(path: str, source: bytes) -> Candidate:
    """Return a file that was read; of a notebook its code, or why that could not be read."""
    if not path.endswith(NOTEBOOK):
        return Candidate(path, source)
    from flake8_naq.syntax.notebook import read
    from flake8_naq.syntax.source import SourceError

    try:
        text, cells = read(source)
        return Candidate(path, text, cells=cells)
    except SourceError as error:
        return Candidate(path, None, str(error))


def _read(descriptor: int) -> bytes:
    source = os.read(descriptor, 1 << 20)
    if len(source) < 1 << 20:
        return source
    parts = [source]
    while part := os.read(descriptor, 1 << 24):
        parts.append(part)
    return b"".join(parts)
