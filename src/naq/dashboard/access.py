"""Who may see the dashboard and act in it, as functions of a request's headers. Talks to no server.

Against pages of other origins in the user's browser: the host in the address must be known, or an IP address, which a
name of the attacker cannot be (DNS rebinding); requests that another origin has caused are refused; an action needs the
session's own form token. Against other users of the machine or network: the token.
"""

import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

# Sessions that are kept at most, and for how many seconds each.
MOST_SESSIONS: Final = 1000
SESSION_LENGTH: Final = 12 * 3600
SHORTEST_TOKEN: Final = 16
READING: Final = frozenset({"GET", "HEAD"})
ALWAYS_KNOWN: Final = "localhost"


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of a dashboard.

    `hosts` are the names under which it may be reached besides `localhost` and IP addresses. With `open_reading`, the
    pages are shown without `token`, which is then for actions alone. `actions` are off unless it is true.
    """

    token: str = field(repr=False)
    hosts: frozenset[str] = frozenset()
    open_reading: bool = True
    actions: bool = False


def new_token() -> str:
    """Return a token that cannot be guessed."""
    return secrets.token_urlsafe(32)


def is_loopback(host: str) -> bool:
    """Return whether only programs on this machine can reach a server that listens on `host`."""
    if host == ALWAYS_KNOWN:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_refusal(access: Access, headers: Mapping[str, str]) -> str | None:
    """Return why the address by which the browser reached the dashboard is refused; None if it is accepted."""
    name = _host_name(headers.get("host", ""))
    if name is None:
        return "the request names no host"
    if name == ALWAYS_KNOWN or name in access.hosts or _is_address(name):
        return None
    return f"the host name {name[:100]!r} is not known here; --allowed-host accepts it"


def origin_refusal(method: str, headers: Mapping[str, str]) -> str | None:
    """Return why a request that a page in a browser has caused is refused; None if it is accepted.

    Another page may link here, but neither embed, read nor send anything.
    """
    site = headers.get("sec-fetch-site", "none")
    origin = headers.get("origin")
    # The scheme is left out: a proxy may end TLS.
    if origin is not None and origin.lower().partition("://")[2] != headers.get("host", "").lower():
        return "a page of another origin has sent this request"
    if method in READING:
        link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if site in ("cross-site", "same-site") and not link:
            return "a page of another origin has sent this request"
        return None
    if site not in ("same-origin", "none") or (origin is None and site != "same-origin"):
        return "this request does not come from a page of the dashboard"
    return None


def bears_token(access: Access, headers: Mapping[str, str]) -> bool:
    """Return whether a program has sent the token: `Authorization: Bearer TOKEN`; no browser does so by itself."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and same_text(given.strip(), access.token)


def same_text(given: str, expected: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


@dataclass(slots=True)
class Session:
    """A browser that has given the token. `form_token` must come with each action; `notice` is shown once."""

    ends: float
    form_token: str = field(default_factory=new_token, repr=False)
    notice: str = ""


class Sessions:
    """The sessions of one dashboard, in memory: they end with its process."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Session] = OrderedDict()
        # Cookies do not belong to a port; two dashboards on one machine must not take each other's.
        self.cookie = f"naq_{secrets.token_hex(4)}"

    def begin(self) -> str:
        """Begin a session and return its id, the value of the cookie."""
        name = new_token()
        self._known[name] = Session(time.monotonic() + SESSION_LENGTH)
        while len(self._known) > MOST_SESSIONS:
            self._known.popitem(last=False)
        return name

    def find(self, name: str | None) -> Session | None:
        """Return the session with this id; None when there is none, or when it is over."""
        found = self._known.get(name or "")
        return found if found is not None and found.ends > time.monotonic() else None

    def end(self, name: str | None) -> None:
        """End a session."""
        self._known.pop(name or "", None)


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname or None
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
