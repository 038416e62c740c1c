"""Which configuration a suggested manager can take: what the function really sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flake8_naq.engine import lint
from flake8_naq.project.settings import Settings
from flake8_naq.rules.suggestion import configuration
from lint.dataflow.problems import module

if TYPE_CHECKING:
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.syntax.names import Scope


def scope_of(facts: ModuleFacts, name: str) -> Scope:
    return next(one for one in facts.scopes.values() if one.qualname == name)


@pytest.mark.parametrize(
    ("function", "config"),
    [
        ("def f(): pass", ""),
        ("def f(config): pass", "config"),
        ("def f(*, config): pass", "config"),
        ("def f(config: Config): pass", "config"),
        ("def f(config: 'Config'): pass", "config"),
        ("def f(config: naq.Config | None): pass", "config"),
        ("def f(config: dict): pass", ""),
        ("def f():\n    config = get_config()", "config"),
        ("def f():\n    other = get_config(); config = read()", ""),
        ("config = get_config()\ndef f(): pass", "config"),
        ("config = {}\ndef f(): pass", ""),
        ("def f():\n    import config", ""),
    ],
)
def test_the_configuration_of_a_function(function: str, config: str) -> None:
    facts = module(function)
    assert configuration(facts, scope_of(facts, "f")) == config


@pytest.mark.parametrize(
    ("body", "config"),
    [
        ("def f(self): pass", ""),
        ("config = None\n    def f(self): pass", "self.config"),
        ("def config(self): pass\n    def f(self): pass", "self.config"),
        ("def f(self): self.config = 1", "self.config"),
        ("def f(self): self.other.config = 1", "self.config"),
        ("def f(self): self.config == 1", ""),
        ("def f(self): x = self.config", ""),
        ("config = get_config()\n    def f(cls): pass", ""),
        ("config = None\n    def f(config): pass", "config"),
        ("def f(self): '.config = 1'", ""),
    ],
)
def test_the_configuration_of_an_object(body: str, config: str) -> None:
    facts = module(f"class C:\n    {body}\n")
    assert configuration(facts, scope_of(facts, "C.f")) == config


def test_a_block_that_gives_another_value_enters_the_name() -> None:
    source = "import tempfile\n\ndef f(run):\n    folder = tempfile.TemporaryDirectory()\n    run(folder.name)\n"
    [finding] = lint(source, settings=Settings(catalogues=("files",)))
    assert finding.message.endswith("use 'with folder'")
