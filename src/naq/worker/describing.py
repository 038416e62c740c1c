"""What came of a job, in a form that can be stored: errors as text of bounded length, results as bytes."""

import traceback
from types import TracebackType
from typing import Any

from naq.errors import SerializationError
from naq.job import Job, Serializer, encode_value
from naq.worker.settlement import Raised, Returned

# Characters of an error that are kept: it goes into headers and records, which have their limits.
LONGEST_LINE = 1000
LONGEST_TRACEBACK = 16_000


def encoded_result(job: Job, value: Any, serializer: Serializer, largest: int) -> Returned | Raised:
    """The outcome of a job that returned `value`: a result that cannot be kept, or is too large, is a failure."""
    if job.options.result_ttl == 0:
        return Returned(None)
    try:
        data = encode_value(value, serializer, f"the result of {job.function}")
    except SerializationError as error:
        return Raised(f"SerializationError: {error}", retryable=False, exception=error)
    if len(data) > largest:
        text = f"the result of {job.function} takes {len(data)} bytes; the server takes {largest}"
        return Raised(f"PayloadTooLarge: {text}", retryable=False)
    return Returned(data)


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
