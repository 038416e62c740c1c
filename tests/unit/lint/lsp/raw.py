"""A client that sends bytes to a server process, right or wrong, and reads what comes back."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any

from lint.lsp.editor import server_command
from lint.process import ENVIRONMENT

SHUTDOWN = {"jsonrpc": "2.0", "id": "end", "method": "shutdown"}
EXIT = {"jsonrpc": "2.0", "method": "exit"}


def framed(message: object) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@dataclass
class Said:
    """What the server said, on both of its channels, and how it ended."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    errors: str = ""
    returncode: int | None = None

    def answer(self, number: object) -> dict[str, Any]:
        [answer] = [m for m in self.messages if m.get("id") == number and "method" not in m]
        return answer


def speak(
    *parts: bytes,
    until: object = None,
    end: bytes = framed(SHUTDOWN) + framed(EXIT),
    server: Sequence[str] = (),
    cwd: Path | None = None,
) -> Said:
    """Send it all to a server, wait for the answer to the request *until*, and send *end* and the end of input.

    *until* may be a method: then for the first notification of it.
    """
    said = Said()
    with subprocess.Popen(server or server_command(), cwd=cwd, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        writer = threading.Thread(target=_write, args=(process.stdin, b"".join(parts)))
        writer.start()
        for message in _messages(process.stdout) if until is not None else ():
            said.messages.append(message)
            if until in (message.get("id"), message.get("method")):
                break
        writer.join()
        _write(process.stdin, end)
        process.stdin.close()
        said.messages.extend(_messages(process.stdout))
        said.errors = process.stderr.read().decode()
    watchdog.cancel()
    said.returncode = process.returncode
    assert "raceback" not in said.errors + json.dumps(said.messages)
    return said


def _write(stream: IO[bytes], said: bytes) -> None:
    stream.write(said)
    stream.flush()


def _messages(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    while header := stream.readline():
        length = int(header.removeprefix(b"Content-Length: "))
        while stream.readline().strip():
            pass
        yield json.loads(stream.read(length))


def rpc(method: str, parameters: object = None, number: object = None) -> bytes:
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": parameters}
    return framed(message if number is None else {**message, "id": number})
