"""Addresses to listen on, as settings: `HOST:PORT`, or a port on the loopback interface."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65_535


class Address(NamedTuple):
    """A host name or IP address, and a port; port 0 stands for any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parsed(text: str) -> Address:
    """Return the address in `HOST:PORT`, `[IPV6]:PORT` or `PORT`. Raises ValueError for anything else."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1] if bracketed else host
    wrong = not port.isascii() or not port.isdecimal() or int(port) > HIGHEST_PORT or bracketed != (":" in plain)
    if wrong or (colon and not plain) or any(character.isspace() or character in "/@" for character in plain):
        raise ValueError("expected HOST:PORT such as 127.0.0.1:9400, or a port of this machine alone such as 9400")
    return Address(plain or LOOPBACK, int(port))


def _text(value: object) -> object:
    # A port in a TOML file may be a number.
    return str(value) if type(value) is int else value


def _checked(text: str) -> str:
    return str(parsed(text))


ListenAddress = Annotated[str, BeforeValidator(_text), AfterValidator(_checked)]
