"""Starts a Python command in milliseconds: a process that has imported everything needed forks for each start.

`Forks` is that process. Its command starts a real process of the operating system: a
small program hands its folder, its environment, and its three streams on to the process, which forks with these, and
ends with the exit code of the fork. What Python reads only at its start, such as PYTHONUTF8, is that of the first
process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Self

# Without site-packages and without this package, so that it starts quickly.
_CLIENT = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as forks:
    forks.connect(sys.argv[1])
    said = json.dumps([os.getcwd(), dict(os.environ), sys.argv[2:]]).encode()
    socket.send_fds(forks, [b"%8d" % len(said)], [0, 1, 2])
    forks.sendall(said)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    code = forks.recv(1)
os._exit(code[0] if code else 255)
"""
_SIZE = 8


class Forks:
    """A process that forks to run a function `main(arguments) -> exit code`. A context manager."""

    def __init__(self, main: str, imported: Sequence[str] = (), warnings: str = "ignore") -> None:
        """`main`: `module:function`; `imported`: modules that are imported before; `warnings`: what is done with them."""
        self._folder = tempfile.mkdtemp(prefix="forks-")
        self._address = os.path.join(self._folder, "socket")
        self._start = (sys.executable, "-X", "utf8", "-W", warnings, __file__, self._address, main, *imported)

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Return the command that runs `main` with these arguments."""
        return (sys.executable, "-I", "-S", "-c", _CLIENT, self._address, *arguments)

    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(self._start, env=environment, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._folder)


def _serve(address: str, main: str, *imported: str) -> None:
    """Fork for each connection until the standard input ends."""
    module, _, function = main.partition(":")
    for name in (*imported, module):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listening, 0], [], [])
            _collect_ended()
            if 0 in ready:
                return
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _guard(connection, module, function)
            connection.close()


def _collect_ended() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _guard(connection: socket.socket, module: str, function: str) -> None:
    """Run the function in a fork, and tell its exit code; a client that has ended takes the fork along."""
    size, streams, _, _ = socket.recv_fds(connection, _SIZE, 3)
    said = b""
    while len(said) < int(size):
        said += connection.recv(int(size) - len(said))
    folder, environment, arguments = json.loads(said)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    child = os.fork()
    if child == 0:
        connection.close()
        os._exit(_run(folder, environment, arguments, streams, module, function))
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    ready, _, _ = select.select([read, connection], [], [])
    if connection in ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        connection.sendall(bytes([os.waitstatus_to_exitcode(status) & 255]))
    os._exit(0)


def _run(
    folder: str, environment: dict[str, str], arguments: list[str], streams: Sequence[int], module: str, function: str
) -> int:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code: int = getattr(sys.modules[module], function)(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _serve(*sys.argv[1:])
