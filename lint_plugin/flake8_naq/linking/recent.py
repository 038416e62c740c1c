"""A mapping that keeps the values which were used last, so that a long run needs no more memory than a short one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values that can be made again, by their keys: as many as weigh no more than `size`, and the last in any case."""

    def __init__(self, size: int, weigh: Callable[[V], int] = lambda value: 1) -> None:
        self._size = size
        self._weigh = weigh
        self._weight = 0
        self._values: dict[K, tuple[V, int]] = {}

    def of(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of the key, and call `make` for it if it is not kept."""
        found = self._values.pop(key, None)
        if found is None:
            value = make()  # which may ask for other values
            found = value, self._weigh(value)
            self._weight += found[1]
            self._forget(key)
        self._values[key] = found  # at the end, where the last used are
        while self._weight > self._size and len(self._values) > 1:
            self._forget(next(iter(self._values)))
        return found[0]

    def _forget(self, key: K) -> None:
        if key in self._values:
            self._weight -= self._values.pop(key)[1]
