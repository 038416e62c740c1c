"""How a run of the command ends: exit codes, and the error for what a user asked for and cannot have."""

from __future__ import annotations

CLEAN, FINDINGS, FAILED, INTERRUPTED, UNHEARD = 0, 1, 2, 130, 141


class UsageError(Exception):
    """Something that the user asked for and cannot have; the text is one clear line."""
