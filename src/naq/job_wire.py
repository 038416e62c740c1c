"""The encoded form of a job: JSON, in which its arguments are JSON, in their typed form, or pickled.

A job whose arguments are in their typed form has an option more, so that an older worker gives it back.
"""

from typing import Any

import msgspec

from naq.encoding import Serializer, encode_call, pickle, unpickle
from naq.errors import DeserializationError, SerializationError, UnknownOption
from naq.functions import check_path
from naq.names import check_job_id, check_queue_name
from naq.options import JobOptions
from naq.retry import Backoff
from naq.typed_calls import TYPED, decode_typed_call, encode_typed_call
from naq.typed_values import UnknownTag

_NO_CALL = msgspec.Raw(b"null")


class Wire(msgspec.Struct, omit_defaults=True):
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


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Wire)
_typed_decoder = msgspec.json.Decoder(_TypedWire)
_any_options_decoder = msgspec.json.Decoder(_AnyOptions)
_call_decoder = msgspec.json.Decoder(tuple[list[Any], dict[str, Any]])


def encode_job(wire: Wire, args: tuple[Any, ...], kwargs: dict[str, Any], serializer: Serializer) -> bytes:
    """Return the encoded job. Raises `SerializationError` when its arguments cannot be encoded."""
    if serializer == "json":
        try:
            wire.call = msgspec.Raw(encode_call(wire.function, args, kwargs))
        except SerializationError:
            _make_typed(wire, args, kwargs)
    else:
        wire.pickled = pickle((args, kwargs), f"the arguments of {wire.function}")
    return _encoder.encode(wire)


def decode_job(data: bytes, serializer: Serializer) -> tuple[Wire, Any, Any]:
    """Return a job with the arguments by position and by name, which may be of any type if they were pickled.

    Raises `DeserializationError` for bytes that are not a job and for a pickled job unless `serializer` allows it, and
    `UnknownOption` for a job with an option that a newer version of this library has added.
    """
    try:
        wire, typed = _decoder.decode(data), False
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        found, typed = _read_typed(data), True
        if found is None:
            unknown = _unknown_option(data)
            raise (unknown or DeserializationError(f"not a job: {error}")) from error
        wire = found
    try:
        if typed:
            return wire, *decode_typed_call(wire.call)
        if wire.pickled is None:
            return wire, *_call_decoder.decode(wire.call)
        args, kwargs = unpickle(wire.pickled, serializer)
        return wire, args, kwargs
    except UnknownTag as error:
        raise UnknownOption(wire.id, wire.function, (f"typed value {str(error)[:100]}",)) from error
    except DeserializationError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise DeserializationError(f"not a job: {error}") from error


def same_job(first: bytes, second: bytes) -> bool:
    """Return whether two encoded jobs are equal apart from their time; pickled arguments are not compared."""
    try:
        one, other = (_read_typed(data) or _decoder.decode(data) for data in (first, second))
        return (one.id, one.function, one.options) == (other.id, other.function, other.options) and (
            one.pickled is not None or _call_decoder.decode(one.call) == _call_decoder.decode(other.call)
        )
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return False


def _make_typed(wire: Wire, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Give a job its typed form. Raises `SerializationError` for values that have none."""
    wire.call = msgspec.Raw(encode_typed_call(wire.function, args, kwargs))
    wire.options = _TypedOptions(**msgspec.structs.asdict(wire.options), typed=TYPED)


def _read_typed(data: bytes) -> Wire | None:
    """Return a job with typed arguments, with plain options; None when `data` is another job, or none."""
    try:
        wire = _typed_decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    options = msgspec.structs.asdict(wire.options)
    if options.pop("typed") != TYPED:
        return None
    return Wire(wire.id, wire.function, wire.queue, wire.enqueued_at, JobOptions(**options), wire.call)


def _unknown_option(data: bytes) -> UnknownOption | None:
    """Return the error for a job with options that only a newer version knows; None if `data` has another fault."""
    try:
        wire = _any_options_decoder.decode(data)
        job_id, function = check_job_id(wire.id), check_path(wire.function)
        check_queue_name(wire.queue)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    known = {*JobOptions.__struct_fields__, *(["typed"] if wire.options.get("typed") == TYPED else [])}
    unknown = [name for name in wire.options if name not in known]
    delay = wire.options.get("retry_delay")
    if isinstance(delay, dict):
        unknown += [f"retry_delay.{name}" for name in delay if name not in Backoff.__struct_fields__]
    return UnknownOption(job_id, function, tuple(name[:100] for name in unknown[:10])) if unknown else None
