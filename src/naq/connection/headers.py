"""Encoding and decoding message headers, with the same results as nats-py and in less time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from nats.js.api import RawStreamMsg

_PLAIN_NAME = re.compile(r"[A-Za-z0-9-]+").fullmatch


def parsed_headers(raw: bytes) -> dict[str, str]:
    """Return the headers in `raw`; lines without a colon and names that contain a space are left out."""
    found: dict[str, str] = {}
    for line in raw.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon:
            continue
        try:
            key = name.strip().decode("ascii")
        except UnicodeDecodeError:
            continue
        if key.split() == [key] or not key:
            found[key] = value.strip().decode("utf-8", "replace")
    return found


def stored_headers(raw: RawStreamMsg) -> dict[str, str]:
    """Return the headers of a message that was read from a stream, as text.

    nats-py returns an `email.header.Header` for a value that is not ASCII, unless the message was read directly.
    """
    return {name: str(value) for name, value in (raw.headers or {}).items()}


def plain_headers(headers: dict[str, Any]) -> bytes | None:
    """Return the encoded headers; None when a name or value has special characters, which nats-py has to encode."""
    lines = "NATS/1.0\r\n"
    for name, value in headers.items():
        if not (type(value) is str and value.isprintable() and value.strip() == value and _is_plain(name)):
            return None
        lines += f"{name}: {value}\r\n"
    return f"{lines}\r\n".encode()


# The library has few names of headers; a program may have any number.
@lru_cache(maxsize=256)
def _is_plain(name: str) -> bool:
    return _PLAIN_NAME(name) is not None
