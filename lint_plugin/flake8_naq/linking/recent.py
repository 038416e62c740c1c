"""A mapping that keeps the values which were used last, so that a long run needs no more memory than a short one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values that can be made again, by their keys; at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[K, V] = {}

    def of(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of the key, and call `make` for it if it is not kept."""
        value = self._values.pop(key) if key in self._values else make()
        self._values[key] = value  # at the end, where the last used are
        while len(self._values) > self._size:
            del self._values[next(iter(self._values))]
        return value
