"""Classes that only keep what they are given."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    nc: Any
    name: str


@dataclass
class Twice:
    nc: Any


class Twice(Twice):  # noqa: F811
    def __del__(self):
        self.nc = None
