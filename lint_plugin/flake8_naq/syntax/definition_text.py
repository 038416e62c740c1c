"""Definitions in a text, found without parsing: those of a name, and all functions and classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_DEFINITION: Final = re.compile(
    rb"(?P<indent>[ \t]*)"
    rb"(?:(?P<async>async[ \t]+)?(?:def|class)[ \t]+(?P<defined>[\w\x80-\xff]+)|(?P<set>[\w\x80-\xff]+)[ \t]*[:=][^=])"
)
_FUNCTION_OR_CLASS: Final = re.compile(r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)", re.MULTILINE)


class Definition(NamedTuple):
    """A function or class: where its line starts, the spaces before it, and its name."""

    start: int
    indent: str
    name: str
    is_class: bool


def defined_in(text: str) -> Iterator[Definition]:
    """Yield the functions and classes that the text seems to define, in order."""
    for found in _FUNCTION_OR_CLASS.finditer(text):
        yield Definition(found.start(), found[1], found[3], found[2] == "class")


def definitions(source: bytes, name: str) -> Iterator[re.Match[bytes]]:
    """Yield a match for each line that begins with a definition of the name (`defined`) or sets it (`set`)."""
    word = name.encode()
    at = source.find(word)
    while at >= 0:  # a pattern with the name in it takes longer to compile than most texts to look through
        found = _DEFINITION.match(source, source.rfind(b"\n", 0, at) + 1)
        if found is not None and word in (found["defined"], found["set"]):
            yield found
        end = source.find(b"\n", at)
        at = source.find(word, end) if end >= 0 else -1


def is_decorated(source: bytes, definition: re.Match[bytes]) -> bool:
    """Return whether the line above a definition at the top level begins a decorator."""
    start = definition.start()
    return start > 0 and source.startswith(b"@", source.rfind(b"\n", 0, start - 1) + 1)
