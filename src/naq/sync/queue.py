"""`Queue` and `ScheduledQueue` without `await`."""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from naq.config import Config
from naq.job import Job, JobOptions
from naq.queue import core, scheduled
from naq.sync.background import call

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def _blocking(
    method: Callable[Concatenate[Any, Parameters], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[Any, Parameters], Result]:
    """Return the method of the asynchronous object as one that waits."""

    @functools.wraps(method)
    def waiting(self: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return call(method, self.asynchronous, *args, **kwargs)

    return waiting


def _takes(
    _: Callable[Concatenate[Any, Parameters], Any],
) -> Callable[[Callable[..., Result]], Callable[Concatenate[Any, Parameters], Result]]:
    """Return a decorator for a method that passes its arguments on to this method of the asynchronous object."""
    return lambda method: method


class Queue:
    """A named queue of jobs, see `naq.Queue`; `asynchronous` is the queue whose methods it calls.

    Its jobs are those of `naq.Queue`: ask the queue for their result and status, as the methods of a job need `await`.
    """

    def __init__(
        self, name: str | None = None, config: Config | None = None, *, options: JobOptions | None = None
    ) -> None:
        self.asynchronous = core.Queue(name, config, options=options)

    def __repr__(self) -> str:
        return f"sync.{self.asynchronous!r}"

    @staticmethod
    def of(asynchronous: core.Queue) -> "Queue":
        """Return the queue that calls the methods of this one."""
        queue = Queue.__new__(Queue)
        queue.asynchronous = asynchronous
        return queue

    @property
    def name(self) -> str:
        """The name of the queue."""
        return self.asynchronous.name

    @property
    def config(self) -> Config:
        """The settings of the queue."""
        return self.asynchronous.config

    setup = _blocking(core.Queue.setup)
    enqueue_batch = _blocking(core.Queue.enqueue_batch)
    dequeue = _blocking(core.Queue.dequeue)
    depth = _blocking(core.Queue.depth)
    peek = _blocking(core.Queue.peek)
    purge = _blocking(core.Queue.purge)
    status = _blocking(core.Queue.status)
    cancel = _blocking(core.Queue.cancel)

    @_takes(core.Queue.options)
    def options(self, **options: Any) -> "Queue":
        """Return a copy of this queue whose jobs also have these options, see `naq.Queue.options`."""
        return Queue.of(self.asynchronous.options(**options))

    @overload
    def job(
        self,
        function: Callable[Parameters, Awaitable[Result]],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Job[Result]: ...
    @overload
    def job(
        self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Job[Result]: ...
    @overload
    def job(self, function: Job[Result], /) -> Job[Result]: ...
    @overload
    def job(self, function: str, /, *args: Any, **kwargs: Any) -> Job: ...
    def job(self, function: Any, /, *args: Any, **kwargs: Any) -> Job:
        """Return a job of this queue, without enqueueing it; see `naq.Queue.job`."""
        return self.asynchronous.job(function, *args, **kwargs)

    @overload
    def enqueue(
        self,
        function: Callable[Parameters, Awaitable[Result]],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Job[Result]: ...
    @overload
    def enqueue(
        self, function: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Job[Result]: ...
    @overload
    def enqueue(self, function: Job[Result], /) -> Job[Result]: ...
    @overload
    def enqueue(self, function: str, /, *args: Any, **kwargs: Any) -> Job: ...
    def enqueue(self, function: Any, /, *args: Any, **kwargs: Any) -> Job:
        """Put a job at the end of the queue, and return it when the server has stored it; see `naq.Queue.enqueue`."""
        return call(self.asynchronous.enqueue, function, *args, **kwargs)

    @overload
    def result(self, job: Job[Result], timeout: float = 5.0) -> Result: ...
    @overload
    def result(self, job: str, timeout: float = 5.0) -> Any: ...
    def result(self, job: Any, timeout: float = 5.0) -> Any:
        """Wait at most `timeout` seconds for the result of a job and return it; see `naq.Queue.result`."""
        return call(self.asynchronous.result, job, timeout)


class ScheduledQueue:
    """The schedules of one queue, see `naq.queue.scheduled.ScheduledQueue`."""

    def __init__(
        self, name: str = "default", config: Config | None = None, *, options: JobOptions | None = None
    ) -> None:
        self.asynchronous = scheduled.ScheduledQueue(name, config, options=options)

    schedule = _blocking(scheduled.ScheduledQueue.schedule)
    list = _blocking(scheduled.ScheduledQueue.list)
    get = _blocking(scheduled.ScheduledQueue.get)
    cancel = _blocking(scheduled.ScheduledQueue.cancel)
    modify = _blocking(scheduled.ScheduledQueue.modify)

    @overload
    def enqueue_at(
        self,
        when: datetime,
        function: Callable[Parameters, Awaitable[Result]],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Job[Result]: ...
    @overload
    def enqueue_at(
        self,
        when: datetime,
        function: Callable[Parameters, Result],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Job[Result]: ...
    @overload
    def enqueue_at(self, when: datetime, function: Job[Result], /) -> Job[Result]: ...
    @overload
    def enqueue_at(self, when: datetime, function: str, /, *args: Any, **kwargs: Any) -> Job: ...
    def enqueue_at(self, when: datetime, function: Any, /, *args: Any, **kwargs: Any) -> Job:
        """Enqueue a job at a time; see the asynchronous method."""
        return call(self.asynchronous.enqueue_at, when, function, *args, **kwargs)

    @overload
    def enqueue_in(
        self,
        delay: timedelta | float,
        function: Callable[Parameters, Awaitable[Result]],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Job[Result]: ...
    @overload
    def enqueue_in(
        self,
        delay: timedelta | float,
        function: Callable[Parameters, Result],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Job[Result]: ...
    @overload
    def enqueue_in(self, delay: timedelta | float, function: Job[Result], /) -> Job[Result]: ...
    @overload
    def enqueue_in(self, delay: timedelta | float, function: str, /, *args: Any, **kwargs: Any) -> Job: ...
    def enqueue_in(self, delay: timedelta | float, function: Any, /, *args: Any, **kwargs: Any) -> Job:
        """Enqueue a job after a delay in seconds or a timedelta; see the asynchronous method."""
        return call(self.asynchronous.enqueue_in, delay, function, *args, **kwargs)
