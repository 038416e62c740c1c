"""The linter under test makes and drops many syntax trees."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _collect_seldom() -> Iterator[None]:
    """As in the command's own processes; the tests of the library, which look for leaks, keep Python's pace.

    What the linter keeps is left out by the collections after the tests of the library.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000)
    yield
    gc.set_threshold(*before)
    gc.collect()
    gc.freeze()


_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _no_findings_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that replaces a part of the linter finds nothing that was kept before."""
    monkeypatch.setenv("FLAKE8_NAQ_CACHE_DIR", f"{os.environ['FLAKE8_NAQ_CACHE_DIR']}/{next(_numbers)}")
