"""An error ends a script, and a notebook goes on behind it."""

from __future__ import annotations

import ast

from flake8_naq.engine import lint, lint_facts, module_facts
from flake8_naq.project.settings import Settings

SCRIPT = "import sqlite3\n\ndb = sqlite3.connect('a')\ndb.execute('select 1')\ndb.close()\n"


def test_a_script_ends_with_an_error() -> None:
    assert lint(SCRIPT, "script.py", Settings()) == []


def test_a_notebook_goes_on_behind_an_error() -> None:
    named = "cell 1 line {}".format
    facts = module_facts(ast.parse(SCRIPT), SCRIPT.splitlines(), "notebook.ipynb", Settings(), named_line=named)
    assert [one.code for one in lint_facts(facts, Settings())] == ["NAQ102"]
