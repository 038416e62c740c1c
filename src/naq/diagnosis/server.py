"""Checks of the server: whether it can be reached, its version, JetStream and the account's limits."""

from __future__ import annotations

import socket
import ssl
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext

from naq.connection.denials import SUBSCRIBE
from naq.connection.handshake import is_refusal
from naq.diagnosis.check import Check, counted, fullness, size
from naq.error_text import error_text
from naq.errors import ConnectFailed, PermissionDenied
from naq.queue.server_features import OLDEST, SCHEDULE_AT, SCHEDULE_CRON, supports

SERVER, JETSTREAM, LIMITS = "server", "jetstream", "limits"

# What to do about a refusal, by a part of the server's message in lower case.
REFUSALS: Final = (
    (
        "authorization",
        "check nats.user and nats.password, nats.token, nats.nkey or nats.credentials (`naq config nats`)",
    ),
    (
        "authentication",
        "check nats.user and nats.password, nats.token, nats.nkey or nats.credentials (`naq config nats`)",
    ),
    ("tls", "set nats.tls: the server wants an encrypted connection"),
    ("maximum", "raise max_connections in the server's configuration, or close connections that are not used"),
)
TLS: Final = (
    "check nats.tls: ca_file is the certificate of the authority that signed the server's, hostname the name in it; "
    "a server without TLS needs no nats.tls"
)


def unreachable(error: ConnectFailed) -> Check:
    """Return the check for a server that could not be reached or has refused the connection."""
    text = f"no connection to {error.server} after {error.seconds:.1f} s: {_reason(error.cause)}"
    return Check(SERVER, "error", text, _remedy(error.cause))


def _reason(cause: BaseException | None) -> str:
    if isinstance(cause, TimeoutError):
        return "it does not answer"
    return "no answer" if cause is None else error_text(cause).removeprefix("nats: ")


def _remedy(cause: BaseException | None) -> str:
    if isinstance(cause, (ssl.SSLError, nats.errors.SecureConnWantedError)):
        return TLS
    if isinstance(cause, socket.gaierror):
        return "check the name of the host in nats.servers (`naq config nats.servers`)"
    if isinstance(cause, ConnectionRefusedError):
        return "start the server (`naq server` for development), or correct nats.servers (`naq config nats.servers`)"
    if isinstance(cause, Exception) and is_refusal(cause):
        text = str(cause).lower()
        return next((remedy for part, remedy in REFUSALS if part in text), "see the server's log")
    if isinstance(cause, (nats.errors.UnexpectedEOF, ConnectionResetError)):
        return f"the server closes the connection at once, as one with TLS may do; {TLS}"
    return "check host and port in nats.servers, firewalls, and whether a NATS server runs there; it may be stalled"


def reached(connection: Client) -> list[Check]:
    """Return the checks of a connected server."""
    version = connection.connected_server_version
    url = connection.connected_url
    name = f"{url.scheme}://{url.hostname}:{url.port}" if url is not None else "the server"
    text = f"{name}, nats-server {version.major}.{version.minor}.{version.patch}"
    if not supports(connection, OLDEST):
        return [_old(text, "error", "naq needs", OLDEST)]
    if not supports(connection, SCHEDULE_AT):
        return [_old(text, "warning", "jobs for a later time and atomic batches need", SCHEDULE_AT)]
    if not supports(connection, SCHEDULE_CRON):
        return [_old(text, "warning", "repeating jobs need", SCHEDULE_CRON)]
    return [Check(SERVER, "ok", text)]


def _old(text: str, level: Any, needs: str, feature: Any) -> Check:
    needed = f"{feature.major}.{feature.minor}"
    return Check(SERVER, level, f"{text}; {needs} {needed}", f"update the server to {needed} or newer")


async def jetstream(connection: Client, js: JetStreamContext) -> list[Check]:
    """Return the checks of JetStream.

    Raises `JetStreamDisabled`, `PermissionDenied` for a user who may not receive answers, and nats-py's errors.
    """
    try:
        info = await js.account_info()
    except PermissionDenied as denied:
        if denied.operation == SUBSCRIBE:
            raise
        remedy = f"permit {denied.subject} to have the limits checked"
        return [
            Check(JETSTREAM, "ok", "enabled"),
            Check(LIMITS, "warning", "the account's limits were not checked: this user may not read them", remedy),
        ]
    streams, consumers = counted(info.streams, "stream"), counted(info.consumers, "consumer")
    found = [Check(JETSTREAM, "ok", f"enabled; {streams}, {consumers} in this account")]
    limits = info.limits
    for what, used, limit, unit in (
        ("storage", info.storage, limits.max_storage, size),
        ("memory", info.memory, limits.max_memory, size),
        ("streams", info.streams, limits.max_streams, str),
        ("consumers", info.consumers, limits.max_consumers, str),
    ):
        if limit is not None and limit >= 0:
            level = fullness(used, limit)
            text = f"{what}: {unit(used)} of {unit(limit)} that the account may use"
            found.append(Check(LIMITS, level, text, "" if level == "ok" else _more_room(what)))
    if len(found) == 1:
        found.append(Check(LIMITS, "ok", "none for this account; the disk of the server is not checked"))
    return found


def _more_room(what: str) -> str:
    if what in ("streams", "consumers"):
        return f"raise the account's limit of {what}, or delete {what} that are not used"
    return (
        "raise the account's limit, or make room: run more workers, shorten queue.result_ttl, delete failed jobs "
        "(`naq failed purge`); a full store refuses jobs"
    )
