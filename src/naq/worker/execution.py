"""Running a job's function: on the loop or in a thread, within its time, whatever it raises.

Knows functions and outcomes, not messages.
"""

import asyncio
import contextlib
import inspect
import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, TypeAlias

from naq.allowed import Allowed
from naq.config import Config
from naq.errors import NotAllowed, NotRetryable, SerializationError
from naq.job import Job, encode_value
from naq.worker.settlement import Forbidden, Outcome, Raised, Returned, Unimportable
from naq.worker.stragglers import Stragglers
from naq.worker.threads import Threads

logger = logging.getLogger(__name__)

AroundJob: TypeAlias = Callable[[Job], AbstractAsyncContextManager[Any]]

# How long a cancelled job may take to end before it is left to itself.
CANCEL_GRACE = 2.0
# Characters of an error that are kept: it goes into headers and records, which have their limits.
LONGEST_LINE = 1000
LONGEST_TRACEBACK = 16_000


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

    async def find(self, job: Job) -> Callable[..., Any] | Unimportable | Forbidden:
        """The job's function, if it may be run; a module is imported in a thread, as that may take long."""
        function: Callable[..., Any] | None = self._functions.get(job.function)
        if function is None:
            try:
                function = await self._import(job.function)
            except asyncio.CancelledError:
                raise
            except NotAllowed as error:
                return Forbidden(str(error))
            # A module may raise anything when it is imported.
            except BaseException as error:
                return Unimportable(f"{job.function} cannot be imported: {one_line(error)}", text_of(error))
            self._functions[job.function] = function
        return function

    async def _import(self, path: str) -> Callable[..., Any]:
        function: Callable[..., Any] = await self._threads.run(self._allowed.resolve, path)
        return function

    async def run(self, job: Job, function: Callable[..., Any]) -> Outcome:
        """Call the function with the job's arguments; cancelled, it cancels the function too."""
        task = asyncio.create_task(self._call(job, function), name=f"job {job.id}")
        try:
            done, _ = await asyncio.wait((task,), timeout=job.options.timeout)
        except asyncio.CancelledError:
            task.cancel()
            self._stragglers.leave(task)
            raise
        if not done:
            await self._cancel(task, job)
            return Raised(f"TimeoutError: ran longer than its {job.options.timeout:g} s", timed_out=True)
        if task.cancelled():
            return Raised("CancelledError: the job cancelled itself")
        return task.result()

    async def _call(self, job: Job, function: Callable[..., Any]) -> Outcome:
        try:
            # Stays so when the hook suppresses what the job raises.
            value = None
            async with self._around(job) if self._around else contextlib.nullcontext():
                value = await self._value(function, job)
            return self._returned(job, value)
        except NotRetryable as error:
            return Raised(one_line(error), text_of(error), retryable=False, exception=error)
        except asyncio.CancelledError:
            raise
        # Whatever it raises is the job's outcome; what is not an Exception would otherwise end the whole worker.
        except BaseException as error:
            return Raised(one_line(error), text_of(error), exception=error)

    async def _value(self, function: Callable[..., Any], job: Job) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*job.args, **job.kwargs)
        value = await self._threads.run(function, *job.args, **job.kwargs)
        return await value if inspect.isawaitable(value) else value

    def _returned(self, job: Job, value: Any) -> Outcome:
        if job.options.result_ttl == 0:
            return Returned(None)
        try:
            data = encode_value(value, self._config.serializer, f"the result of {job.function}")
        except SerializationError as error:
            return Raised(f"SerializationError: {error}", retryable=False, exception=error)
        if len(data) > self._largest_result:
            text = f"the result of {job.function} takes {len(data)} bytes; the server takes {self._largest_result}"
            return Raised(f"PayloadTooLarge: {text}", retryable=False)
        return Returned(data)

    async def _cancel(self, task: "asyncio.Task[Any]", job: Job) -> None:
        task.cancel()
        try:
            done, _ = await asyncio.wait((task,), timeout=CANCEL_GRACE)
        finally:
            # Also when this wait is cancelled.
            self._stragglers.leave(task)
        if not done:
            logger.warning("job %s (%s) does not end although it is cancelled", job.id, job.function)
        if self._stragglers.count():
            logger.warning(
                "%d functions go on although their time is over; each holds its slot until it ends "
                "(worker.isolation = 'process' would end plain functions)",
                self._stragglers.count(),
            )


def one_line(error: BaseException) -> str:
    """Type and message of an exception, on one line of bounded length; the message may itself fail to be made."""
    try:
        text = "".join(traceback.format_exception_only(error))
    # A class decides by its metaclass how it is described, and that may raise anything.
    except BaseException:
        text = f"{_name_of(error)}: <no description: it raises>"
    return _carried(" ".join(text.split()))[:LONGEST_LINE]


def text_of(error: BaseException) -> str:
    """The traceback of an exception, from the job's own code on; of one that is very long, the end."""
    # Not `error.__traceback__`: the exception's class may have its own way to look up attributes.
    own: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    while own is not None and __package__ and own.tb_frame.f_globals.get("__package__") == __package__:
        own = own.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, own))
    # As above: it is the job's class that is asked for its description.
    except BaseException:
        text = "".join([*traceback.format_tb(own), one_line(error)])
    return "\n".join(line[:LONGEST_LINE] for line in _carried(text).splitlines())[-LONGEST_TRACEBACK:]


def _name_of(error: BaseException) -> str:
    """The name of an exception's class, read without asking its metaclass."""
    name: str = type.__dict__["__name__"].__get__(type(error))
    return name


def _carried(text: str) -> str:
    """The text in a form that can be stored: file names that are not UTF-8 hold halves of surrogate pairs."""
    return text.encode(errors="backslashreplace").decode()
