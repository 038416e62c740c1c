"""A filter between a client and pygls: every bad input is answered by one line, and the next message is read.

Knows the framing and JSON-RPC; knows nothing of findings.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcInvalidRequest, JsonRpcServerNotInitialized
from pygls.protocol import LanguageServerProtocol

MAX_MESSAGE = 256 << 20
_MAX_HEADER = 4096
_LENGTH = re.compile(rb"Content-Length: *(\d{1,18})\r?\n\Z", re.IGNORECASE)
_LINE = 300
# What a client may send before the server knows what the client can do.
_FIRST = (types.INITIALIZE, types.SHUTDOWN, types.EXIT, types.CANCEL_REQUEST)


class Input(io.RawIOBase):
    """Standard input for pygls: finds the next header even after a message with a wrong length."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next header line; text before a length on the same line is the rest of an earlier message."""
        line = self._stream.readline(_MAX_HEADER)
        found = _LENGTH.search(line)
        return b"Content-Length: %s\r\n" % found[1] if found else line

    def read(self, size: int = -1, /) -> bytes:
        """Return a message of `size` bytes; one above the limit is skipped, and a JSON string takes its place."""
        if size <= MAX_MESSAGE:
            return self._stream.read(size)
        while size > 0 and (part := self._stream.read(min(size, 1 << 20))):
            size -= len(part)
        return b'"a message of that length"'


class Protocol(LanguageServerProtocol):
    """pygls' protocol, which answers every request and never sends or prints a traceback."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Return a message as its type; a request that is malformed is answered with an error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as cause:
            error = JsonRpcInvalidParams(f"a message of method {data.get('method')!r} has not the form that it should")
            if "method" in data and isinstance(data.get("id"), (str, int)):
                self._send_response(data["id"], error=error.to_response_error())
            raise error from cause

    def handle_message(self, message: Any) -> None:
        if not hasattr(message, "jsonrpc"):
            raise JsonRpcInvalidRequest("expected one JSON-RPC 2.0 message")
        if self._workspace is None and getattr(message, "method", _FIRST[0]) not in _FIRST:
            if hasattr(message, "id"):
                error = JsonRpcServerNotInitialized(f"expected '{types.INITIALIZE}' first")
                self._send_response(message.id, error=error.to_response_error())
            return
        super().handle_message(message)

    def _send_response(self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None) -> None:
        if error is not None:
            error = types.ResponseError(code=error.code, message=one_line(error.message))
        super()._send_response(msg_id, result, error)


def one_line(text: str) -> str:
    """Return the first line of a text, shortened."""
    line = next(iter(text.strip().splitlines()), "")
    return line if len(line) <= _LINE else f"{line[:_LINE]} ..."


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = one_line(record.getMessage())
        error = record.exc_info[1] if record.exc_info else None
        return f"flake8-naq: {text}: {one_line(str(error) or repr(error))}" if error else f"flake8-naq: {text}"


def log_to_stderr() -> None:
    """Log errors as single lines to standard error, which editors log; standard output carries the protocol."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")  # JSON can hold half a character, which no encoding can
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(message)s"))
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
