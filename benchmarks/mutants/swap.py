"""Puts a mutated function in the place of the one that is loaded, so that a forked process need not import again."""

from __future__ import annotations

import functools
import gc
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType

Place = tuple[str, str, int]  # file, qualified name, first line


class Loaded:
    """The functions of this process by their place, and the caches that calls of them may have filled.

    Make it before `gc.freeze`, which hides objects from the collector.
    """

    def __init__(self) -> None:
        self._functions: defaultdict[Place, list[FunctionType]] = defaultdict(list)
        self._caches: list[functools._lru_cache_wrapper[object]] = []
        for found in gc.get_objects():
            if type(found) is FunctionType:
                self._functions[_place(found.__code__)].append(found)
            elif type(found) is functools._lru_cache_wrapper:
                self._caches.append(found)

    def apply(self, path: str, before: str, after: str) -> bool:
        """Give the functions of the file `path` their code of the text `after`; `before` is what was loaded.

        Return whether that is the whole change: False for code that runs on import, and where a closure that exists
        has other variables. Then the process is of no use any more.
        """
        original, mutated = compile(before, path, "exec"), compile(after, path, "exec")
        if not self._exchange(original, mutated):
            return False
        for cache in self._caches:
            cache.cache_clear()
        return True

    def _exchange(self, original: CodeType, mutated: CodeType) -> bool:
        """Exchange the code of the functions inside a module or class; whether the code around them is the same."""
        if _shape(original) != _shape(mutated) or _plain(original) != _plain(mutated):
            return False
        for old, new in zip(_codes(original), _codes(mutated), strict=True):
            if self._functions.get(_place(old)):
                if not self._replace(old, new):
                    return False
            elif not self._exchange(old, new):  # the body of a class
                return False
        return True

    def _replace(self, old: CodeType, new: CodeType) -> bool:
        """Give the functions of the code `old`, and those made by calls of them, the code `new`."""
        same = _shape(old) == _shape(new)
        inside = zip(_codes(old), _codes(new), strict=True) if same else ()
        if not same and any(self._functions.get(_place(code)) for code in _codes(old)):
            return False
        for function in self._functions.get(_place(old), ()):
            if function.__code__.co_freevars != new.co_freevars:
                return False
            function.__code__ = new
        return all(self._replace(*pair) for pair in inside)


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (one for one in code.co_consts if isinstance(one, CodeType))


def _plain(code: CodeType) -> tuple[object, ...]:
    """Return what the code does by itself, without the code of the functions inside it."""
    constants = tuple((type(one), one) for one in code.co_consts if not isinstance(one, CodeType))
    return code.co_code, code.co_names, constants


def _shape(code: CodeType) -> list[str]:
    return [one.co_qualname for one in _codes(code)]
