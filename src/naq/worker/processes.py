"""Separate processes for jobs, which can be killed at any time. Knows no messages.

A process runs one job at a time. It is used again, unless its job was a suspect, was cancelled or has ended it.
"""

import asyncio
import logging
import os
import sys
import time

import msgspec

from naq.cancellation import finish
from naq.config import Config
from naq.job import Job
from naq.job_context import JobContext, Report
from naq.tasks import task_modules
from naq.worker.child import LENGTH, Answer, Call, Setup
from naq.worker.settlement import Crashed, Outcome

logger = logging.getLogger(__name__)


# Seconds for callers that wait for an answer to notice that the process has ended.
CLOSING = 1.0


class Processes:
    """The processes of one worker, one for each job that runs at the same time."""

    def __init__(self, config: Config, largest_result: int) -> None:
        self._config = config
        self._setup = Setup(
            path=[os.getcwd() if entry == "" else entry for entry in sys.path],
            allowed=config.worker.allowed,
            imports=tuple(config.worker.imports),
            # Tasks that are registered in this program may run there too.
            registered=tuple(task_modules()),
            serializer=config.serializer,
            largest_result=largest_result,
        )
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()

    def __repr__(self) -> str:
        return f"<{len(self._idle)} idle processes>"

    async def run(self, job: Job, context: JobContext, *, used_again: bool = True) -> Outcome:
        """Run a job; returns its outcome, `Crashed` if the process ends meanwhile. A cancellation kills the process.

        `context.report` is called with the progress that the job reports.
        """
        call = Call(
            job.serialize(self._config.serializer), context.queue, context.attempt, context.worker, context.remaining()
        )
        process = self._idle.pop() if self._idle and used_again else await _Process.start(self._setup)
        self._busy.add(process)
        answered = None
        try:
            answered = await process.ask(msgspec.msgpack.encode(call), context.report)
        finally:
            if answered is not None and used_again:
                self._idle.append(process)
            else:
                code = await finish(process.end())
            self._busy.discard(process)
        if answered is None:
            return Crashed(f"its process ended during the run, with exit code {code}")
        return answered.outcome(time.time())

    async def close(self) -> None:
        """Kill all processes, with the jobs that still run in them."""
        idle, self._idle = self._idle, []
        for process in [*idle, *self._busy]:
            await process.end()
        deadline = asyncio.get_running_loop().time() + CLOSING
        while self._busy and asyncio.get_running_loop().time() < deadline:
            # The callers of `run` remove their processes.
            await asyncio.sleep(0.01)


class _Process:
    """One process, and the pipe on which it answers."""

    def __init__(
        self, process: asyncio.subprocess.Process, answers: asyncio.StreamReader, pipe: asyncio.ReadTransport
    ) -> None:
        self._process = process
        self._answers = answers
        self._pipe = pipe

    @classmethod
    async def start(cls, setup: Setup) -> "_Process":
        """Start a process and return it. A cancellation takes effect only after the start, to leave nothing behind."""
        return await finish(cls._start(setup))

    @classmethod
    async def _start(cls, setup: Setup) -> "_Process":
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "naq.worker.child", str(writing),
                stdin=asyncio.subprocess.PIPE, pass_fds=(writing,), env=_environment(),
            )  # fmt: skip
        finally:
            os.close(writing)
        answers = asyncio.StreamReader()
        pipe, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(reading, "rb", buffering=0)
        )
        started = cls(process, answers, pipe)
        await started._send(msgspec.msgpack.encode(setup))
        return started

    async def ask(self, data: bytes, report: Report) -> Answer | None:
        """Send a job and return its outcome; None when the process ends instead. `report` is given each progress."""
        try:
            await self._send(data)
            while True:
                length = await self._answers.readexactly(LENGTH)
                frame = await self._answers.readexactly(int.from_bytes(length, "big"))
                answered = msgspec.msgpack.decode(frame, type=Answer)
                if answered.kind != "progress":
                    return answered
                report(answered.progress, answered.progress_text)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _send(self, data: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None, "started with a pipe"
        stdin.write(len(data).to_bytes(LENGTH, "big") + data)
        await stdin.drain()

    async def end(self) -> int:
        """Kill the process if it still runs; returns its exit code, negative for a signal."""
        self._pipe.close()
        stdin = self._process.stdin
        if self._process.returncode is None and not self._answers.at_eof():
            self._process.kill()
        if stdin is not None:
            stdin.close()
        return await self._process.wait()


def _environment() -> dict[str, str]:
    # The folder of this library comes first; the first frame sets the whole path later.
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))}
