"""The TOML files of the catalogue, each read once. Knows nothing of what they say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@cache
def read_toml(name: str) -> dict[str, Any]:
    """One of the catalogue's files, read once for the gate and for the catalogue; OSError, TOMLDecodeError."""
    import tomllib

    with open(HERE / name, "rb") as file:
        return tomllib.load(file)
