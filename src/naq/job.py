"""A job and its encoding.

A job names its function by import path and contains its arguments as JSON. Arguments that JSON would change are refused
when the job is enqueued. Decoding a pickle can run any code, so pickle is used only if the configurations of both sides
say `cloudpickle`. Nothing here talks to a server.
"""

import copy
import importlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, cast

import msgspec
from typing_extensions import TypeVar

from naq.encoding import Serializer, encode_call, pickle, unpickle
from naq.errors import DeserializationError, InvalidJob, SerializationError, UnknownOption
from naq.functions import check_path, function_path
from naq.names import check_job_id, check_queue_name
from naq.option_values import Priority, problem_with
from naq.records import Cancellation, JobState
from naq.retry import Backoff, RetryDelay, retry_delay
from naq.tasks import Task, task_at
from naq.typed_calls import TYPED, TypedArguments, built_arguments, decode_typed_call, encode_typed_call
from naq.typed_values import UnknownTag

if TYPE_CHECKING:
    from naq.config import Config

# What the function of a job returns. `Job` alone is `Job[Any]`.
Result_co = TypeVar("Result_co", covariant=True, default=Any)


class JobOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The options of a job; for `None`, the worker's configuration applies.

    `max_retries` is how often the job runs again after failures. `retry_delay` is in seconds: one number, a list with a
    number for each failure, or a `Backoff`. `timeout` is the longest time of a run in seconds. `result_ttl` is how many
    seconds the result is kept, 0 for no result. `depends_on` are the ids of jobs that must succeed first. `priority` is
    "high", "normal" or "low"; None counts as "normal". `unique` is a key: while a job with it waits or runs, no
    other is stored on the same queue.
    """

    max_retries: int | None = None
    retry_delay: RetryDelay | None = None
    timeout: float | None = None
    result_ttl: float | None = None
    depends_on: tuple[str, ...] = ()
    priority: Priority | None = None
    unique: str | None = None

    def __post_init__(self) -> None:
        for name in ("max_retries", "timeout", "result_ttl", "priority", "unique"):
            value = getattr(self, name)
            problem = None if value is None else problem_with(name, value)
            if problem is not None:
                raise InvalidJob(problem)
        if self.retry_delay is not None:
            # Converted here too, so that later code finds only the stored form.
            msgspec.structs.force_setattr(self, "retry_delay", retry_delay(self.retry_delay))
        if not isinstance(self.depends_on, (tuple, list)):
            raise InvalidJob(f"depends_on is a tuple of job ids, not {self.depends_on!r}")
        for job_id in self.depends_on:
            check_job_id(job_id)
        msgspec.structs.force_setattr(self, "depends_on", tuple(self.depends_on))


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
        return shown if self.options == _NO_OPTIONS else [*shown, ("options", self.options)]

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
            options = _with_defaults(options or _NO_OPTIONS, task)
        job = cls(
            id=os.urandom(16).hex() if job_id is None else job_id,
            function=path,
            args=tuple(args),
            kwargs=dict(kwargs) if kwargs else {},
            queue="default" if queue is None else queue,
            options=options or _NO_OPTIONS,
            enqueued_at=time.time(),
        )
        if not isinstance(function, str):
            job.__dict__[_FUNCTION] = function
        return job

    def serialize(self, serializer: Serializer = "json") -> bytes:
        """Return the encoded job. Raises `SerializationError` when its arguments cannot be encoded."""
        wire = _Wire(self.id, self.function, self.queue, self.enqueued_at, self.options)
        if serializer == "json":
            try:
                wire.call = msgspec.Raw(encode_call(self.function, self.args, self.kwargs))
            except SerializationError:
                wire = _typed_wire(self)
        else:
            wire.pickled = pickle((self.args, self.kwargs), f"the arguments of {self.function}")
        return _encoder.encode(wire)

    @classmethod
    def deserialize(cls, data: bytes, serializer: Serializer = "json") -> "Job":
        """Return the job in `data`.

        Raises `DeserializationError` for bytes that are not a job and for a pickled job unless `serializer` allows it,
        and `UnknownOption` for a job with an option that a newer version of this library has added.
        """
        try:
            wire, typed = _decoder.decode(data), False
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            found, typed = _read_typed(data), True
            if found is None:
                unknown = _unknown_option(data)
                raise (unknown or DeserializationError(f"not a job: {error}")) from error
            wire = found
        args: Any
        try:
            if typed:
                args, kwargs = decode_typed_call(wire.call)
            elif wire.pickled is not None:
                args, kwargs = unpickle(wire.pickled, serializer)
            else:
                args, kwargs = _call_decoder.decode(wire.call)
            return cls(
                id=wire.id,
                function=wire.function,
                args=args if typed else tuple(args),
                kwargs=kwargs,
                queue=wire.queue,
                options=wire.options,
                enqueued_at=wire.enqueued_at,
            )
        except UnknownTag as error:
            raise UnknownOption(wire.id, wire.function, (f"typed value {str(error)[:100]}",)) from error
        except DeserializationError:
            raise
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
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
    options = _with_defaults(job.options, task)
    return job if options == job.options else msgspec.structs.replace(job, options=options)


def _with_defaults(given: JobOptions, task: Task) -> JobOptions:
    if not task.options:
        return given
    of_task = _options_of(task)
    if given == _NO_OPTIONS:
        return of_task
    missing = {name: value for name, value in task.options if getattr(given, name) is None}
    return msgspec.structs.replace(given, **missing) if missing else given


@lru_cache(maxsize=1024)
def _options_of(task: Task) -> JobOptions:
    return JobOptions(**dict(task.options))


def same_job(first: bytes, second: bytes) -> bool:
    """Return whether two encoded jobs are equal apart from their time; pickled arguments are not compared."""
    try:
        one, other = (_read_typed(data) or _decoder.decode(data) for data in (first, second))
        return (one.id, one.function, one.options) == (other.id, other.function, other.options) and (
            one.pickled is not None or _call_decoder.decode(one.call) == _call_decoder.decode(other.call)
        )
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return False


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


_NO_CALL = msgspec.Raw(b"null")


class _Wire(msgspec.Struct, omit_defaults=True):
    """The encoded form of a job; either `call` or `pickled` is set."""

    id: str
    function: str
    queue: str
    enqueued_at: float
    options: JobOptions = JobOptions()
    call: msgspec.Raw = _NO_CALL
    pickled: bytes | None = None


class _TypedOptions(JobOptions, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The options of a job whose arguments are in their typed form; `typed` is the version of that.

    It is an option, so that an older worker gives the job back, as it does with every option that it does not know.
    """

    typed: int = 0


