"""Whether a project depends on naq, whose managers are of use to it then, or on the client before nats-py 2.0.

For naq, the nearest `pyproject.toml` that describes a project counts, its own name included, and no other kind of file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_DISTRIBUTION = "naq"
# https://pypi.org/project/asyncio-nats-client: nats-py until 2.0. NATS Streaming needs it.
_OLDER_CLIENT = re.compile(rb"\basyncio[-_.]nats[-_.](?:client|streaming)\b", re.IGNORECASE)
_NEWER_CLIENT = re.compile(rb"\bnats[-_.]py\b", re.IGNORECASE)
_LISTS = re.compile(r"requirements.*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile", re.IGNORECASE)
_LINTER_EXTRAS = frozenset({"lint", "lsp"})  # these bring the linter along, and the project may use nothing else
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_QUICK = re.compile(rb"\bnaq\b", re.IGNORECASE)


def declares_package(directory: Path) -> bool:
    """Return whether the nearest project at or above `directory` is naq or depends on it for more than the linter."""
    for folder in (directory, *directory.parents):
        try:
            text = (folder / "pyproject.toml").read_bytes()
        except OSError:
            continue
        if b"[project" in text or b"[tool.poetry" in text:
            return _QUICK.search(text) is not None and _declares(text)
    return False


def needed_clients(directory: Path) -> tuple[bool, bool]:
    """Return whether the client before nats-py 2.0 is listed, and whether nats-py is.

    The lists are in the folder; a `requirements.txt` may be one folder below.
    """
    return clients_in(list(texts_of([*lists_in(directory), *lists_in(directory, below=True)])))


def clients_in(texts: Sequence[bytes]) -> tuple[bool, bool]:
    """Return whether one of these texts lists the client before nats-py 2.0, and whether one lists nats-py."""
    return any(map(_OLDER_CLIENT.search, texts)), any(map(_NEWER_CLIENT.search, texts))


def texts_of(paths: Iterable[str]) -> Iterator[bytes]:
    """Yield the texts of files, without those that cannot be read."""
    for path in paths:
        with suppress(OSError):
            yield Path(path).read_bytes()


def lists_in(directory: str | Path, *, below: bool = False) -> Iterator[str]:
    """Yield the paths of the files in a folder that may list what a project needs, or those one folder `below`."""
    try:
        with os.scandir(directory) as entries:
            found = list(entries)
    except OSError:
        return
    for entry in found:
        if not below and _LISTS.fullmatch(entry.name):
            yield entry.path
        elif below and not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            yield os.path.join(entry.path, "requirements.txt")


def _declares(text: bytes) -> bool:
    import tomllib

    try:
        data = tomllib.loads(text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # `settings` reports what cannot be read
    return _table(data, "project").get("name") == _DISTRIBUTION or any(map(_is_it, _requirements(data)))


def _requirements(data: dict[str, Any]) -> Iterator[str]:
    """Yield what the project needs to run, extras included; groups of tools for development are left out."""
    project = _table(data, "project")
    groups = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    for group in groups:
        yield from (one for one in group if isinstance(one, str)) if isinstance(group, list) else ()
    for name, wanted in _table(data, "tool", "poetry", "dependencies").items():
        extras = wanted.get("extras", ()) if isinstance(wanted, dict) else ()
        yield f"{name}[{','.join(map(str, extras))}]" if isinstance(extras, list) else name


def _is_it(requirement: str) -> bool:
    match = _REQUIREMENT.match(requirement)
    if match is None or match[1].lower() != _DISTRIBUTION:
        return False
    extras = {one.strip() for one in (match[2] or "").split(",")} - {""}
    return not extras or not extras <= _LINTER_EXTRAS


def _table(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table under the keys, an empty one where there is none."""
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data
