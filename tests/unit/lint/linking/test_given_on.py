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


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("async def f(): pass", "f", True),
        ("def f(): pass", "f", False),
        ("from inner import f", "f", True),
        ("from inner import f as g", "g", True),
        ("from inner import g as f", "f", False),
        ("import inner", "inner.f", True),
        ("import inner", "inner.g", False),
        ("from inner import f\ndef f(): pass", "f", False),
        ("f = import_module('inner').f", "f", True),
        ("from elsewhere import f", "f", False),
    ],
)
def test_a_name_that_may_be_a_coroutine_function(tmp_path: Path, text: str, name: str, expected: bool) -> None:
    path = tmp_path / "compat.py"
    path.write_text(text)
    (tmp_path / "inner.py").write_text("async def f(): pass\ndef g(): pass")

    assert GivenOn().may_be_coroutine(ModuleTexts(Settings()), str(path), name, 1) is expected


@pytest.mark.parametrize(
    ("words", "expected", "read"), [(None, "sqlite3", True), (b"json sqlite3", "sqlite3", True), (b"json", None, False)]
)
def test_a_module_whose_imports_do_not_have_the_name_is_not_read(
    tmp_path: Path, words: bytes | None, expected: str | None, read: bool
) -> None:
    path = tmp_path / "compat.py"
    path.write_text("import sqlite3")
    texts = ModuleTexts(Settings())
    if words is not None:
        texts.behind_imports = {str(path): words}

    assert GivenOn().library_name(texts, str(path), "sqlite3", {"sqlite3"}) == expected
    assert (str(path) in texts.known, str(path) in texts.known_by_words) == (read, not read)


def test_a_coroutine_function_that_is_given_on_too_often(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text("async def f(): pass")
    for number, inner in enumerate(("inner", "m0", "m1")):
        (tmp_path / f"m{number}.py").write_text(f"from {inner} import f")

    modules, path = ModuleTexts(Settings()), str(tmp_path / "m2.py")
    assert [GivenOn().may_be_coroutine(modules, path, "f", steps) for steps in (2, 3)] == [False, True]
