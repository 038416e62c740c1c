"""What is written into the buckets about jobs and workers: values and their form, no server.

A state belongs to one message of the jobs stream, named by its sequence number `seq`: a job that is put back on
its queue later is another message, and its old state says nothing about it.
"""

from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from naq.errors import DeserializationError

State: TypeAlias = Literal["queued", "running", "waiting", "retrying", "done", "failed"]
FINAL: Final = frozenset({"done", "failed"})


class JobState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of a job. `at` is when that was written, in seconds since 1970; `worker` wrote it.

    `failures`, `waits` and `imports` count the deliveries that ended in a failed run, in waiting for another job,
    and in a function that could not be imported, the first of them at `import_since`. `lost` counts the runs that
    began and never ended. `attempt` is the delivery that this was written in: a later one has the higher number.
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


class JobResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of a job. `value` is JSON as it is, `pickled` is set in its place where pickle is used."""

    job_id: str
    state: Literal["done", "failed"]
    value: msgspec.Raw = msgspec.Raw(b"null")
    pickled: bytes | None = None
    error: str = ""
    traceback: str = ""
    seq: int = 0
    at: float = 0.0

    def __repr__(self) -> str:
        return f"JobResult(job_id={self.job_id!r}, state={self.state!r}, error={self.error!r}, seq={self.seq})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What `repr` shows, also by rich: not the value."""
        return [("job_id", self.job_id), ("state", self.state), ("error", self.error), ("seq", self.seq)]


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says of itself with every heartbeat; times in seconds since 1970."""

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


Record = TypeVar("Record", JobState, JobResult, WorkerStatus)


def encode(record: JobState | JobResult | WorkerStatus) -> bytes:
    """The record as JSON."""
    return msgspec.json.encode(record)


def decode(data: bytes | None, kind: type[Record]) -> Record:
    """A record of this kind; `DeserializationError` when the bytes are none."""
    try:
        return msgspec.json.decode(data or b"", type=kind)
    except msgspec.MsgspecError as error:
        raise DeserializationError(f"not a {kind.__name__}: {error}") from error


def as_dict(record: Any) -> dict[str, Any]:
    """The record as plain values, for tables and JSON output."""
    return {name: getattr(record, name) for name in record.__struct_fields__}
