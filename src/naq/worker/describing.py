"""Encoding the outcome of a job for storage: errors as text of limited length, results as bytes."""

import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from naq.encoding import Serializer, encode_value
from naq.errors import DeserializationError, SerializationError
from naq.job import Job
from naq.worker.settlement import Raised, Returned, Unimportable

# How many characters of an error are kept, as headers and records have limits.
LONGEST_LINE = 1000
LONGEST_TRACEBACK = 16_000


def encoded_result(
    job: Job, value: Any, serializer: Serializer, largest: int, function: Callable[..., Any]
) -> Returned | Raised:
    """Return the outcome of a job that returned `value`: a failure if that is too large or cannot be encoded."""
    if job.options.result_ttl == 0:
        return Returned(None)
    try:
        data = encode_value(value, serializer, f"the result of {job.function}", function)
    except SerializationError as error:
        return Raised(f"SerializationError: {error}", retryable=False, exception=error)
    if len(data) > largest:
        text = f"the result of {job.function} has {len(data)} bytes; the server accepts {largest}"
        return Raised(f"PayloadTooLarge: {text}", retryable=False)
    return Returned(data)


def unreadable(error: DeserializationError) -> Unimportable:
    """Return the outcome of a job of which this worker's version of the function cannot take the typed arguments."""
    return Unimportable(f"not a job for this version: {error}", kind="undecodable", at=time.time())


def one_line(error: BaseException) -> str:
    """Return type and message of an exception as one line of limited length; works also if its `__str__` raises."""
    try:
        text = "".join(traceback.format_exception_only(error))
    # The exception's class or metaclass may define how it is shown, with code that can raise any exception.
    except BaseException:
        text = f"{_name_of(error)}: <no description: it raises>"
    return _encodable(" ".join(text.split()))[:LONGEST_LINE]


def text_of(error: BaseException) -> str:
    """Return the traceback of an exception from the job's code on; of a very long traceback, the end."""
    # Not `error.__traceback__`, as the exception's class may override attribute access.
    own: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    while own is not None and __package__ and own.tb_frame.f_globals.get("__package__") == __package__:
        own = own.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, own))
    # As above: formatting runs code of the exception's class.
    except BaseException:
        text = "".join([*traceback.format_tb(own), one_line(error)])
    return "\n".join(line[:LONGEST_LINE] for line in _encodable(text).splitlines())[-LONGEST_TRACEBACK:]


def _name_of(error: BaseException) -> str:
    """Return the name of an exception's class without calling its metaclass."""
    name: str = type.__dict__["__name__"].__get__(type(error))
    return name


def _encodable(text: str) -> str:
    """Return the text with surrogates escaped: file names that are not UTF-8 contain them."""
    return text.encode(errors="backslashreplace").decode()
