"""nats-py without aiohttp, which it imports for servers behind ws:// and wss:// and nothing else.

aiohttp takes more memory and time than all that a command needs. It is imported when nats-py first uses it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any, Final

# What the transports of nats-py import where it is installed.
HEAVY: Final = ("aiohttp", "multidict")


class _Later(ModuleType):
    """Stands for a module in another module's globals; each use goes to the module itself."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def import_nats() -> None:
    """Import nats-py, and leave aiohttp for later. Does nothing where one of them is imported already.

    Others that import aiohttp afterwards get the module itself. To be called while the process has one thread.
    """
    if "nats" in sys.modules or any(name in sys.modules for name in HEAVY):
        return
    if not all(importlib.util.find_spec(name) for name in HEAVY):
        # nats-py finds out for itself.
        return
    stand_ins = {name: _Later(name) for name in HEAVY}
    sys.modules.update(stand_ins)
    try:
        importlib.import_module("nats")
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
