"""Writes that replace only a certain revision of a message: their header, and the codes of the server's refusals."""

from typing import Final

# Header with the sequence number of the last message of the subject; 0 if there must be none.
EXPECTED: Final = "Nats-Expected-Last-Subject-Sequence"
# Error codes for another last message than the expected one.
WRONG_REVISION: Final = frozenset({10071, 10164})
