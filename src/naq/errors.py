"""The exceptions of naq, and what each of them means to a caller.

Errors of nats-py that are raised inside an `async with` block are never wrapped: they come out unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

from nats.errors import ConnectionClosedError, Error
from nats.js.errors import ServiceUnavailableError

from naq.error_text import error_text

__all__ = [
    "AlreadyDone",
    "CallCancelled",
    "ConfigError",
    "ConnectFailed",
    "ConnectionReleased",
    "DeserializationError",
    "EnqueueFailed",
    "InsideEventLoop",
    "InvalidJob",
    "InvalidName",
    "JetStreamDisabled",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "JobNotFound",
    "JobTimeout",
    "KeyHeld",
    "NaqError",
    "NoCurrentJob",
    "NotAllowed",
    "NotRetryable",
    "PayloadTooLarge",
    "PermissionDenied",
    "QueueNotFound",
    "SerializationError",
    "ServerNotFound",
    "ServerStartFailed",
    "ServerTooOld",
    "StoreFull",
    "UnknownClass",
    "UnknownOption",
]


class NaqError(Exception):
    """Base class of all exceptions that naq defines."""


class ConfigError(NaqError, ValueError):
    """A setting is unknown or has a wrong value.

    Each of `problems` names the key and the expected value, and never contains a secret.
    """

    def __init__(self, problems: str | tuple[str, ...]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else problems
        super().__init__("; ".join(self.problems))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class ConnectFailed(NaqError, ConnectionError):
    """No server could be reached, or the server refused the connection. No socket is left open.

    `server` names the servers that were tried, without credentials; `cause` is the last error, or None; `seconds` is
    the time spent.
    """

    def __init__(self, server: str, cause: BaseException | None, seconds: float) -> None:
        self.server = server
        self.cause = cause
        self.seconds = seconds
        reason = "no answer" if cause is None else error_text(cause)
        super().__init__(f"no connection to {server} after {seconds:.2f} s: {reason}{_remedy(cause)}")

    def __reduce__(self) -> tuple[type[ConnectFailed], tuple[str, BaseException | None, float]]:
        return type(self), (self.server, self.cause, self.seconds)


class ConnectionReleased(NaqError, ConnectionClosedError):
    """A connection, context or bucket was used after the `async with` block that leased it.

    It is a subclass of nats-py's `ConnectionClosedError`, which a connection that was closed by hand raises.
    """

    def __str__(self) -> str:
        return (
            "this connection was released when its `async with` block ended (or when it was closed in the block); "
            "use it inside the block, or lease another with nats_connection(config)"
        )


class CallCancelled(NaqError):
    """A call of `naq.sync` waited while `naq.sync.close()` was called; what it asked for may have happened."""


class InsideEventLoop(NaqError, RuntimeError):
    """A call of `naq.sync` in a thread that runs an event loop, which it would block; `function` is what was called."""

    def __init__(self, function: str) -> None:
        self.function = function
        super().__init__(function)

    def __str__(self) -> str:
        return (
            f"naq.sync cannot wait for {self.function} here: this thread runs an event loop, which would be blocked; "
            "await the method of naq.Queue"
        )


class ServerNotFound(NaqError, FileNotFoundError):
    """There is no `nats-server` beside the interpreter or on PATH."""


class ServerStartFailed(NaqError, RuntimeError):
    """A `nats-server` was started and did not accept clients; the message ends with the server's log."""


class InvalidName(NaqError, ValueError):
    """The server or the library cannot use this name of a queue, job, schedule, worker or event."""


class PermissionDenied(NaqError, Error):
    """The server does not permit this user to publish or subscribe to a subject.

    `operation` is `publish` or `subscribe`; `subject` is the subject for which the permission is missing.
    """

    def __init__(self, operation: str, subject: str) -> None:
        self.operation = operation
        self.subject = subject
        super().__init__(operation, subject)

    def __str__(self) -> str:
        return f'the server gives this user no permission to {self.operation} to "{self.subject}"'


class JetStreamDisabled(NaqError, ServiceUnavailableError):
    """The server has no JetStream, so it cannot store jobs; with `account`, the user's account has none."""

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
    """Base class of errors about jobs."""


class InvalidJob(JobError, ValueError):
    """A job has a wrong function, option, time or argument, so that it could not run."""


class NotAllowed(JobError):
    """A worker may not run the function of a job: it is neither registered with `@task` nor in `worker.modules`."""


class SerializationError(JobError, ValueError):
    """Arguments, a result or the data of an event cannot be encoded."""


class DeserializationError(JobError, ValueError):
    """Bytes that cannot be decoded: they are not a job, record or event, or are pickled where pickle is not allowed."""


