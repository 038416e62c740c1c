"""How often Python looks for unreachable cycles, where many syntax trees are made and dropped."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

# Trees are dropped whole: looking through their nodes at every 700th that is made takes a third of the time of parsing.
# A larger number saves little more, and lets a long file take 30 MB more.
_MANY: Final = 50_000
# Objects that the files before have left, the trees that are kept for the next among them.
_MUCH: Final = 30_000
_SELDOM: Final = 10  # of the full collections of another program, this part is left


def collect_seldom() -> None:
    """Raise the collection threshold in a process of this package; objects that exist already are not scanned again."""
    gc.freeze()
    gc.set_threshold(_MANY)


@contextmanager
def collected_seldom(*, is_last: bool) -> Iterator[None]:
    """The same while a command runs, which another program may have called: it gets back what it had set.

    `is_last`: the process ends with the command, and the system takes back what a last collection would look for.
    """
    before = gc.get_threshold()
    gc.set_threshold(_MANY)
    try:
        yield
    finally:
        if is_last:
            gc.freeze()
        gc.set_threshold(*before)


def drop_unreachable() -> None:
    """Drop what is left of the files that were analysed, where that is much: facts refer to each other, and to a tree.

    Most files leave little: the trees that are kept for the next files are looked through in vain. What has survived
    two collections, which is what this process keeps, is not looked at.
    """
    if gc.get_count()[0] > _MUCH:
        gc.collect(1)


@cache
def keep_what_is_loaded() -> None:
    """Exempt all objects loaded so far from collection, in a process of another program; done once and never undone.

    flake8 makes its workers from here, by a fork: what they share stays shared as long as no collection writes to it
    (docs.python.org/3/library/gc.html#gc.freeze), and a full collection scans the syntax trees alone.

    Python makes full collections more often where it knows of few objects, and the exempt ones do not count; a full
    collection would also scan the trees of modules that are kept. So it is made less often. The standard library, 860
    files, takes 30 MB more like that, and a project of 290 files 6 MB.

    At the end, the system takes back what a last collection would look for: trees and facts of many files.
    """
    atexit.register(gc.freeze)
    gc.freeze()
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _SELDOM * old)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause collection while one file is checked, where a user or another program waits for the answer.

    Of blocks that overlap, the end of the first ends the pause.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
