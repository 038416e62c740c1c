"""What is found in code that uses each library, as its catalogue ships; see `lint.expectations` for the comments.

`python -m lint.catalogue.test_libraries` in `tests/unit` rewrites the expectations; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.catalogue.library import library_names
from lint.expectations import differences, regenerated

FIXTURES = sorted((Path(__file__).parent / "libraries").glob("*.py"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture_says_what_is_found(path: Path) -> None:
    assert differences(path.read_text(encoding="utf-8")) == []


def test_each_catalogue_has_a_fixture() -> None:
    assert set(library_names()) <= {path.stem for path in FIXTURES}


if __name__ == "__main__":
    for fixture in FIXTURES:
        fixture.write_text(regenerated(fixture.read_text(encoding="utf-8")), encoding="utf-8")