class UnknownOption(DeserializationError):
    """A job with options that this version does not know, because a newer version has enqueued it.

    `job_id` and `function` are those of the job; `options` are the names of the unknown options.
    """

    def __init__(self, job_id: str, function: str, options: tuple[str, ...]) -> None:
        self.job_id = job_id
        self.function = function
        self.options = options
        super().__init__(f"job {job_id} has options that this version does not know: {', '.join(options)}")

    def __reduce__(self) -> tuple[type[UnknownOption], tuple[str, str, tuple[str, ...]]]:
        return type(self), (self.job_id, self.function, self.options)


class UnknownClass(DeserializationError):
    """The result of a job has an object of a class, and the job's function, whose annotations name it, is not known.

    `value` is the result, with a `naq.typed_values.Instance` in the place of each object.
    """

    def __init__(self, message: str, value: object) -> None:
        super().__init__(message)
        self.value = value

    def __reduce__(self) -> tuple[type[UnknownClass], tuple[str, object]]:
        return type(self), (str(self), self.value)


class EnqueueFailed(JobError):
    """The server has not confirmed that it stored a job.

    `job_id` is the job's id. `refused` is true when the server refused the job, so that it is certainly not stored,
    and false when no answer came, so that it may be stored. `code` is the server's error code for a refusal, else 0.
    """

    def __init__(self, message: str, job_id: str, *, refused: bool, code: int = 0) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.refused = refused
        self.code = code

    def __reduce__(self) -> tuple[Callable[..., EnqueueFailed], tuple[object, ...]]:
        return _enqueue_failed, (type(self), str(self), self.job_id, self.refused, self.code)


class AlreadyDone(EnqueueFailed):
    """The job is not stored: it was enqueued within the last `queue.duplicate_window` seconds, and it is done.

    A program that repeats a call can ignore this error. To run the function again, make another job.
    """


class KeyHeld(EnqueueFailed):
    """The job is not stored: another job with its unique key waits or runs; `holder` is the id of that job."""

    def __init__(self, message: str, job_id: str, holder: str) -> None:
        super().__init__(message, job_id, refused=True)
        self.holder = holder

    def __reduce__(self) -> tuple[Callable[..., EnqueueFailed], tuple[object, ...]]:
        return type(self), (str(self), self.job_id, self.holder)


class StoreFull(EnqueueFailed):
    """The job is not stored: the server, the account or the stream has no room for it.

    Enqueue it again later: workers make room.
    """


class JobNotFound(JobError, LookupError):
    """There is no job, schedule or failed job with this id."""


class QueueNotFound(NaqError, LookupError):
    """There is no such queue: it has no jobs and no schedules, and no worker has served it."""


class JobFailed(JobError):
    """The job whose result was requested has failed permanently; `traceback` is the worker's traceback as text."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class JobCancelled(JobError):
    """The job whose result was requested was cancelled; `ran` is whether it was cancelled while it ran."""

    def __init__(self, message: str, *, ran: bool = False) -> None:
        super().__init__(message)
        self.ran = ran

    def __reduce__(self) -> tuple[Callable[..., JobCancelled], tuple[str, bool]]:
        return _job_cancelled, (str(self), self.ran)


class JobTimeout(JobError, TimeoutError):
    """A job ran longer than its timeout, or its result did not arrive in time."""


class PayloadTooLarge(SerializationError):
    """A job or a result is larger than the largest message that the server accepts."""


class NoCurrentJob(NaqError, LookupError):
    """`current_job()` was called outside of a job."""


class NotRetryable(JobError):
    """A job's function raises this to fail permanently, also when retries are left."""


def _jetstream_disabled(account: bool) -> JetStreamDisabled:
    """Make the error for pickle, which passes only positional arguments."""
    return JetStreamDisabled(account=account)


def _job_cancelled(message: str, ran: bool) -> JobCancelled:
    """Make the error for pickle, which passes only positional arguments."""
    return JobCancelled(message, ran=ran)


def _enqueue_failed(kind: type[EnqueueFailed], message: str, job_id: str, refused: bool, code: int) -> EnqueueFailed:
    """Make the error for pickle, which passes only positional arguments."""
    return kind(message, job_id, refused=refused, code=code)


def _remedy(cause: BaseException | None) -> str:
    """Return a hint when no server has answered; a server that refuses gives a reason itself."""
    if cause is None or isinstance(cause, (OSError, TimeoutError)):
        return ". Is a NATS server running there? `naq server` starts one; NAQ_NATS__SERVERS or --server names another"
    return ""
