"""An error ends a script, and a notebook goes on behind it."""

from __future__ import annotations

import ast

import pytest
from flake8_naq.engine import lint, lint_facts, module_facts
from flake8_naq.project.settings import Settings, settings_from_table

SCRIPT = "import sqlite3\n\ndb = sqlite3.connect('a')\ndb.execute('select 1')\ndb.close()\n"


def test_a_script_ends_with_an_error() -> None:
    assert lint(SCRIPT, "script.py", Settings()) == []


def test_a_notebook_goes_on_behind_an_error() -> None:
    named = "cell 1 line {}".format
    facts = module_facts(ast.parse(SCRIPT), SCRIPT.splitlines(), "notebook.ipynb", Settings(), named_line=named)
    assert [one.code for one in lint_facts(facts, Settings())] == ["NAQ102"]


LEFT_OPEN = "import sqlite3\n\ndb = sqlite3.connect('a')\ndb.execute('select 1')\n"


def test_a_script_ends_behind_its_last_line() -> None:
    assert lint(LEFT_OPEN, "script.py", Settings()) == []


@pytest.mark.parametrize("unused", ["def total():\n    pass\n", "class Total:\n    pass\n"])
def test_another_module_may_need_what_a_module_defines_and_does_not_use(unused: str) -> None:
    assert [one.code for one in lint(LEFT_OPEN + unused, "script.py", Settings())] == ["NAQ103"]


def test_a_notebook_goes_on_behind_its_last_line() -> None:
    named = "cell 1 line {}".format
    facts = module_facts(ast.parse(LEFT_OPEN), LEFT_OPEN.splitlines(), "notebook.ipynb", Settings(), named_line=named)
    assert [one.code for one in lint_facts(facts, Settings())] == ["NAQ103"]


@pytest.mark.parametrize(("script", "code"), [(SCRIPT, "NAQ102"), (LEFT_OPEN, "NAQ103")])
@pytest.mark.parametrize("path", ["script.py", "-"])
def test_a_project_may_ask_for_scripts(script: str, code: str, path: str) -> None:
    assert [one.code for one in lint(script, path, Settings(scripts=True))] == [code]


def test_a_project_may_ask_for_the_objects_of_scripts() -> None:
    owner = "class Store:\n    def __init__(self) -> None:\n        self._db = sqlite3.connect('a')\n\n"
    closes = "    def close(self) -> None:\n        self._db.close()\n\n\nstore = Store()\nprint(store)\n"
    script = f"import sqlite3\n\n\n{owner}{closes}"
    assert lint(script, "script.py", Settings()) == []
    assert [one.code for one in lint(script, "script.py", Settings(scripts=True))] == ["NAQ114"]


def test_the_setting_is_read() -> None:
    assert settings_from_table({"scripts": True}).scripts
    assert not settings_from_table({}).scripts
