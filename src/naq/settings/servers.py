"""Server URLs as settings: their form, and taking credentials out of them so that none is ever printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

SCHEMES = ("nats", "tls", "ws", "wss")


def as_list(value: Any) -> Any:
    """A text with several values separated by commas as a list; other values as they are."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url if "://" in url else f"nats://{url}")
    except ValueError:
        # Its words may repeat the whole of it.
        raise ValueError("servers: expected a URL like nats://host:4222") from None


def _checked(urls: tuple[str, ...]) -> tuple[str, ...]:
    checked = tuple(_checked_url(url) for url in urls)
    if len({url.startswith("ws") for url in checked}) > 1:
        raise ValueError("expected all servers on WebSocket or none")
    return checked


def _checked_url(url: str) -> str:
    parts = _split(url)
    try:
        port = parts.port
    except ValueError:
        # The original words may repeat a piece of a password that was cut at its slash.
        raise ValueError("expected a port from 1 to 65535") from None
    if parts.scheme not in SCHEMES:
        raise ValueError(f"expected a URL of scheme {', '.join(SCHEMES)}, not {parts.scheme}")
    if "@" in url or parts.query or parts.fragment:
        # Credentials have been taken out: what is left of them was cut off by one of these characters.
        raise ValueError(
            "expected a URL like nats://host:4222; write '@', ':', '/', '?' and '#' of a password percent-encoded"
        )
    if not parts.hostname or any(character.isspace() for character in url):
        raise ValueError("expected a URL like nats://host:4222")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port is None and parts.scheme in ("ws", "wss") else f":{port or 4222}"
    return f"{parts.scheme}://{host}{suffix}{parts.path.rstrip('/')}"


ServerList = Annotated[tuple[str, ...], BeforeValidator(as_list), Field(min_length=1), AfterValidator(_checked)]


def split_credentials(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings with `user:password@` or `token@` of the server URLs in separate fields.

    Raises ValueError when the URLs carry different credentials, or other ones than the fields.
    """
    result = dict(values)
    urls = as_list(result.get("servers"))
    if not isinstance(urls, (list, tuple)) or not all(isinstance(url, str) for url in urls):
        return result
    found = [_credentials(url) for url in urls]
    given = [one for one in found if one]
    if not given:
        return result
    if any(one != given[0] for one in given):
        raise ValueError("servers: expected the same credentials in each URL (or in user and password)")
    for name, value in given[0].items():
        if result.get(name) is not None:
            raise ValueError(f"{name}: expected once, not also in a server's URL")
        result[name] = value
    result["servers"] = [_without_credentials(url) for url in urls]
    return result


def _credentials(url: str) -> dict[str, str]:
    userinfo, at, _ = _split(url).netloc.rpartition("@")
    if not at:
        return {}
    user, colon, password = userinfo.partition(":")
    return {"user": unquote(user), "password": unquote(password)} if colon else {"token": unquote(user)}


def _without_credentials(url: str) -> str:
    return url.replace(f"{_split(url).netloc.rpartition('@')[0]}@", "", 1)
