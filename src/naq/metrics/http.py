"""A small HTTP server in a thread, for GET requests to fixed paths. Knows nothing of workers.

It runs in a thread, so that it also answers while a job blocks the event loop.
"""

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from naq.settings.addresses import Address

logger = logging.getLogger(__name__)

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
# Requests that are answered at the same time; further ones are refused, so that slow clients cost a bounded amount.
AT_ONCE: Final = 8
# Seconds for a client to send its request.
PATIENCE: Final = 5.0
# Seconds between two checks of whether the server must end.
POLL: Final = 0.05


class Answer(NamedTuple):
    """A status code, a content type and a body."""

    code: int
    kind: str
    body: bytes


# From the request's header `Accept` to the answer.
Route: TypeAlias = Callable[[str], Answer]


class HttpServer:
    """Serves `routes`, functions by path, on an address from its creation to `close`.

    Raises OSError when it cannot listen on the address.
    """

    def __init__(self, address: Address, routes: Mapping[str, Route]) -> None:
        self._server = _Server(address, routes)
        self.address = Address(address.host, self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL,), name=f"naq http {self.address}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening; returns when the thread has ended."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client may take its time over its request; the worker does not wait for that.
    block_on_close = False

    def __init__(self, address: Address, routes: Mapping[str, Route]) -> None:
        self.routes = routes
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        family, _, _, _, bound = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        self.address_family = family
        super().__init__((str(bound[0]), int(bound[1])), _Handler)

    def process_request(self, request: "socket.socket | tuple[bytes, socket.socket]", client_address: object) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(
        self, request: "socket.socket | tuple[bytes, socket.socket]", client_address: object
    ) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        # Most often a client that has closed its connection.
        logger.debug("a request from %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE
    server: _Server
    server_version, sys_version = "naq", ""

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer a HEAD request."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        route = self.server.routes.get(urlsplit(self.path).path)
        answer = Answer(404, TEXT, f"not found; here are {', '.join(self.server.routes)}\n".encode())
        if route is not None:
            answer = self._called(route)
        self.send_response(answer.code)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def _called(self, route: Route) -> Answer:
        try:
            return route(self.headers.get("Accept") or "")
        # A fault in one answer must not end the connection without a word.
        except Exception:
            logger.exception("no answer to GET %s", self.path)
            return Answer(500, TEXT, b"an error, see the worker's log\n")

    def log_message(self, format: str, *args: object) -> None:
        """Log a request at level DEBUG: health checks come every few seconds."""
        logger.debug(format, *args)
