"""Copies of the work tree, and processes that run pytest in them with one file changed."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from plugin import Choose, Outcome, Serve, Task

# Imported once and shared by the processes that are forked; none of them is ours.
_PRELOADED = (
    "pytest", "_pytest.assertion.rewrite", "asyncio", "msgspec", "pydantic", "pydantic_settings", "nats",
    "flake8.main.application", "json", "subprocess", "tokenize", "coverage",
)  # fmt: skip
_COLLECTING_LIMIT = 600.0


def preload() -> None:
    """Import what every test run needs, so that a forked process does not have to."""
    for name in _PRELOADED:
        with contextlib.suppress(ImportError):
            __import__(name)


def copy_tree(root: Path, target: Path) -> None:
    """Copy the tracked and new files of the work tree at `root`, as they are now."""
    listed = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def digest(files: list[Path]) -> str:
    """Return a name for the content of the files."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:12]


class Slot:
    """One copy of the tree. A server has collected the tests there, and runs some for each mutant in a forked process.

    A mutation of what runs on import needs a new process: `fresh`.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self._channel: Connection | None = None
        self._server = 0
        self._process = 0
        self._ends = 0.0

    def serve(self, arguments: list[str], modules: list[str]) -> None:
        """Start the server, which imports `modules` before the tests do; `collected` waits for it."""
        self._channel, other = multiprocessing.Pipe()
        arguments = [*arguments, f"--basetemp={self.folder}-tmp"]
        self._server = self._fork(arguments, lambda: Serve(other, modules), "served")
        other.close()

    def collected(self) -> list[str]:
        """Return the names of the tests that the server has collected; none where a file cannot be collected."""
        assert self._channel is not None
        try:
            return list(self._channel.recv()) if self._channel.poll(_COLLECTING_LIMIT) else []
        except EOFError:  # pytest ended before
            return []

    def run(self, task: Task) -> None:
        """Have the server do a task; `ended` says how it ended."""
        assert self._channel is not None
        self._channel.send(task)

    def fresh(self, names: dict[str, float], limit: float) -> None:
        """Run the tests in a new process for at most `limit` seconds; `ended` says how that ended."""
        self._ends = time.monotonic() + limit
        files = list(dict.fromkeys(name.partition("::")[0] for name in names))
        self._process = self._fork(["-x", f"--basetemp={self.folder}-fresh", *files], lambda: Choose(names), "fresh")

    def ended(self) -> Outcome | None:
        """Return None while the task or the new process runs, then how it ended."""
        if not self._process:
            assert self._channel is not None
            if not self._channel.poll():
                return None
            outcome = self._channel.recv()
            assert isinstance(outcome, Outcome)
            return outcome
        done, status = os.waitpid(self._process, os.WNOHANG)
        if not done and time.monotonic() < self._ends:
            return None
        _end(self._process)
        self._process = 0
        if not done:
            return Outcome("timeout")
        # 1: a test fails; 2: a file cannot be collected. Whatever else pytest returns, the mutant is not to blame.
        result = {0: "passed", 1: "failed", 2: "failed"}.get(os.waitstatus_to_exitcode(status), "broken")
        return Outcome(result, "(on import)" if result == "failed" else "")

    def write(self, path: str, source: str) -> None:
        """Write a file of the copy; its compiled form is removed, as its time may be that of the last mutant."""
        file = self.folder / path
        file.write_text(source, encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()

    def log(self, name: str) -> str:
        """Return what the processes have printed: those of the server `served`, the last new one `fresh`."""
        return Path(f"{self.folder}.{name}.log").read_text(encoding="utf-8", errors="replace")

    def _fork(self, arguments: list[str], plugin: Callable[[], object], log: str) -> int:
        sys.stdout.flush()
        process = os.fork()
        if process == 0:
            try:
                os.setsid()
                os._exit(self._pytest(arguments, plugin, log))
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(3)
        return process

    def _pytest(self, arguments: list[str], plugin: Callable[[], object], log: str) -> int:
        import pytest

        os.chdir(self.folder)
        paths = [str(self.folder / name) for name in ("src", "lint_plugin", "tests", "tests/unit", "tests/integration")]
        sys.path[:0] = paths
        os.environ.update(self._environment, PYTHONPATH=os.pathsep.join(paths[:2]))
        with open(f"{self.folder}.{log}.log", "wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        return int(
            pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", *arguments], [plugin()])
        )

    def stop(self) -> None:
        """End the processes and all that they have started; the server ends what it has forked."""
        for process in filter(None, (self._server, self._process)):
            _end(process)
        self._server = self._process = 0


def _end(process: int) -> None:
    """Ask the process to end, then end its group."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(process, signal.SIGTERM)
        end = time.monotonic() + 2.0
        while time.monotonic() < end and not os.waitpid(process, os.WNOHANG)[0]:
            time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)