class _TypedWire(msgspec.Struct):
    """The encoded form of a job with typed arguments."""

    id: str
    function: str
    queue: str
    enqueued_at: float
    options: _TypedOptions
    call: msgspec.Raw


class _AnyOptions(msgspec.Struct):
    """The encoded form of a job with arbitrary options, to find out whether a job has unknown options."""

    id: str
    function: str
    queue: str
    options: dict[str, Any]


_NO_OPTIONS = JobOptions()
# What a job remembers beside its fields, by these names: it is neither compared nor pickled.
_CONFIG = "_config"
_SEQ = "_seq"
_EXISTING = "_existing"
_FUNCTION = "_function"
_retry_delay = retry_delay
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Wire)
_typed_decoder = msgspec.json.Decoder(_TypedWire)
_any_options_decoder = msgspec.json.Decoder(_AnyOptions)
_call_decoder = msgspec.json.Decoder(tuple[list[Any], dict[str, Any]])


def _typed_wire(job: Job) -> _Wire:
    """Return the form of a job with typed values. Raises `SerializationError` for values that have none."""
    call = msgspec.Raw(encode_typed_call(job.function, job.args, job.kwargs))
    options = _TypedOptions(**msgspec.structs.asdict(job.options), typed=TYPED)
    return _Wire(job.id, job.function, job.queue, job.enqueued_at, options, call)


def _read_typed(data: bytes) -> _Wire | None:
    """Return a job with typed arguments, with plain options; None when `data` is another job, or none."""
    try:
        wire = _typed_decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    options = msgspec.structs.asdict(wire.options)
    if options.pop("typed") != TYPED:
        return None
    return _Wire(wire.id, wire.function, wire.queue, wire.enqueued_at, JobOptions(**options), wire.call)


def _unknown_option(data: bytes) -> UnknownOption | None:
    """Return the error for a job with options that only a newer version knows; None if `data` has another fault."""
    try:
        wire = _any_options_decoder.decode(data)
        # Checks id, function and queue.
        job = Job(id=wire.id, function=wire.function, queue=wire.queue)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    known = {*JobOptions.__struct_fields__, *(["typed"] if wire.options.get("typed") == TYPED else [])}
    unknown = [name for name in wire.options if name not in known]
    delay = wire.options.get("retry_delay")
    if isinstance(delay, dict):
        unknown += [f"retry_delay.{name}" for name in delay if name not in Backoff.__struct_fields__]
    return UnknownOption(job.id, job.function, tuple(name[:100] for name in unknown[:10])) if unknown else None


def _path_of(function: Any) -> str:
    if not callable(function):
        raise InvalidJob(f"a job is a function or its import path, not {function!r}")
    return function_path(function)
