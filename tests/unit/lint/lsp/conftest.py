"""The server is started once with all that it imports, and forks for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lint.lsp import editor
from support.forks import Forks

# What a server has imported when it has answered.
_IMPORTED = (
    *("flake8_naq.lsp.server", "flake8_naq.lsp.code_actions", "flake8_naq.rules", "flake8_naq.fixer"),
    *("flake8.style_guide", "flake8.processor"),
)


@pytest.fixture(scope="session", autouse=True)
def _forks() -> Iterator[None]:
    with Forks("flake8_naq.cli.main:main", _IMPORTED) as forks:
        editor.use(forks.command("lsp"))
        yield
        editor.use(editor.STARTED)
