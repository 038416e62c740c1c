"""What `# noqa` comments say. flake8's own code decides, so that there is one reading of them."""

from __future__ import annotations

import re

_NOQA = re.compile(r"#\s*noqa\b", re.IGNORECASE)


def has_noqa(line: str) -> bool:
    """Return whether some linter may read a `# noqa` in the line, whichever codes it names."""
    return "#" in line and _NOQA.search(line) is not None


def is_silenced(line: str, code: str) -> bool:
    """Return whether flake8 does not report `code` on a line of that text."""
    if "noqa" not in line.lower():
        return False
    from flake8.violation import Violation  # only a line with the comment needs it

    return Violation(code, "", 1, 1, "", line).is_inline_ignored(disable_noqa=False)
