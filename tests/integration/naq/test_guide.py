"""The library's pages: each file and each command that they show works on a real server, and prints what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from naq.config import Config
from naq_support.forked import forked_programs
from naq_support.processes import environment_of
from support.guide_pages import DOCS, follow

PAGES = [DOCS / "library-start.md", *sorted((DOCS / "guide").glob("*.md"))]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with forked_programs(tmp_path_factory.mktemp("programs")) as folder:
        yield folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_shows(page: Path, naq_config: Config, tmp_path: Path, programs: Path) -> None:
    assert follow(page, tmp_path, {**environment_of(naq_config), "PYTHONWARNINGS": "error"}, programs) == []
