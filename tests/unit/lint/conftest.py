"""The linter under test makes and drops many syntax trees."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _collect_seldom() -> Iterator[None]:
    """As in the command's own processes; the tests of the library, which look for leaks, keep Python's pace."""
    before = gc.get_threshold()
    gc.set_threshold(50_000)
    yield
    gc.set_threshold(*before)
