"""Which names of a module its imports bind, by its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.linking.given_on import GivenOn
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.project.settings import Settings


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("from clients import connect as opened", "opened", True),
        ("from clients import connect as opened", "connect", False),
        ("import clients.nats", "clients", True),
        ("def connect(): pass", "connect", False),
        ("nats = import_module('nats')", "nats", True),
    ],
)
def test_a_name_that_an_import_may_bind(tmp_path: Path, text: str, name: str, expected: bool) -> None:
    path = tmp_path / "compat.py"
    path.write_text(text)

    assert GivenOn().may_import(ModuleTexts(Settings()), str(path), name) is expected
