"""A job: a call of a function as a value, and a handle for its result and state.

A job names its function by import path; `naq.job_wire` has its encoded form. Nothing here talks to a server.
"""

import copy
import importlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, cast

import msgspec
from typing_extensions import TypeVar

from naq.encoding import Serializer
from naq.errors import DeserializationError, InvalidJob
from naq.functions import check_path, function_path
from naq.job_wire import Wire, decode_job, encode_job
from naq.names import check_job_id, check_queue_name
from naq.option_values import Priority
from naq.options import NO_OPTIONS, with_defaults
from naq.options import JobOptions as JobOptions
from naq.records import Cancellation, JobState
from naq.retry import Backoff, retry_delay
from naq.tasks import task_at
from naq.typed_calls import TypedArguments, built_arguments

if TYPE_CHECKING:
    from naq.config import Config

# What the function of a job returns. `Job` alone is `Job[Any]`.
Result_co = TypeVar("Result_co", covariant=True, default=Any)


class Job(msgspec.Struct, Generic[Result_co], frozen=True, kw_only=True, dict=True):
    """One call of a function, for a worker to run. `Queue.enqueue` returns it; `Job.create` makes it by hand.

    A job is a value: two jobs with equal fields are equal. A job that a queue has returned remembers the queue's
    configuration, which its methods use; this is not part of the value. A job that was made by hand, or unpickled, uses
    `get_config()`.

    Its `repr`, and so each log line, shows only the number of arguments, as they may be secrets.
    """

    id: str
    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    queue: str = "default"
    options: JobOptions = JobOptions()
    enqueued_at: float = 0.0

    def __post_init__(self) -> None:
        check_job_id(self.id)
        check_path(self.function)
        check_queue_name(self.queue)
        if type(self.args) is not tuple or self.kwargs:
            self._check_arguments()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Job({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields that `repr` and rich show."""
        count = len(self.args) + len(self.kwargs)
        shown = [("id", self.id), ("function", self.function), ("queue", self.queue), ("arguments", count)]
        return shown if self.options == NO_OPTIONS else [*shown, ("options", self.options)]

    @property
    def existing(self) -> bool:
        """Whether the job was there already when a job with its unique key was enqueued. Not part of the value."""
        return bool(self.__dict__.get(_EXISTING, False))

    async def result(self, timeout: float = 5.0) -> Result_co:
        """Wait at most `timeout` seconds for the result and return it; raises what `Queue.result` does."""
        return cast(Result_co, await self._queue().result(self, timeout))

    async def status(self) -> JobState:
        """Return the state of the job; raises what `Queue.status` does."""
        return cast(JobState, await self._queue().status(self))

    async def cancel(self, timeout: float = 5.0) -> Cancellation:
        """Cancel the job; returns and raises what `Queue.cancel` does."""
        return cast(Cancellation, await self._queue().cancel(self, timeout))

    def _queue(self) -> Any:
        # `Any`, as queues know jobs: their module is imported here, and not checked.
        return importlib.import_module("naq.queue.core").Queue(self.queue, self.__dict__.get(_CONFIG))

    def _check_arguments(self) -> None:
        if not isinstance(self.args, (tuple, list)):
            raise InvalidJob(f"args is a list or tuple, not of type {type(self.args).__name__}")
        if not isinstance(self.kwargs, dict):
            raise InvalidJob(f"kwargs is a dict, not of type {type(self.kwargs).__name__}")
        for name in self.kwargs:
            if not isinstance(name, str):
                raise InvalidJob(f"argument names are text, not {name!r}")

    @classmethod
    def create(
        cls,
        function: Callable[..., Any] | str,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        options: JobOptions | None = None,
        job_id: str | None = None,
    ) -> "Job":
        """Return a job that calls `function`, an importable function or its path `package.module:name`.

        If the function is registered with `@task`, its options apply where `options` sets none, and its queue where
        `queue` is None; otherwise that is "default". Raises `InvalidJob` for a function that no worker could import,
        and `InvalidName` for a wrong queue name or id.
        """
        path = function if isinstance(function, str) else _path_of(function)
        task = task_at(path)
        if task is not None:
            path, queue = task.path, queue or task.queue
            options = with_defaults(options or NO_OPTIONS, task)
        job = cls(
            id=os.urandom(16).hex() if job_id is None else job_id,
            function=path,
            args=tuple(args),
            kwargs=dict(kwargs) if kwargs else {},
            queue="default" if queue is None else queue,
            options=options or NO_OPTIONS,
            enqueued_at=time.time(),
        )
        if not isinstance(function, str):
            job.__dict__[_FUNCTION] = function
        return job

    def serialize(self, serializer: Serializer = "json") -> bytes:
        """Return the encoded job. Raises `SerializationError` when its arguments cannot be encoded."""
        wire = Wire(self.id, self.function, self.queue, self.enqueued_at, self.options)
        return encode_job(wire, self.args, self.kwargs, serializer)

    @classmethod
    def deserialize(cls, data: bytes, serializer: Serializer = "json") -> "Job":
        """Return the job in `data`.

        Raises `DeserializationError` for bytes that are not a job and for a pickled job unless `serializer` allows it,
        and `UnknownOption` for a job with an option that a newer version of this library has added.
        """
        wire, args, kwargs = decode_job(data, serializer)
        try:
            return cls(
                id=wire.id,
                function=wire.function,
                args=tuple(args) if type(args) is list else args,
                kwargs=kwargs,
                queue=wire.queue,
                options=wire.options,
                enqueued_at=wire.enqueued_at,
            )
        except ValueError as error:
            raise DeserializationError(f"not a job: {error}") from error


def bind(job: Job[Result_co], config: "Config") -> Job[Result_co]:
    """Return the job with the memory that it belongs to a queue of this configuration."""
    if job.__dict__.get(_CONFIG) is config:
        return job
    bound = copy.copy(job)
    bound.__dict__.update(job.__dict__)
    remember(bound, config)
    return bound


def moved(job: Job[Result_co], queue: str) -> Job[Result_co]:
    """Return the job for another queue."""
    if queue == job.queue:
        return job
    there = msgspec.structs.replace(job, queue=queue)
    there.__dict__.update(job.__dict__)
    return there


def with_objects(job: Job) -> Job:
    """Return the job with the objects among its arguments built, if its function is registered in this process.

    They stay as they are where the annotations of the function do not name their classes.
    """
    task = task_at(job.function)
    if task is None or type(job.args) is not TypedArguments:
        return job
    try:
        args, kwargs = built_arguments(task.function, job.function, job.args, job.kwargs)
    except DeserializationError:
        return job
    return msgspec.structs.replace(job, args=TypedArguments(args), kwargs=kwargs)


def function_of(job: Job) -> Callable[..., Any] | None:
    """Return the function with which this process made the job, or the task of its path; None when there is neither."""
    task = task_at(job.function)
    function: Callable[..., Any] | None = job.__dict__.get(_FUNCTION, task and task.function)
    return function


def remember(job: Job, config: "Config") -> None:
    """Have a job that is not shared yet remember that it belongs to a queue of this configuration."""
    job.__dict__[_CONFIG] = config


def note_seq(job: Job, seq: int) -> None:
    """Note the sequence number of the message with the job in the stream."""
    job.__dict__[_SEQ] = seq


def note_existing(job: Job, existing: bool) -> None:
    """Note whether the job was on its queue before the call that returns it."""
    job.__dict__[_EXISTING] = existing


def seq_of(job: Job) -> int:
    """Return the sequence number of the message with the job, 0 if unknown."""
    seq: int = job.__dict__.get(_SEQ, 0)
    return seq


def with_task_options(job: Job) -> Job:
    """Return the job with the options of its `@task` for those that it does not have.

    A worker does that: the program that enqueued the job may not have imported the function.
    """
    task = task_at(job.function)
    if task is None or not task.options:
        return job
    options = with_defaults(job.options, task)
    return job if options == job.options else msgspec.structs.replace(job, options=options)


def job_options(
    *,
    max_retries: int | None = None,
    retry_delay: float | Sequence[float] | Backoff | None = None,
    timeout: float | None = None,
    result_ttl: float | None = None,
    depends_on: "str | Job | Iterable[str | Job]" = (),
    priority: Priority | None = None,
    unique: str | None = None,
) -> JobOptions:
    """Return options; `depends_on` may contain jobs or ids. Raises `InvalidJob` for an option with a wrong value."""
    needed = (depends_on,) if isinstance(depends_on, (str, Job)) else depends_on
    if not isinstance(needed, Iterable):
        raise InvalidJob(f"depends_on is a job, its id, or several of them, not {needed!r}")
    return JobOptions(
        max_retries=max_retries,
        retry_delay=None if retry_delay is None else _retry_delay(retry_delay),
        timeout=timeout,
        result_ttl=result_ttl,
        depends_on=tuple(item.id if isinstance(item, Job) else item for item in needed),
        priority=priority,
        unique=unique,
    )


# What a job remembers beside its fields, by these names: it is neither compared nor pickled.
_CONFIG = "_config"
_SEQ = "_seq"
_EXISTING = "_existing"
_FUNCTION = "_function"
_retry_delay = retry_delay


def _path_of(function: Any) -> str:
    if not callable(function):
        raise InvalidJob(f"a job is a function or its import path, not {function!r}")
    return function_path(function)
