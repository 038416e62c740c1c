"""Whether a text imports a name that it does not use itself, so that it is there for other modules."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

from flake8_naq.syntax.import_text import import_statements

_LISTED: Final = re.compile(rb"[ \t]*\w+(?:[ \t]+as[ \t]+\w+)?[ \t]*[,)]?[ \t]*(?:#.*)?\r?")
_SET: Final = re.compile(rb"[ \t]*(?::[^=\n]*)?=[^=]")


def gives_on(source: bytes, roots: Set[bytes], names: Set[bytes]) -> bool:
    """Return whether the text imports one of the `names` from a module below one of the `roots`, and never uses it."""
    for statement in import_statements(source):
        if not statement.level and statement.module.partition(".")[0].encode() in roots:
            pairs = zip(statement.names, statement.aliases, strict=False)  # a text may break off
            if any(name.encode() in names and not _is_used(source, alias.encode()) for name, alias in pairs):
                return True
    return False


def _is_used(source: bytes, name: bytes) -> bool:
    """Return whether the name occurs other than in an import, in quotes, or where something is assigned to it."""
    return any(not _is_named_only(source, found) for found in re.finditer(rb"\b%b\b" % re.escape(name), source))


def _is_named_only(source: bytes, found: re.Match[bytes]) -> bool:
    start, end = source.rfind(b"\n", 0, found.start()) + 1, source.find(b"\n", found.end())
    line = source[start : end if end >= 0 else len(source)]
    if b"import" in line or _LISTED.fullmatch(line) or _SET.match(source, found.end()):
        return True
    return source[found.start() - 1 : found.start()] in (b'"', b"'")
