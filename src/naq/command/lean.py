"""Importing nats-py without aiohttp, which it needs only for servers with ws:// and wss:// URLs.

aiohttp takes more memory and time than everything else that a command imports. It is imported when nats-py first uses
it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any, Final

# Modules that nats-py's transports import if they are installed.
HEAVY: Final = ("aiohttp", "multidict")


class _Later(ModuleType):
    """A stand-in for a module in another module's globals; the first use of it imports the module."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def import_nats() -> None:
    """Import nats-py without aiohttp. Does nothing if one of them is imported already.

    Later imports of aiohttp get the module itself. Call this while the process has a single thread.
    """
    if "nats" in sys.modules or any(name in sys.modules for name in HEAVY):
        return
    if not all(importlib.util.find_spec(name) for name in HEAVY):
        # Without aiohttp, nats-py works without it.
        return
    stand_ins = {name: _Later(name) for name in HEAVY}
    sys.modules.update(stand_ins)
    try:
        importlib.import_module("nats")
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
