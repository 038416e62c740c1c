"""The linter under test makes and drops many syntax trees."""

from lint.conftest import _collect_seldom

__all__ = ["_collect_seldom"]
