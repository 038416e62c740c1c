"""The header with the time to live of a stored message, after which the server deletes it."""

from functools import lru_cache
from typing import Final

TTL: Final = "Nats-TTL"


@lru_cache(maxsize=64)
def ttl_of(seconds: float) -> str:
    """Return a time to live in the form of the header: whole seconds, at least one."""
    return f"{max(1, round(seconds))}s"
