"""A job and its encoding.

A job names its function by import path and contains its arguments as JSON. Arguments that JSON would change are refused
when the job is enqueued. Decoding a pickle can run any code, so pickle is used only if the configurations of both sides
say `cloudpickle`. Nothing here talks to a server.
"""

import importlib
import marshal
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias

import msgspec

from naq.errors import DeserializationError, InvalidJob, SerializationError, UnknownOption
from naq.functions import check_path, function_path
from naq.names import check_job_id, check_queue_name
from naq.retry import Backoff, RetryDelay, retry_delay

Serializer: TypeAlias = Literal["json", "cloudpickle"]

MAX_RETRIES = 1_000_000
# The server counts nanoseconds in 64 bits, and refuses larger values.
LONGEST_TTL = 100 * 366 * 86_400
# The event loop raises for times that are too large for a float.
LONGEST_RUN = 100 * 366 * 86_400


class JobOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The options of a job; for `None`, the worker's configuration applies.

    `max_retries` is how often the job runs again after failures. `retry_delay` is in seconds: one number, a list with a
    number for each failure, or a `Backoff`. `timeout` is the longest time of a run in seconds. `result_ttl` is how many
    seconds the result is kept, 0 for no result. `depends_on` are the ids of jobs that must succeed first.
    """

    max_retries: int | None = None
    retry_delay: RetryDelay | None = None
    timeout: float | None = None
    result_ttl: float | None = None
    depends_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_retries is not None:
            if type(self.max_retries) is not int or not 0 <= self.max_retries <= MAX_RETRIES:
                raise InvalidJob(f"max_retries is a whole number from 0 to {MAX_RETRIES}, not {self.max_retries!r}")
        if self.retry_delay is not None:
            # Converted here too, so that later code finds only the stored form.
            msgspec.structs.force_setattr(self, "retry_delay", retry_delay(self.retry_delay))
        if self.timeout is not None and not (_is_number(self.timeout) and 0 < self.timeout <= LONGEST_RUN):
            raise InvalidJob(f"timeout is a number of seconds above 0, at most 100 years, not {self.timeout!r}")
        if self.result_ttl is not None and not (_is_number(self.result_ttl) and 0 <= self.result_ttl <= LONGEST_TTL):
            raise InvalidJob(
                f"result_ttl is a number of seconds, 0 for no result, at most 100 years, not {self.result_ttl!r}"
            )
        if not isinstance(self.depends_on, (tuple, list)):
            raise InvalidJob(f"depends_on is a tuple of job ids, not {self.depends_on!r}")
        for job_id in self.depends_on:
            check_job_id(job_id)
        msgspec.structs.force_setattr(self, "depends_on", tuple(self.depends_on))


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a function, for a worker to run. `Job.create` makes it.

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
        queue: str = "default",
        options: JobOptions | None = None,
        job_id: str | None = None,
    ) -> "Job":
        """Return a job that calls `function`, an importable function or its path `package.module:name`.

        Raises `InvalidJob` for a function that no worker could import, and `InvalidName` for a wrong queue name or id.
        """
        return cls(
            id=os.urandom(16).hex() if job_id is None else job_id,
            function=function if isinstance(function, str) else _path_of(function),
            args=tuple(args),
            kwargs=dict(kwargs) if kwargs else {},
            queue=queue,
            options=options or _NO_OPTIONS,
            enqueued_at=time.time(),
        )

    def serialize(self, serializer: Serializer = "json") -> bytes:
        """Return the encoded job. Raises `SerializationError` when its arguments cannot be encoded."""
        wire = _Wire(self.id, self.function, self.queue, self.enqueued_at, self.options)
        if serializer == "json":
            wire.call = msgspec.Raw(_encode_call(self))
        else:
            wire.pickled = _pickle((self.args, self.kwargs), f"the arguments of {self.function}")
        return _encoder.encode(wire)

    @classmethod
    def deserialize(cls, data: bytes, serializer: Serializer = "json") -> "Job":
        """Return the job in `data`.

        Raises `DeserializationError` for bytes that are not a job and for a pickled job unless `serializer` allows it,
        and `UnknownOption` for a job with an option that a newer version of this library has added.
        """
        try:
            wire = _decoder.decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            unknown = _unknown_option(data)
            raise (unknown or DeserializationError(f"not a job: {error}")) from error
        try:
            if wire.pickled is not None:
                args, kwargs = _unpickle(wire.pickled, serializer)
            else:
                args, kwargs = _call_decoder.decode(wire.call)
            return cls(
                id=wire.id,
                function=wire.function,
                args=tuple(args),
                kwargs=kwargs,
                queue=wire.queue,
                options=wire.options,
                enqueued_at=wire.enqueued_at,
            )
        except DeserializationError:
            raise
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            raise DeserializationError(f"not a job: {error}") from error


def same_job(first: bytes, second: bytes) -> bool:
    """Return whether two encoded jobs are equal apart from their time; pickled arguments are not compared."""
    try:
        one, other = _decoder.decode(first), _decoder.decode(second)
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
    )


def encode_value(value: Any, serializer: Serializer, what: str) -> bytes:
    """Return a result as JSON or pickled. Raises `SerializationError`, which names `what`, if it cannot be encoded."""
    if serializer == "cloudpickle":
        return _pickle(value, what)
    return _encode_exactly(value, lambda: _find_lossy(value, what))


def decode_value(data: bytes, serializer: Serializer) -> Any:
    """Return the value that `encode_value` has encoded with the same serializer. Raises `DeserializationError`."""
    return _unpickle(data, serializer) if serializer == "cloudpickle" else msgspec.json.decode(data)


# Types that JSON can encode; a tuple becomes a list.
_PLAIN = (type(None), bool, int, float, str, list, tuple, dict)
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


class _AnyOptions(msgspec.Struct):
    """The encoded form of a job with arbitrary options, to find out whether a job has unknown options."""

    id: str
    function: str
    queue: str
    options: dict[str, Any]


_NO_OPTIONS = JobOptions()
_retry_delay = retry_delay
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Wire)
_any_options_decoder = msgspec.json.Decoder(_AnyOptions)
_call_decoder = msgspec.json.Decoder(tuple[list[Any], dict[str, Any]])


def _unknown_option(data: bytes) -> UnknownOption | None:
    """Return the error for a job with options that only a newer version knows; None if `data` has another fault."""
    try:
        wire = _any_options_decoder.decode(data)
        # Checks id, function and queue.
        job = Job(id=wire.id, function=wire.function, queue=wire.queue)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    unknown = [name for name in wire.options if name not in JobOptions.__struct_fields__]
    delay = wire.options.get("retry_delay")
    if isinstance(delay, dict):
        unknown += [f"retry_delay.{name}" for name in delay if name not in Backoff.__struct_fields__]
    return UnknownOption(job.id, job.function, tuple(name[:100] for name in unknown[:10])) if unknown else None


def _path_of(function: Any) -> str:
    if not callable(function):
        raise InvalidJob(f"a job is a function or its import path, not {function!r}")
    return function_path(function)


def _encode_call(job: Job) -> bytes:
    call = [list(job.args), job.kwargs]
    data = _encode_exactly(call, lambda: _find_lossy_argument(job) or _find_derived_argument(job))
    try:
        # Raises ValueError for any type but the plain ones, at any depth, and is faster than a loop here.
        marshal.dumps(call)
    except ValueError as error:
        try:
            found = _find_derived_argument(job)
        except RecursionError:
            found = f"the arguments of {job.function} are nested too deeply"
        if found is not None:
            raise SerializationError(f"JSON cannot encode the arguments: {found}") from error
    return data


def _encode_exactly(value: Any, find_lossy: Callable[[], str | None]) -> bytes:
    """Return the value as JSON. Raises `SerializationError` if decoding would change it, except tuples into lists."""
    try:
        data = _encoder.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"JSON cannot encode the value: {find_lossy() or error}") from error
    if msgspec.json.decode(data) != value:
        lossy = find_lossy()
        if lossy is not None:
            raise SerializationError(f"JSON cannot encode the value: {lossy}")
    return data


def _find_lossy_argument(job: Job) -> str | None:
    """Return a description of the first value that JSON would change; None when there is none."""
    return next((text for where, value in _named_arguments(job) if (text := _find_lossy(value, where))), None)


def _find_derived_argument(job: Job) -> str | None:
    """Return a description of the first Enum, named tuple or other value of a type derived from a plain one."""
    return next((text for where, value in _named_arguments(job) if (text := _find_derived(value, where))), None)


def _named_arguments(job: Job) -> list[tuple[str, Any]]:
    named = [(f"argument {index + 1} of {job.function}", value) for index, value in enumerate(job.args)]
    return named + [(f"argument {name!r} of {job.function}", value) for name, value in job.kwargs.items()]


def _find_derived(value: Any, where: str) -> str | None:
    kind = type(value)
    if kind not in _PLAIN:
        return f"{where} is of type {kind.__name__}, and would arrive as {_plain_name(value)}; {_instead(value)}"
    if kind in (list, tuple):
        found = (_find_derived(item, f"{where}[{index}]") for index, item in enumerate(value))
        return next((text for text in found if text), None)
    if kind is dict:
        for key, item in value.items():
            text = _find_derived(key, f"a key of {where}") or _find_derived(item, f"{where}[{key!r}]")
            if text:
                return text
    return None


def _plain_name(value: Any) -> str:
    plain = next((kind for kind in _PLAIN if isinstance(value, kind)), object)
    return "list" if plain is tuple else plain.__name__


def _instead(value: Any) -> str:
    if isinstance(value, Enum):
        return "pass its value or its name"
    if isinstance(value, tuple):
        return "pass a list or a dict"
    return f"pass {_plain_name(value)}(...) of it"


def _find_lossy(value: Any, where: str, depth: int = 0) -> str | None:
    """Return a description of the first part of a value that JSON would change; None when there is none."""
    if value is None or isinstance(value, (bool, int)):
        return None
    if isinstance(value, str):
        return None if value.isascii() or _is_text(value) else f"{where} is text with half of a surrogate pair"
    if isinstance(value, float):
        return None if float("-inf") < value < float("inf") else f"{where} is {value}, which JSON has no number for"
    if depth > 100:
        return f"{where} is nested more than 100 levels deep"
    if isinstance(value, (list, tuple)):
        found = (_find_lossy(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value))
        return next((text for text in found if text), None)
    if isinstance(value, dict):
        return _find_lossy_entry(value, where, depth)
    return f"{where} is of type {type(value).__name__}; pass text, numbers, lists and dicts, or use cloudpickle"


def _find_lossy_entry(value: dict[Any, Any], where: str, depth: int) -> str | None:
    for key, item in value.items():
        if not isinstance(key, str):
            return f"{where} has the key {key!r}, and keys are text in JSON"
        found = _find_lossy(item, f"{where}[{key!r}]", depth + 1)
        if found:
            return found
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _pickle(value: Any, what: str) -> bytes:
    cloudpickle = _cloudpickle()
    try:
        data: bytes = cloudpickle.dumps(value)
    # Pickling calls `__reduce__` of arbitrary objects, which may raise any exception.
    except Exception as error:
        raise SerializationError(f"{what} cannot be pickled: {error}") from error
    return data


def _unpickle(data: bytes, serializer: Serializer) -> Any:
    if serializer != "cloudpickle":
        raise DeserializationError("a pickle is refused, as it can run code; this Config's serializer is json")
    cloudpickle = _cloudpickle()
    try:
        return cloudpickle.loads(data)
    # Unpickling runs code of arbitrary objects, which may raise any exception.
    except Exception as error:
        raise DeserializationError(f"a pickle cannot be decoded: {type(error).__name__}: {error}") from error


def _cloudpickle() -> Any:
    """Return the module cloudpickle, imported only if it is configured: no other code here can run code from bytes."""
    try:
        return importlib.import_module("cloudpickle")
    except ModuleNotFoundError:
        raise SerializationError("serializer 'cloudpickle' needs the package: pip install 'naq[cloudpickle]'") from None
