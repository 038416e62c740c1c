"""The texts of modules: read once, and not mixed with a later text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.project.settings import Settings


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "inner.py").write_text("")
    path = tmp_path / "clients.py"
    path.write_text("import nats\nimport inner\nimport os\n")
    return path


def test_a_module_opens_if_it_imports_a_known_library(module: Path) -> None:
    texts = ModuleTexts(Settings())
    assert [None if (text := texts.text(str(path))) is None else text.opens for path in (
        module, module.with_name("inner.py"), module.with_name("nowhere.py")
    )] == [True, False, None]  # fmt: skip


def test_imports_are_those_of_modules_beside_it(module: Path) -> None:
    texts = ModuleTexts(Settings())
    assert [one.path for one in texts.imports_of(str(module))] == [str(module.with_name("inner.py"))]
    assert texts.imports_of(str(module.with_name("nowhere.py"))) == ()


def test_a_text_that_changes_after_it_was_asked_for_is_not_read_again(module: Path) -> None:
    texts = ModuleTexts(Settings())
    assert texts.text(str(module)) is not None
    first = texts.source(str(module))
    module.write_text("changed = True\n")
    os.utime(module, (0, 0))
    assert texts.source(str(module)) == first
    assert not texts.are_current()


def test_a_tree_comes_with_its_lines(module: Path) -> None:
    texts = ModuleTexts(Settings())
    parsed = texts.parsed(str(module))
    assert parsed is not None
    assert parsed[1] == ["import nats\n", "import inner\n", "import os\n"]
    module.with_name("broken.py").write_text("def (\n")
    assert texts.parsed(str(module.with_name("broken.py"))) is None


def test_a_module_is_known_by_the_text_that_it_was_read_with(module: Path) -> None:
    texts, path, source = ModuleTexts(Settings()), str(module), module.read_bytes()
    assert texts.known_text(path, source) is None
    text = texts.text(path)
    assert texts.known_text(path, source) is text is not None
    assert texts.known_text(path, source + b"# changed in an editor\n") is None
    assert texts.text(str(module.with_name("nowhere.py"))) is None
    assert texts.known_text(str(module.with_name("nowhere.py")), b"") is None
