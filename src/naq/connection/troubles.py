"""The errors that nats-py reports for a connection: which is the cause of a failure, and which are logged."""

from __future__ import annotations

import logging
from collections.abc import Callable

import nats.errors

from naq.config import NatsConfig
from naq.connection.denials import Denials
from naq.connection.handshake import is_refusal
from naq.connection.options import described
from naq.error_text import error_text
from naq.errors import ConnectFailed

logger = logging.getLogger("naq.connection")


class Troubles:
    """The errors of one client. Denied requests are left to `denials`.

    `connected` returns whether the client is connected, and was connected before.
    """

    def __init__(self, settings: NatsConfig, denials: Denials, connected: Callable[[], bool]) -> None:
        self._settings = settings
        self._denials = denials
        self._connected = connected
        self.cause: Exception | None = None
        # Whether `cause` is an error message of the server, from the current attempt to connect.
        self._refused = False

    async def note(self, error: Exception) -> None:
        """Note and log an error; nats-py awaits this."""
        if self._denials.note(error):
            # The waiting request raises it.
            logger.debug("%s: %s", described(self._settings), error_text(error))
            return
        # In one attempt to connect, the server's error message explains more than the socket's error.
        if is_refusal(error) or not self._refused:
            self.cause = error
            self._refused = is_refusal(error)
        if not self._connected():
            # The caller that waits for the connection raises it.
            logger.debug("%s: %s", described(self._settings), error_text(error))
        elif isinstance(error, (OSError, nats.errors.StaleConnectionError)):
            logger.warning("%s: connection lost: %s", described(self._settings), error_text(error))
        else:
            logger.error("%s: %s", described(self._settings), error_text(error), exc_info=error)

    def begin_attempt(self) -> None:
        """Let any error of the attempt that begins replace an earlier refusal."""
        self._refused = False

    def failure(self, error: Exception, seconds: float) -> ConnectFailed:
        """Return the error of a failed first connect; if nats-py raised "no servers available", with the one before."""
        last = self.cause if isinstance(error, (nats.errors.NoServersError, TimeoutError)) else error
        return ConnectFailed(described(self._settings), last or error, seconds)
