"""How often Python looks for unreachable cycles, in processes of our own that make and drop many syntax trees."""

from __future__ import annotations

import gc

# Trees are dropped whole: looking through their nodes at every 700th that is made takes a third of the time of parsing.
_MANY = 50_000


def collect_seldom() -> None:
    """From now on; what is there already is not looked at again."""
    gc.freeze()
    gc.set_threshold(_MANY)
