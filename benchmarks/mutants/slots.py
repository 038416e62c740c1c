"""Copies of the work tree, and processes that run pytest in them with one file changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

# Imported once and shared by the processes that are forked; none of them is ours.
_PRELOADED = (
    "pytest", "_pytest.assertion.rewrite", "asyncio", "msgspec", "pydantic", "pydantic_settings", "nats",
    "flake8.main.application", "json", "subprocess", "tokenize", "coverage",
)  # fmt: skip


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


class Slot:
    """One copy of the tree, in which one pytest at a time runs."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self.process = 0
        self._ends = 0.0

    def write(self, path: str, source: str) -> None:
        """Write a file of the copy; its compiled form is removed, as its time may be that of the last mutant."""
        file = self.folder / path
        file.write_text(source, encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()

    def start(self, arguments: list[str], plugin: Callable[[], object], limit: float) -> None:
        """Run pytest in a process of a new group, for at most `limit` seconds; see `ended`."""
        self._ends = time.monotonic() + limit
        sys.stdout.flush()
        self.process = os.fork()
        if self.process == 0:
            try:
                os.setsid()
                os._exit(self._run(arguments, plugin))
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(3)

    def _run(self, arguments: list[str], plugin: Callable[[], object]) -> int:
        import pytest

        os.chdir(self.folder)
        paths = [str(self.folder / name) for name in ("src", "lint_plugin", "tests", "tests/unit", "tests/integration")]
        sys.path[:0] = paths
        os.environ.update(self._environment, PYTHONPATH=os.pathsep.join(paths[:2]))
        with open(self.folder.with_suffix(".log"), "wb") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        return int(
            pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", *arguments], [plugin()])
        )

    def ended(self) -> str | None:
        """Return None while the process runs, then `passed`, `failed`, or `timeout` where the limit ended it."""
        done, status = os.waitpid(self.process, os.WNOHANG)
        if done:
            self.stop()
            return "passed" if status == 0 else "failed"
        if time.monotonic() < self._ends:
            return None
        self.stop()
        return "timeout"

    def stop(self) -> None:
        """End the process and all that it has started."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.process, 0)
            self.process = 0
