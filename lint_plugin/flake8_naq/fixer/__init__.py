"""The fixer: rewrites by-hand connections to context managers.

Others need `fix_source`, or `read_original` and `fix_original` to try several fixes of one text, and `planned_fixes`.
"""

from __future__ import annotations

from flake8_naq.fixer.fix import Original, fix_original, fix_source, read_original
from flake8_naq.fixer.model import Applied, FixResult, Unfixed
from flake8_naq.fixer.planner import planned_fixes

__all__ = [
    "Applied",
    "FixResult",
    "Original",
    "Unfixed",
    "fix_original",
    "fix_source",
    "planned_fixes",
    "read_original",
]
