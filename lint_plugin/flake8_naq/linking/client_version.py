"""Whether a file is written for the client before nats-py 2.0: by the lists of requirements, or by its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.project.settings import Settings


def needs_older_client(source: bytes, settings: Settings, catalogue: Catalogue) -> bool:
    """Return whether the project lists the older client, or lists no client and the file asks for the older."""
    if settings.older_client or settings.newer_client or b"nats" not in source:
        return settings.older_client
    if any(_is_named(one, source) for one in catalogue.newer_names):
        return False
    return any(re.search(pattern, source, re.MULTILINE) for pattern in _patterns(catalogue.signs_of_older))


def _is_named(name: str, source: bytes) -> bool:
    """Return whether the text has the name, or imports its last part: `from nats import connect`."""
    package, _, last = name.rpartition(".")
    return name.encode() in source or re.search(rf"\bfrom {package} import\b.*\b{last}\b".encode(), source) is not None


def _patterns(signs: tuple[str, ...]) -> Iterator[bytes]:
    """Yield what finds the import of a package, or a call of a method with a keyword, which a dictionary may hold."""
    for sign in signs:
        method, _, keyword = sign.rpartition(".")
        pattern = rf"\b{method}\((?:[^()]|\([^()]*\))*\b{keyword}[ \t]*=[^=]|[\"']{keyword}[\"'][ \t]*:"
        yield (pattern if method else rf"^[ \t]*(?:from|import)[ \t]+{keyword}\b").encode()
