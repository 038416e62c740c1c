"""The linter's first pages: each file and each command that they show works, and prints what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.process import ENVIRONMENT
from support.guide_pages import DOCS, follow


@pytest.mark.parametrize("name", ["linter-start", "linter-settings"])
def test_the_page_does_what_it_shows(name: str, tmp_path: Path) -> None:
    assert follow(DOCS / f"{name}.md", tmp_path, ENVIRONMENT) == []
