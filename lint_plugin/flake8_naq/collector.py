"""How often Python looks for unreachable cycles, where many syntax trees are made and dropped."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Trees are dropped whole: looking through their nodes at every 700th that is made takes a third of the time of parsing.
_MANY = 50_000


def collect_seldom() -> None:
    """From now on, in a process of our own; what is there already is not looked at again."""
    gc.freeze()
    gc.set_threshold(_MANY)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Not at all while one file is looked at, in a process of somebody else's."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
