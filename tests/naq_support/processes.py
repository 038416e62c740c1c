"""Workers in separate processes, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from naq.config import Config

TESTS = Path(__file__).parent.parent
SCRIPT = """
import asyncio, sys
from naq.config import get_config
from naq.worker.core import Worker
asyncio.run(Worker(sys.argv[1].split(","), get_config()).run())
"""


class WorkerProcess:
    """`with WorkerProcess(config)`: a worker that is killed when the block ends, if it still runs."""

    def __init__(self, config: Config, queues: str = "default") -> None:
        self._queues = queues
        self._environment = {**os.environ, **environment_of(config), "PYTHONPATH": str(TESTS)}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, self._queues], env=self._environment, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.signal(signal.SIGKILL)

    def stall(self) -> None:
        """Stop the process where it is, as a busy machine or a suspended container does."""
        assert self._process is not None, "used outside of its block"
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End the stall."""
        assert self._process is not None, "used outside of its block"
        self._process.send_signal(signal.SIGCONT)

    @property
    def runs(self) -> bool:
        """Whether the process is still there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process is not None, "used outside of its block"
        return self._process.pid

    def signal(self, number: int) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        assert self._process is not None, "used outside of its block"
        self._process.send_signal(number)
        return self._process.wait(30)


def environment_of(config: Config) -> dict[str, str]:
    """Variables that make `get_config()` give this configuration in another process; simple values only."""
    variables = {"NAQ_NATS__SERVERS": ",".join(config.nats.servers)}
    for section in ("queue", "worker"):
        values = getattr(config, section)
        for name in values.model_fields_set:
            variables[f"NAQ_{section}__{name}".upper()] = str(getattr(values, name))
    return variables
