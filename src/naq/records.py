"""The records about jobs and workers in the buckets, and their encoding. Nothing here talks to a server.

A state belongs to one message of the jobs stream, identified by its sequence number `seq`: a job that is put back on
its queue later is another message, to which the old state does not apply.
"""

from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from naq.errors import DeserializationError

# No worker records "scheduled": `Queue.status` returns it for a job before its time.
State: TypeAlias = Literal["scheduled", "queued", "running", "waiting", "retrying", "done", "failed", "cancelled"]
FINAL: Final = frozenset({"done", "failed", "cancelled"})


# How many other messages with the same job id a state keeps, and for how many seconds those that have ended.
MOST_OTHERS: Final = 8
ENDED_OTHERS_KEPT: Final = 3600.0
# In place of a pickle, for older versions: neither JSON nor a pickle.
TYPED_VALUE: Final = b"(typed value)"


class MessageState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of one message of a job; the fields are those of `JobState`."""

    seq: int
    stored: str = ""
    state: State = "queued"
    failures: int = 0
    waits: int = 0
    imports: int = 0
    lost: int = 0
    import_since: float = 0.0
    attempt: int = 0
    at: float = 0.0
    storing: str = ""


class JobState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of a job. `at` is when it was written, in seconds since 1970; `worker` is the worker that wrote it.

    `failures`, `waits` and `imports` count the deliveries that ended in a failed run, in waiting for another job,
    and in a function that could not be imported, the first of these at `import_since`. `lost` counts the runs that
    started and never ended. `attempt` is the number of the delivery that wrote the state; later deliveries have higher
    numbers.

    A worker need not write "done" for a job whose result is kept: readers use `with_outcome`.

    `storing` is the kind of the failure while a failed job is being stored, else empty. `others` are the states of
    other messages with the same job id, as the same job may be on two queues. `stored` is when the stream stored the
    message, as the server writes it: sequence numbers start at 1 again when a stream is deleted and created again.
    `ran` is whether a cancelled job was cancelled while it ran.

    `progress`, from 0 to 1, and `progress_text` are the last report of a running job; None and empty without one.
    """

    job_id: str
    state: State
    queue: str
    function: str = ""
    seq: int = 0
    failures: int = 0
    waits: int = 0
    imports: int = 0
    lost: int = 0
    import_since: float = 0.0
    attempt: int = 0
    worker: str = ""
    at: float = 0.0
    error: str = ""
    storing: str = ""
    stored: str = ""
    ran: bool = False
    others: tuple[MessageState, ...] = ()
    progress: float | None = None
    progress_text: str = ""

    def of_message(self, seq: int, stored: str) -> MessageState | None:
        """Return the state of a message, None when there is no state of it."""
        return next((known for known in self._messages() if _is_of(known, seq, stored)), None)

    def besides(self, seq: int, stored: str, now: float) -> tuple[MessageState, ...]:
        """Return the states of other messages to keep in a new state of this message, the newest first."""
        others = [known for known in self._messages() if known.seq and not _is_of(known, seq, stored)]
        kept = [other for other in others if other.state not in FINAL or now - other.at < ENDED_OTHERS_KEPT]
        return tuple(sorted(kept, key=lambda other: other.at, reverse=True)[:MOST_OTHERS])

    def with_outcome(self, result: "JobResult | None") -> "JobState":
        """Return the state with a stored outcome, which replaces the recorded state of the outcome's message.

        The outcome of a message is stored once. Its recorded state may be older, or that of a delivery that has lost.
        """
        if result is None:
            return self
        others = tuple(_ended(one, result) if result.is_of(one.seq, one.stored) else one for one in self.others)
        # Jobs that did not come from a queue have no number: their last run may be later than the outcome.
        ours = result.is_of(self.seq, self.stored) and (self.seq > 0 or result.at >= self.at)
        if not ours or (self.state == result.state and not self.storing):
            return self if others == self.others else msgspec.structs.replace(self, others=others)
        return msgspec.structs.replace(
            self,
            state=result.state,
            at=result.at,
            error=result.error,
            ran=result.ran,
            storing="",
            others=others,
            progress=None,
            progress_text="",
        )

    def _messages(self) -> tuple[MessageState, ...]:
        own = MessageState(**{name: getattr(self, name) for name in MessageState.__struct_fields__})
        return (own, *self.others)


class JobResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of a job. `value` is the result as JSON, or `pickled` is set where the serializer is cloudpickle.

    `typed` is the version of the typed form in which `value` is, 0 for plain JSON. With it, `pickled` is `TYPED_VALUE`,
    which older versions cannot decode: they would take the typed form for the result. `ran` is whether a cancelled job
    was cancelled while it ran; its `error` then says whether a part of it still runs.
    """

    job_id: str
    state: Literal["done", "failed", "cancelled"]
    value: msgspec.Raw = msgspec.Raw(b"null")
    pickled: bytes | None = None
    typed: int = 0
    error: str = ""
    traceback: str = ""
    seq: int = 0
    stored: str = ""
    at: float = 0.0
    ran: bool = False

    def is_of(self, seq: int, stored: str) -> bool:
        """Return whether this is the outcome of a message."""
        return _is_of(self, seq, stored)

    def __repr__(self) -> str:
        return f"JobResult(job_id={self.job_id!r}, state={self.state!r}, error={self.error!r}, seq={self.seq})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields that `repr` and rich show: all but the value, which may be secret."""
        return [("job_id", self.job_id), ("state", self.state), ("error", self.error), ("seq", self.seq)]


class CancelRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The request to cancel a job: its messages up to the sequence number `upto` of the jobs stream.

    A job that is put on its queue again later is another message, which the request does not concern. `seen` is whether
    the job was found; else its message may not exist. `at` is the time of the request in seconds since 1970.
    """

    job_id: str
    upto: int
    seen: bool = False
    at: float = 0.0


Answer: TypeAlias = Literal["cancelled", "aborted", "asked", "done", "failed"]


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request to cancel a job.

    `answer` is `cancelled` for a job that will not run, `aborted` for a job that ran and was stopped, and `done` or
    `failed` for a job that had ended before. `asked`: the request is stored, and a worker will cancel the job, but has
    not confirmed that in time. `detail` tells more, if there is more to tell.
    """

    job_id: str
    answer: Answer
    detail: str = ""

    @property
    def stopped(self) -> bool:
        """Whether the job has ended without a result or a failure, and will not run again."""
        return self.answer in ("cancelled", "aborted")


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status that a worker writes with each heartbeat; times are in seconds since 1970."""

    worker_id: str
    host: str
    pid: int
    queues: tuple[str, ...]
    concurrency: int
    state: Literal["working", "stopping"]
    started: float
    beat: float
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    cancelled: int = 0


def _ended(known: MessageState, result: JobResult) -> MessageState:
    return msgspec.structs.replace(known, state=result.state, at=result.at, storing="")


def _is_of(record: MessageState | JobResult, seq: int, stored: str) -> bool:
    # Records of older versions have no `stored`, and who looks for a message by its number does not know it.
    return record.seq == seq and (not stored or record.stored in ("", stored))


Record = TypeVar("Record", JobState, JobResult, WorkerStatus, CancelRequest)


def encode(record: JobState | JobResult | WorkerStatus | CancelRequest) -> bytes:
    """Return the record as JSON."""
    return msgspec.json.encode(record)


def decode(data: bytes | None, kind: type[Record]) -> Record:
    """Return the record in `data`. Raises `DeserializationError` when `data` is not a record of this kind."""
    try:
        return msgspec.json.decode(data or b"", type=kind)
    except msgspec.MsgspecError as error:
        raise DeserializationError(f"not a {kind.__name__}: {error}") from error


def as_dict(record: Any) -> dict[str, Any]:
    """Return the fields of a record by name, for tables and JSON output."""
    return {name: getattr(record, name) for name in record.__struct_fields__}
