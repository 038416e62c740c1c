"""Imported by the processes that fork for tests: what the linter loads once, such as the catalogues, is loaded by then."""

from flake8_naq.engine import lint
from lint.sources import LEAK

lint(LEAK)
