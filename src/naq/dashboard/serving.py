"""Serving the dashboard by itself."""

import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn

from naq.config import Config, DashboardConfig
from naq.dashboard.access import Access, is_loopback, new_token
from naq.dashboard.app import dashboard_app
from naq.errors import ConfigError
from naq.settings.addresses import Address, parsed

# Requests at the same time, and seconds that they have to end after a signal.
MOST_REQUESTS: Final = 64
GRACE: Final = 3
BACKLOG: Final = 128


def access_of(settings: DashboardConfig) -> Access:
    """Return the rules for a dashboard with these settings; makes a token if none is set."""
    host = parsed(settings.address).host
    names = {name.lower() for name in (*settings.allowed_hosts, host)}
    token = settings.token.get_secret_value() if settings.token is not None else new_token()
    return Access(token, frozenset(names), is_loopback(host), settings.allow_actions)


class Dashboard:
    """A dashboard that listens from its creation on. Raises `ConfigError` when it cannot listen on its address."""

    def __init__(self, config: Config) -> None:
        self.access = access_of(config.dashboard)
        app = dashboard_app(config, self.access, show_values=config.dashboard.show_arguments)
        settings = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            limit_concurrency=MOST_REQUESTS,
            timeout_graceful_shutdown=GRACE,
        )
        # Its messages at level INFO are about itself.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        self._server = _Server(settings)
        self._socket = _listening(parsed(config.dashboard.address))

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return Address(host, port)

    @property
    def url(self) -> str:
        """The address of the first page, with the loopback address in place of "all interfaces"."""
        host, port = self.address
        return f"http://{Address({'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host), port)}/"

    async def run(self) -> None:
        """Serve until `stop` is called."""
        try:
            await self._server.serve([self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Let running requests end, and return from `run`; a second call does not wait for them."""
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the command, which turns them into exit codes."""
        yield


def _listening(address: Address) -> socket.socket:
    try:
        family, _, _, _, bound = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(bound[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = f"dashboard.address: {address} is in use by another program; --port chooses another port"
            raise ConfigError(text) from None
        raise ConfigError(f"dashboard.address: cannot listen on {address}: {error.strerror or error}") from None
