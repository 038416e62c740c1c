"""Workers in separate processes, to be killed."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from naq.config import Config, get_config
from naq.worker.core import Worker

TESTS = Path(__file__).parent.parent
# The process from which workers are forked has imported all that they need, so that they start in milliseconds.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["naq.worker.core", "naq_support.jobs", __name__])


def _work(queues: Sequence[str], environment: dict[str, str]) -> None:
    """Be a worker, as a process of another program would be: with these variables, and silent."""
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(Worker(queues, get_config()).run())


class WorkerProcess:
    """`with WorkerProcess(config)`: a worker that is killed when the block ends, if it still runs."""

    def __init__(self, config: Config, queues: str = "default") -> None:
        environment = {**os.environ, **environment_of(config), "PYTHONPATH": str(TESTS)}
        self._process = _FORKS.Process(target=_work, args=(queues.split(","), environment), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.signal(signal.SIGKILL)

    def stall(self) -> None:
        """Stop the process where it is, as a busy machine or a suspended container does."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End the stall."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def runs(self) -> bool:
        """Whether the process is still there."""
        return self._process.is_alive()

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process.pid is not None, "used outside of its block"
        return self._process.pid

    def signal(self, number: int) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        if self.runs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        self._process.join(30)
        assert self._process.exitcode is not None, "it has not ended"
        return self._process.exitcode


def environment_of(config: Config) -> dict[str, str]:
    """Variables that make `get_config()` give this configuration in another process; simple values only."""
    variables = {"NAQ_NATS__SERVERS": ",".join(config.nats.servers)}
    for section in ("queue", "worker"):
        values = getattr(config, section)
        for name in values.model_fields_set:
            variables[f"NAQ_{section}__{name}".upper()] = str(getattr(values, name))
    return variables
