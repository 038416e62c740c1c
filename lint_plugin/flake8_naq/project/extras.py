"""The packages that come with an extra of flake8-naq only, and the message for a package that is missing."""

from __future__ import annotations

# The extra of each module; flake8 comes without any.
EXTRAS = {
    "flake8": "",
    "rich": "terminal",
    "ast_grep_py": "fix",
    "pygls": "lsp",
    "shtab": "completion",
    "watchfiles": "watch",
}


def not_installed(module: str) -> str:
    """Return the line that says what is missing, and how to install it."""
    extra = f"[{EXTRAS[module]}]" if EXTRAS[module] else ""
    requirement = f"'flake8-naq{extra}'" if extra else "flake8-naq"
    return f"{module.replace('_', '-')} is not installed: pip install {requirement}"
