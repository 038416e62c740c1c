"""Makes a program smaller as long as it still has the same fault. It knows nothing of fixers: the caller decides."""

from __future__ import annotations

from collections.abc import Callable


def shrunk(source: str, still: Callable[[str], bool]) -> str:
    """The source with as many runs of lines left out as possible; *still* must be true of *source*."""
    lines = source.splitlines(keepends=True)
    size = max(1, len(lines) // 2)
    while size:
        at, smaller = 0, False
        while at < len(lines):
            fewer = lines[:at] + lines[at + size :]
            if _holds("".join(fewer), still):
                lines, smaller = fewer, True
            else:
                at += 1
        if not smaller:
            size //= 2
    return "".join(lines)


def _holds(source: str, still: Callable[[str], bool]) -> bool:
    try:
        compile(source, "shrunk", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return still(source)
