"""Running a job's function on the event loop, in a thread or in a process, within its timeout.

Every exception of the function becomes an outcome. Knows functions and outcomes, not messages.
"""

import asyncio
import contextlib
import inspect
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from types import FunctionType
from typing import Any, TypeAlias

from naq.allowed import Allowed
from naq.cancellation import Cut, ended_within
from naq.config import Config
from naq.errors import DeserializationError, NotAllowed, NotRetryable
from naq.job import Job
from naq.job_context import JobContext, begin_job
from naq.typed_calls import Call, built_arguments
from naq.worker.describing import encoded_result, one_line, text_of, unreadable
from naq.worker.processes import Processes
from naq.worker.settlement import Cancelled, Forbidden, Outcome, Raised, Unimportable
from naq.worker.stragglers import Stragglers
from naq.worker.threads import Threads

logger = logging.getLogger(__name__)

AroundJob: TypeAlias = Callable[[Job], AbstractAsyncContextManager[Any]]

# Seconds for a cancelled job to end before the worker stops waiting for it.
CANCEL_GRACE = 2.0


class Executor:
    """Runs jobs of one worker."""

    def __init__(
        self,
        config: Config,
        threads: Threads,
        stragglers: Stragglers,
        largest_result: int,
        around: AroundJob | None = None,
    ) -> None:
        self._config = config
        self._threads = threads
        self._stragglers = stragglers
        self._largest_result = largest_result
        self._around = around
        self._allowed = Allowed(config.worker.allowed)
        self._functions: dict[str, Callable[..., Any]] = {}
        # The imports that are under way, by import path.
        self._finding: dict[str, asyncio.Task[Callable[..., Any] | Unimportable | Forbidden]] = {}
        self._processes: Processes | None = None
        if config.worker.isolation == "process":
            self._processes = Processes(config, largest_result)

    @property
    def isolates(self) -> bool:
        """Whether jobs can run in separate processes."""
        return self._processes is not None

    async def close(self) -> None:
        """End the processes in which jobs run, and wait for imports no more."""
        for finding in self._finding.values():
            finding.cancel()
        await asyncio.gather(*self._finding.values(), return_exceptions=True)
        if self._processes is not None:
            await self._processes.close()

    def found(self, job: Job) -> Callable[..., Any] | None:
        """Return the job's function if a job has used it before, else None."""
        return self._functions.get(job.function)

    async def find(self, job: Job) -> Callable[..., Any] | Unimportable | Forbidden:
        """Return the job's function, or the outcome if it must not run or cannot be imported.

        The module is imported in a thread, as an import may take long; in one thread for all jobs that wait for it.
        """
        path = job.function
        function = self._functions.get(path)
        if function is not None:
            return function
        finding = self._finding.get(path)
        if finding is None:
            finding = self._finding[path] = asyncio.create_task(self._import(path), name=f"naq import {path}")
            finding.add_done_callback(lambda _: self._finding.pop(path))
        # If this job is cancelled, others still wait for the import.
        await ended_within(finding, None)
        return finding.result()

    async def _import(self, path: str) -> Callable[..., Any] | Unimportable | Forbidden:
        try:
            function: Callable[..., Any] = await self._threads.run(self._allowed.resolve, path)
        except asyncio.CancelledError:
            raise
        except NotAllowed as error:
            return Forbidden(str(error))
        # An import runs code, which may raise any exception.
        except BaseException as error:
            text = f"{path} cannot be imported: {one_line(error)}"
            return Unimportable(text, text_of(error), at=time.time())
        self._functions[path] = function
        return function

    async def run(self, job: Job, function: Callable[..., Any], context: JobContext, cut: Cut | None = None) -> Outcome:
        """Call the function with the job's arguments; returns the outcome. A cancellation cancels the function too.

        `context` is what `naq.current_job` returns in the function. When `cut` is made, the function is cancelled, and
        the outcome is `Cancelled`.
        """
        if self._processes is not None and not inspect.iscoroutinefunction(function):
            return await self._run_within(job, self._call_apart(job, self._processes, context, used_again=True), cut)
        try:
            call = built_arguments(function, job.function, job.args, job.kwargs)
        except DeserializationError as error:
            return unreadable(error)
        return await self._run_within(job, self._call(job, function, call, context), cut)

    async def run_apart(self, job: Job, context: JobContext, cut: Cut | None = None) -> Outcome:
        """Find and call the job's function in a separate process that runs no other job; returns the outcome.

        `isolates` must be true. `cut` is that of `run`.
        """
        assert self._processes is not None, "the configuration asks for no processes"
        return await self._run_within(job, self._call_apart(job, self._processes, context, used_again=False), cut)

    async def _run_within(self, job: Job, work: Coroutine[Any, Any, Outcome], cut: Cut | None) -> Outcome:
        task = asyncio.create_task(work, name=f"job {job.id}")
        try:
            # Many coroutine functions end in their first step, and a wait with a limit costs more than they do.
            await asyncio.sleep(0)
            ended = await ended_within(task, job.options.timeout, cut)
        except asyncio.CancelledError:
            task.cancel()
            self._stragglers.leave(task)
            raise
        if not ended:
            left = await self._cancel(task, job)
            if cut is not None and cut.made:
                return Cancelled(ran=True, left=left)
            return Raised(f"TimeoutError: ran longer than its {job.options.timeout:g} s", timed_out=True)
        if task.cancelled():
            return Raised("CancelledError: the job cancelled itself")
        return task.result()

    async def _call(self, job: Job, function: Callable[..., Any], call: Call, context: JobContext) -> Outcome:
        begin_job(context)
        try:
            if self._around is None:
                value = await self._value(function, call)
            else:
                # The value when the hook suppresses the job's exception.
                value = None
                async with self._around(job):
                    value = await self._value(function, call)
            return encoded_result(job, value, self._config.serializer, self._largest_result, function)
        except NotRetryable as error:
            return Raised(one_line(error), text_of(error), retryable=False, exception=error)
        except asyncio.CancelledError:
            raise
        # Every exception is the job's outcome; one that is not an `Exception` would otherwise end the worker.
        except BaseException as error:
            return Raised(one_line(error), text_of(error), exception=error)

    async def _call_apart(self, job: Job, processes: Processes, context: JobContext, *, used_again: bool) -> Outcome:
        begin_job(context)
        try:
            async with self._around(job) if self._around else contextlib.nullcontext():
                return await processes.run(job, context, used_again=used_again)
        except asyncio.CancelledError:
            raise
        # An error of the hook counts as an error of the job.
        except BaseException as error:
            return Raised(one_line(error), text_of(error), exception=error)

    async def _value(self, function: Callable[..., Any], call: Call) -> Any:
        args, kwargs = call
        if _is_coroutine_function(function):
            return await function(*args, **kwargs)
        value = await self._threads.run(function, *args, **kwargs)
        return await value if inspect.isawaitable(value) else value

    async def _cancel(self, task: "asyncio.Task[Any]", job: Job) -> str:
        """Cancel a run that must end; returns what of it still runs, empty for nothing."""
        threads = self._threads.abandoned
        task.cancel()
        try:
            ended = await ended_within(task, CANCEL_GRACE)
        finally:
            # Also if this wait is cancelled.
            self._stragglers.leave(task)
        left = ""
        if not ended:
            left = "its function ignores that it was cancelled, and still runs"
            logger.warning("job %s (%s) still runs although it was cancelled", job.id, job.function)
        elif self._threads.abandoned > threads:
            left = "its function still runs in its thread, which cannot be stopped (see worker.isolation)"
        if self._stragglers.count():
            logger.warning(
                "%d functions still run after their timeout or cancellation; each uses its slot until it ends "
                "(worker.isolation = 'process' would end plain functions)",
                self._stragglers.count(),
            )
        return left


def _is_coroutine_function(function: Callable[..., Any]) -> bool:
    """Return what `inspect.iscoroutinefunction` returns; faster for most coroutine functions."""
    return (
        type(function) is FunctionType and bool(function.__code__.co_flags & inspect.CO_COROUTINE)
    ) or inspect.iscoroutinefunction(function)
