"""What comes with `naq[lint]` only, and what to say where it is missing."""

from __future__ import annotations

EXTRA = ("flake8", "rich", "ast_grep_py")


def not_installed(module: str) -> str:
    """The one line, with what to do."""
    return f"{module.replace('_', '-')} is not installed: pip install 'naq[lint]'"
