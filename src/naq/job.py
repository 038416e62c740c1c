"""A job and its form on the wire.

A job names its function by import path and carries its arguments as JSON. Arguments that would not come out
of JSON as they went in are refused where the job is made. Pickle runs code while it decodes, so it is used
only where the configuration of both sides says `cloudpickle`. Nothing here talks to a server.
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
# The server counts nanoseconds in 64 bits, and refuses what does not fit.
LONGEST_TTL = 100 * 366 * 86_400
# An event loop counts in floats, and raises for a number that does not fit into a float.
LONGEST_RUN = 100 * 366 * 86_400


class JobOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a job asks of the worker that runs it; `None` leaves it to the worker's configuration.

    `max_retries` counts runs after the first failed one. `retry_delay` is in seconds: one number, a list with one
    for each failure, or a `Backoff`. `timeout` is the longest run in seconds. `result_ttl` is how many seconds the
    result is kept, 0 for not at all. `depends_on` names jobs that must have succeeded before this one runs.
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
            # Lists become tuples here too, so that each form which is accepted can be counted on later.
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
    """One call of a function, to be run by a worker. Make it with `Job.create`.

    Its `repr`, and so a log line, shows how many arguments there are and none of them: they may be secrets.
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
        """What `repr` shows, also by rich."""
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
        """A job that calls `function`, an importable function or its path `package.module:name`.

        Raises `InvalidJob` for a function that no worker could import and `InvalidName` for a bad queue or id.
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
        """The job as bytes; `SerializationError` when the serializer cannot carry its arguments."""
        wire = _Wire(self.id, self.function, self.queue, self.enqueued_at, self.options)
        if serializer == "json":
            wire.call = msgspec.Raw(_encode_call(self))
        else:
            wire.pickled = _pickle((self.args, self.kwargs), f"the arguments of {self.function}")
        return _encoder.encode(wire)

    @classmethod
    def deserialize(cls, data: bytes, serializer: Serializer = "json") -> "Job":
        """The job in these bytes.

        Raises `DeserializationError` for other bytes, and for a pickled job where pickle is not asked for;
        `UnknownOption` for a job with an option that a newer version of this library has added.
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
    """Whether two encoded jobs are the same but for when they were made; pickled arguments are not compared."""
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
    """Options from the forms that are convenient to write; `InvalidJob` names the one that is wrong."""
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
    """A result as bytes, in JSON or pickled; `SerializationError`, naming `what`, when it cannot be carried."""
    if serializer == "cloudpickle":
        return _pickle(value, what)
    return _encode_exactly(value, lambda: _find_lossy(value, what))


def decode_value(data: bytes, serializer: Serializer) -> Any:
    """What `encode_value` encoded with the same serializer."""
    return _unpickle(data, serializer) if serializer == "cloudpickle" else msgspec.json.decode(data)


# What JSON has a form for; a tuple comes back as a list.
_PLAIN = (type(None), bool, int, float, str, list, tuple, dict)
_NO_CALL = msgspec.Raw(b"null")


class _Wire(msgspec.Struct, omit_defaults=True):
    """The form on the wire; short and closed to the pickled form unless that is asked for."""

    id: str
    function: str
    queue: str
    enqueued_at: float
    options: JobOptions = JobOptions()
    call: msgspec.Raw = _NO_CALL
    pickled: bytes | None = None


class _AnyOptions(msgspec.Struct):
    """The form on the wire with options of any kind, to see whether it is they that are not known."""

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
    """The error for a job with options that only a newer version knows; None when something else is wrong with it."""
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
        # Takes plain types alone, all the way down, and looks at them faster than any loop here.
        marshal.dumps(call)
    except ValueError as error:
        try:
            found = _find_derived_argument(job)
        except RecursionError:
            found = f"the arguments of {job.function} are nested too deep"
        if found is not None:
            raise SerializationError(f"JSON cannot carry it: {found}") from error
    return data


def _encode_exactly(value: Any, find_lossy: Callable[[], str | None]) -> bytes:
    """The value as JSON, if decoding it gives the value back; tuples may come back as lists."""
    try:
        data = _encoder.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"JSON cannot carry it: {find_lossy() or error}") from error
    if msgspec.json.decode(data) != value:
        lossy = find_lossy()
        if lossy is not None:
            raise SerializationError(f"JSON cannot carry it: {lossy}")
    return data


def _find_lossy_argument(job: Job) -> str | None:
    named = [(f"argument {index + 1} of {job.function}", value) for index, value in enumerate(job.args)]
    named += [(f"argument {name!r} of {job.function}", value) for name, value in job.kwargs.items()]
    return next((text for where, value in named if (text := _find_lossy(value, where))), None)


def _find_derived_argument(job: Job) -> str | None:
    """The first value that is an Enum, a named tuple or of another type derived from a plain one."""
    named = [(f"argument {index + 1} of {job.function}", value) for index, value in enumerate(job.args)]
    named += [(f"argument {name!r} of {job.function}", value) for name, value in job.kwargs.items()]
    return next((text for where, value in named if (text := _find_derived(value, where))), None)


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
    """Where and what in a value does not survive JSON; None when nothing is found."""
    if value is None or isinstance(value, (bool, int)):
        return None
    if isinstance(value, str):
        return None if value.isascii() or _is_text(value) else f"{where} is text with half of a surrogate pair"
    if isinstance(value, float):
        return None if float("-inf") < value < float("inf") else f"{where} is {value}, which JSON has no number for"
    if depth > 100:
        return f"{where} is nested more than 100 deep"
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
    # Pickling calls __reduce__ of foreign objects, which may raise anything.
    except Exception as error:
        raise SerializationError(f"{what} cannot be pickled: {error}") from error
    return data


def _unpickle(data: bytes, serializer: Serializer) -> Any:
    if serializer != "cloudpickle":
        raise DeserializationError("it is pickled, which runs code; this Config's serializer is json, so it is refused")
    cloudpickle = _cloudpickle()
    try:
        return cloudpickle.loads(data)
    # Unpickling runs code of foreign objects, which may raise anything.
    except Exception as error:
        raise DeserializationError(f"it cannot be unpickled: {type(error).__name__}: {error}") from error


def _cloudpickle() -> Any:
    """The library that pickles, imported only when it is asked for: nothing else here can run code from bytes."""
    try:
        return importlib.import_module("cloudpickle")
    except ModuleNotFoundError:
        raise SerializationError("serializer 'cloudpickle' needs it: pip install 'naq[cloudpickle]'") from None
