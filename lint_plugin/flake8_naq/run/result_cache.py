"""Keeps what was found in a file, for as long as neither the file nor a module that it depends on changes.

An entry is one file of JSON. Its name is a digest of the linter, the settings, the path and the text of the checked
file; it holds the findings, and the digest of each module that was read for them. An entry that is damaged, foreign or
outdated is not used, and a folder that cannot be written is left alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from typing import Any, Final

from flake8_naq.facts.other_modules import Answers, ReachedAttribute
from flake8_naq.linking.analysed import Judged
from flake8_naq.linking.looks import Kept
from flake8_naq.linking.modules import Modules
from flake8_naq.model import Acquisition, Finding, Suggestion, Witness
from flake8_naq.project.settings import Settings

VARIABLE: Final = "FLAKE8_NAQ_CACHE_DIR"
_MOST: Final = 20_000  # entries; the older half goes when there are more
_PACKAGE: Final = Path(__file__).parent.parent


def default_folder() -> str:
    """Return the folder that the environment names, or the platform's folder for caches."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "flake8-naq")


def name_of(source: bytes, path: str, settings: Settings, modules: Modules) -> str:
    """Return the name of the entry of a file with this text."""
    text = modules.digests.of_text(source, os.path.abspath(path))
    return _digest(f"{_linter()}\0{_of_settings(settings)}\0{path}\0{text}")


def load(folder: str, name: str, path: str, modules: Modules) -> Judged | None:
    """Return the entry of the file at `path`, None if there is none or something that it depends on has changed."""
    import json

    try:
        data = json.loads(Path(folder, name).read_bytes())
        asked = _answers(data["asked"])
        if modules.digests.are_valid(data["modules"]) and modules.reaching_releases.still_answer(path, asked):
            return Judged(tuple(map(_finding, data["findings"])), str(data["unfollowed"]), asked)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return None


def save(folder: str, name: str, entry: Judged, modules: dict[str, str]) -> None:
    """Write the entry at once, or not at all; `modules` are the digests of what it depends on."""
    asked = [(one.name, one.holder, sorted(one.releases), answer) for one, answer in entry.answers.items()]
    kept = {"modules": modules, "asked": asked, "findings": entry.findings, "unfollowed": entry.unfollowed}
    _write(folder, name, kept)


class KeptLooks:
    """Keeps in the folder of the entries which files of a run can matter; no file is parsed before that is known."""

    def __init__(self, folder: str, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings

    def load(self, name: str) -> Kept | None:
        """Return the answer of that name, None if there is none that can be used."""
        import json

        try:
            data = json.loads(Path(self._folder, self._place(name)).read_bytes())
            return Kept([str(path) for path in data["found"]], dict(data["depends"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def save(self, name: str, kept: Kept) -> None:
        """Write the answer at once, or not at all."""
        _write(self._folder, self._place(name), {"found": sorted(kept.found), "depends": dict(kept.depends)})

    def _place(self, name: str) -> str:
        return _digest(f"look\0{_linter()}\0{_of_settings(self._settings)}\0{name}")


def _write(folder: str, name: str, data: object) -> None:
    import json

    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        content = json.dumps(data, ensure_ascii=True).encode("ascii")
        with _new_file(temporary) as file:
            file.write(content)
        os.replace(temporary, os.path.join(folder, name))
    except (OSError, ValueError):
        return


def _new_file(path: str) -> FileIO:
    """Open a file to write, in a folder that is most often there."""
    try:
        return FileIO(path, "w")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return FileIO(path, "w")


def prune(folder: str) -> None:
    """Remove the older half of the entries if there are too many."""
    try:
        names = os.listdir(folder)
        if len(names) <= _MOST:
            return
        times = sorted((os.stat(os.path.join(folder, name)).st_mtime_ns, name) for name in names)
        for _, name in times[: len(times) // 2]:
            os.unlink(os.path.join(folder, name))
    except OSError:  # another process does the same
        return


def _answers(asked: list[Any]) -> Answers:
    """Return questions about other modules, with the answers. Raises TypeError or ValueError where they are none."""
    return {ReachedAttribute(name, holder, frozenset(methods)): answer for name, holder, methods, answer in asked}


def _finding(fields: list[Any]) -> Finding:
    """Return the finding of an entry. Raises TypeError or ValueError where it is none."""
    found = Finding(*fields)
    plain = found[: Finding._fields.index("acquisition")]
    if found.fix is not None or not all(isinstance(one, (int, str)) for one in plain):
        raise ValueError("expected the fields of a finding")
    acquisition, witness, manager = found.acquisition, found.witness, found.manager
    return found._replace(
        acquisition=None if acquisition is None else Acquisition(*acquisition),
        witness=None if witness is None else Witness(*witness),
        manager=None if manager is None else Suggestion(*manager),
    )


@cache
def _linter() -> str:
    """Return what changes with the linter: its files, and the version of Python."""
    return _digest("\n".join([sys.version, *sorted(_files(os.fspath(_PACKAGE)))]))


def _files(folder: str) -> Iterator[str]:
    """Yield each file below the folder that belongs to the linter, with its time and size."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".toml")):
                status = entry.stat()
                yield f"{entry.path} {status.st_mtime_ns} {status.st_size}"
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                yield from _files(entry.path)


@cache
def _of_settings(settings: Settings) -> str:
    return _stable(settings)


def _stable(value: object) -> str:
    """Return a text of the settings that is the same in each process."""
    if isinstance(value, (set, frozenset)):
        return f"{{{','.join(sorted(map(_stable, value)))}}}"
    if isinstance(value, (tuple, list)):
        return f"({','.join(map(_stable, value))})"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{_stable(key)}:{_stable(one)}' for key, one in value.items()))}}}"
    return repr(value)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
