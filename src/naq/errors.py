"""The exception tree of naq. Knows what each error means to a caller; where they are raised is elsewhere.

Errors of nats-py that come from inside a `async with` block are never wrapped: they come out as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from nats.errors import ConnectionClosedError, Error
from nats.js.errors import ServiceUnavailableError

from naq.error_text import error_text

__all__ = [
    "AlreadyDone",
    "ConfigError",
    "ConnectFailed",
    "ConnectionReleased",
    "DeserializationError",
    "EnqueueFailed",
    "InvalidJob",
    "InvalidName",
    "JetStreamDisabled",
    "JobError",
    "JobFailed",
    "JobNotFound",
    "JobTimeout",
    "NaqError",
    "NotAllowed",
    "NotRetryable",
    "PayloadTooLarge",
    "PermissionDenied",
    "SerializationError",
    "ServerNotFound",
    "ServerStartFailed",
    "ServerTooOld",
    "StoreFull",
    "UnknownOption",
]


class NaqError(Exception):
    """Base of everything that naq raises by itself."""


class ConfigError(NaqError, ValueError):
    """A setting is unknown or has a wrong value; each problem names the key and what was expected, never a secret."""

    def __init__(self, problems: str | tuple[str, ...]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else problems
        super().__init__("; ".join(self.problems))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class ConnectFailed(NaqError, ConnectionError):
    """No server could be reached, or the one reached refused us. Nothing is left open.

    `server` names what was tried (no credentials in it), `cause` is the last error seen, `seconds` is the time spent.
    """

    def __init__(self, server: str, cause: BaseException | None, seconds: float) -> None:
        self.server = server
        self.cause = cause
        self.seconds = seconds
        said = "no answer" if cause is None else error_text(cause)
        super().__init__(f"no connection to {server} after {seconds:.2f} s: {said}{_remedy(cause)}")

    def __reduce__(self) -> tuple[type[ConnectFailed], tuple[str, BaseException | None, float]]:
        return type(self), (self.server, self.cause, self.seconds)


class ConnectionReleased(NaqError, ConnectionClosedError):
    """A connection, context or bucket was used after the `async with` block that leased it.

    Also nats-py's `ConnectionClosedError`, which a connection closed by hand would raise in its place.
    """

    def __str__(self) -> str:
        return (
            "this connection was released when its `async with` block ended (or when it was closed in the block); "
            "use it inside the block, or lease another with nats_connection(config)"
        )


class ServerNotFound(NaqError, FileNotFoundError):
    """There is no `nats-server` beside the interpreter or on PATH."""


class ServerStartFailed(NaqError, RuntimeError):
    """A `nats-server` was started and did not come up; the message ends with what it logged."""


class InvalidName(NaqError, ValueError):
    """A name that the server or the library cannot use: a queue, a job id, a schedule."""


class PermissionDenied(NaqError, Error):
    """The server does not permit this user to publish or subscribe to a subject.

    `operation` is `publish` or `subscribe`; `subject` is what the permission is missing for.
    """

    def __init__(self, operation: str, subject: str) -> None:
        self.operation = operation
        self.subject = subject
        super().__init__(operation, subject)

    def __str__(self) -> str:
        return f'the server gives this user no permission to {self.operation} to "{self.subject}"'


class JetStreamDisabled(NaqError, ServiceUnavailableError):
    """The server, or with `account` the account of this user, has no JetStream, and jobs cannot be kept there."""

    def __init__(self, *, account: bool = False) -> None:
        super().__init__(code=503)
        self.account = account

    def __str__(self) -> str:
        if self.account:
            return "this user's account has no JetStream, which keeps the jobs: enable it in the server's configuration"
        return "the server has no JetStream, which keeps the jobs: start it with `naq server` or `nats-server -js`"

    def __reduce__(self) -> tuple[Callable[..., JetStreamDisabled], tuple[bool]]:
        return _jetstream_disabled, (self.account,)


class ServerTooOld(NaqError):
    """The connected server lacks a feature that the call needs."""


class JobError(NaqError):
    """Something is wrong with a job or with what was asked of it."""


class InvalidJob(JobError, ValueError):
    """A job that could not be run as described: its function, its options or its time."""


class NotAllowed(JobError):
    """A job names a function that the worker was not given: not registered with `@task`, not of `worker.modules`."""


class SerializationError(JobError, ValueError):
    """Arguments or a result that cannot be carried to the other side."""


class DeserializationError(JobError, ValueError):
    """Bytes that are not a job, or not one that may be decoded here."""


class UnknownOption(DeserializationError):
    """A job with options that this version does not know: the one that enqueued it is newer.

    `job_id`, `function` and `options`, the names that are not known, say which job it is.
    """

    def __init__(self, job_id: str, function: str, options: tuple[str, ...]) -> None:
        self.job_id = job_id
        self.function = function
        self.options = options
        super().__init__(f"job {job_id} has options that this version does not know: {', '.join(options)}")

    def __reduce__(self) -> tuple[type[UnknownOption], tuple[str, str, tuple[str, ...]]]:
        return type(self), (self.job_id, self.function, self.options)


class EnqueueFailed(JobError):
    """The server has not confirmed that it stored a job.

    `job_id` is the job's; `refused` is true when the server said no, so that the job is certainly not stored,
    and false when no answer came, so that it may be. `code` is the server's own number for its refusal, else 0.
    """

    def __init__(self, message: str, job_id: str, *, refused: bool, code: int = 0) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.refused = refused
        self.code = code

    def __reduce__(self) -> tuple[Callable[..., EnqueueFailed], tuple[type[EnqueueFailed], str, str, bool, int]]:
        return _enqueue_failed, (type(self), str(self), self.job_id, self.refused, self.code)


class AlreadyDone(EnqueueFailed):
    """The job is not stored: it was enqueued within the last `queue.duplicate_window` seconds, and it is done.

    A program that repeats its calls has nothing left to do; for another run, make another job.
    """


class StoreFull(EnqueueFailed):
    """The job is not stored: the server, the account or the stream has no room for it.

    Workers make room: enqueue it again later.
    """


class JobNotFound(JobError, LookupError):
    """No job, schedule or failed entry with this id."""


class JobFailed(JobError):
    """The job whose result was asked for has failed for good; `traceback` is the worker's, as text."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class JobTimeout(JobError, TimeoutError):
    """A job ran longer than its own timeout, or its result did not come in time."""


class PayloadTooLarge(SerializationError):
    """A job or a result that is larger than what the server takes in one message."""


class NotRetryable(JobError):
    """Raised by a job's function to fail for good, whatever retries are left."""


def _jetstream_disabled(account: bool) -> JetStreamDisabled:
    """For pickle, which knows no keyword arguments."""
    return JetStreamDisabled(account=account)


def _enqueue_failed(kind: type[EnqueueFailed], message: str, job_id: str, refused: bool, code: int) -> EnqueueFailed:
    """For pickle, which knows no keyword arguments."""
    return kind(message, job_id, refused=refused, code=code)


def _remedy(cause: BaseException | None) -> str:
    """A hint where nothing answered; a server that refuses has said why."""
    if cause is None or isinstance(cause, (OSError, TimeoutError)):
        return ". Is a NATS server running there? `naq server` starts one; NAQ_NATS__SERVERS or --server names another"
    return ""
