"""The line of `flake8-naq --version`. Imports neither flake8 nor metadata of packages: both are slow."""

from __future__ import annotations

import os
import sys

from flake8_naq import __version__


def version_line() -> str:
    """Return the versions of flake8-naq, flake8 and Python."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"flake8-naq {__version__} (flake8 {_flake8_version()}, Python {python})"


def _flake8_version() -> str:
    """Return the version that flake8 states in its package, as text: importing flake8 imports logging."""
    for folder in sys.path:
        try:
            with open(os.path.join(folder, "flake8", "__init__.py"), encoding="utf-8") as file:
                stated = [line for line in file if line.startswith("__version__ = ")]
        except OSError:
            continue
        if stated:
            return stated[0].partition("=")[2].strip().strip("\"'")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("flake8")  # installed in another way than as a folder
    except PackageNotFoundError:
        return "not installed"
