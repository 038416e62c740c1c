"""The server is started once with all that it imports, and forks for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lint.lsp import editor
from lint.process import forked


@pytest.fixture(scope="session", autouse=True)
def _forks() -> Iterator[None]:
    editor.use(forked("lsp"))
    yield
    editor.use(editor.STARTED)
