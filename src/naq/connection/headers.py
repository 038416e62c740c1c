"""Headers of messages, to and from the bytes on the wire: the same as nats-py's, for less."""

from __future__ import annotations

import re
from typing import Any

_PLAIN_NAME = re.compile(r"[A-Za-z0-9-]+").fullmatch


def parsed_headers(raw: bytes) -> dict[str, str]:
    """The headers in these lines; a line that is none is left out, and so is a name with a space in it."""
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


def plain_headers(headers: dict[str, Any]) -> bytes | None:
    """Headers as they are sent; None where a name or value needs a look at each character, which is nats-py's."""
    lines = ["NATS/1.0\r\n"]
    for name, value in headers.items():
        if not (_PLAIN_NAME(name) and type(value) is str and value.isprintable() and value.strip() == value):
            return None
        lines.append(f"{name}: {value}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode()
