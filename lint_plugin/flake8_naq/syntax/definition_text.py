"""The definitions of a name in a text, found without parsing: a definition or assignment at the beginning of a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_DEFINITION: Final = re.compile(
    rb"(?P<indent>[ \t]*)"
    rb"(?:(?P<async>async[ \t]+)?(?:def|class)[ \t]+(?P<defined>[\w\x80-\xff]+)|(?P<set>[\w\x80-\xff]+)[ \t]*[:=][^=])"
)


def definitions(source: bytes, name: str) -> Iterator[re.Match[bytes]]:
    """Yield a match for each line that seems to define the name (`defined`) or to assign it (`set`)."""
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
