"""The library's pages: each file and each command that they show works on a real server, and prints what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from naq.config import Config
from naq_support.processes import environment_of
from support.guide_pages import DOCS, follow

PAGES = [DOCS / "library-start.md", *sorted((DOCS / "guide").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_shows(page: Path, naq_config: Config, tmp_path: Path) -> None:
    assert follow(page, tmp_path, {**environment_of(naq_config), "PYTHONWARNINGS": "error"}) == []
