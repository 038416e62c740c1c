"""The fixer: rewrites by-hand connections to context managers. Others need `fix_source` and `planned_fixes`."""

from __future__ import annotations

from flake8_naq.fixer.fix import fix_source, planned_fixes
from flake8_naq.fixer.model import Applied, FixResult, Unfixed

__all__ = ["Applied", "FixResult", "Unfixed", "fix_source", "planned_fixes"]
