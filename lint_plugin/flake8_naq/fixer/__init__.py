"""The fixer: rewrites by-hand connections to context managers. `fix_source` is all that others need."""

from __future__ import annotations

from flake8_naq.fixer.fix import fix_source
from flake8_naq.fixer.model import Applied, FixResult, Unfixed

__all__ = ["Applied", "FixResult", "Unfixed", "fix_source"]
