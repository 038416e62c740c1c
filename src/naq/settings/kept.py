"""The settings that were read last, kept until one of their sources changes.

This module is cheap to import: `naq.settings.sources`, with pydantic-settings, is imported when settings are read.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from naq.settings.variables import FILE_VARIABLE, PREFIX

Model = TypeVar("Model", bound=BaseModel)


def read_config(model: type[Model]) -> Model:
    """Return the settings from all sources as a `model`, or the kept ones if no variable, file or folder has changed.

    Raises `ConfigError`.
    """
    variables = tuple(sorted((name, value) for name, value in os.environ.items() if name.upper().startswith(PREFIX)))
    config: Model = _read(model, variables, Path.cwd(), tuple(_stamp(path) for path in setting_files()))
    return config


@lru_cache(maxsize=4)
def _read(
    model: type[Model], variables: tuple[tuple[str, str], ...], folder: Path, stamps: tuple[object, ...]
) -> Model:
    """Read the settings. The arguments after `model` are the cache key; the values themselves are read again."""
    from naq.settings.sources import read

    del folder, stamps
    return read(model, [name for name, _ in variables], *setting_files())


def setting_files() -> tuple[Path, Path]:
    """Return the files that settings are read from: `naq.toml` or the file named in its place, and `pyproject.toml`."""
    return Path(os.environ.get(FILE_VARIABLE, "naq.toml")), Path("pyproject.toml")


def _stamp(path: Path) -> object:
    try:
        stat = path.stat()
    except OSError:
        return None
    return path, stat.st_mtime_ns, stat.st_size, stat.st_ino
