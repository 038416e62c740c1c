"""What becomes of a job's message after each outcome: the settlement table as pure functions.

Nothing here talks to a server. `decide` says what must be stored first and how the message is then settled;
`naq.worker.settler` does it.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, TypeAlias

from naq.config import Config
from naq.job import JobOptions
from naq.records import State
from naq.retry import RetryDelay, delay_after

# A job that waits for another is woken when that has ended (`naq.worker.waking`). Without that, it is looked at
# again after 4, 8, 16, ... seconds, at most this many.
LONGEST_WAIT = 30.0
FIRST_WAIT = 4.0


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned; `value` is its encoded result, None when no result is kept."""

    value: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised or ran out of time; `error` is one line, `retryable` false when it asked for no retry."""

    error: str
    traceback: str = ""
    retryable: bool = True
    timed_out: bool = False
    exception: BaseException | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The message is not a job."""

    error: str


@dataclass(frozen=True, slots=True)
class Unimportable:
    """This worker has not the code that the job needs; another may have it, as a deploy may be rolling.

    `kind` is that of the failure if it stays so: `import` for a function, `undecodable` for options that only a newer
    version of this library knows. `at` is the time, in seconds since 1970.
    """

    error: str
    traceback: str = ""
    kind: str = "import"
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The job names a function that this worker was not given to run."""

    error: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that this one depends on has not ended yet; `expired` when it has waited for too long."""

    on: str
    expired: bool = False


@dataclass(frozen=True, slots=True)
class DependencyFailed:
    """A job that this one depends on has failed."""

    on: str


@dataclass(frozen=True, slots=True)
class LostTooOften:
    """Begun again and again and never ended: its worker died, or lost the server, each time."""

    starts: int


@dataclass(frozen=True, slots=True)
class Crashed:
    """The process that it ran in ended in the middle of it: a run without an end, which its worker has survived."""

    error: str


@dataclass(frozen=True, slots=True)
class SettledBefore:
    """Its outcome is stored; only the acknowledgement was lost."""


@dataclass(frozen=True, slots=True)
class FailedBefore:
    """An earlier delivery has failed for good, and its worker ended before the failure was stored."""

    kind: str
    error: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A later delivery of the same message has begun: the outcome is for that one to store."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The worker stops before the job has ended."""


Outcome: TypeAlias = (
    Returned
    | Raised
    | Undecodable
    | Unimportable
    | Forbidden
    | Waiting
    | DependencyFailed
    | LostTooOften
    | Crashed
    | SettledBefore
    | FailedBefore
    | Overtaken
    | Stopping
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a job's earlier deliveries: runs that failed, waits, imports that failed, runs without an end.

    `import_since` is the time of the first import that failed, in seconds since 1970, 0 for none.
    """

    failures: int = 0
    waits: int = 0
    imports: int = 0
    lost: int = 0
    import_since: float = 0.0


NOTHING_BEFORE: Final = Tally()


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one job: its own options over the configuration.

    A job whose code is missing fails after `import_tries` tries that took at least `import_patience` seconds.
    """

    max_retries: int
    retry_delay: RetryDelay
    import_delay: float = 5.0
    import_tries: int = 3
    import_patience: float = 0.0
    max_lost: int = 3

    @classmethod
    def of(cls, options: JobOptions, config: Config) -> "Policy":
        """The job's options where it has any, else those of the configuration."""
        queue, worker = config.queue, config.worker
        return cls(
            queue.max_retries if options.max_retries is None else options.max_retries,
            queue.retry_delay if options.retry_delay is None else options.retry_delay,
            worker.import_delay,
            worker.import_tries,
            worker.import_patience,
            worker.max_lost,
        )


class Action(Enum):
    """How a message is settled; `LEAVE` leaves it to who has it now."""

    ACK = "ack"
    LEAVE = "leave"
    NAK = "nak"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job goes to the failed store: a kind for machines, one line for people, and where it happened."""

    kind: str
    error: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to do with a message. What is to be stored is stored and confirmed before the message is settled.

    `delay` is in seconds, for a nak. `state` is what the job's record says afterwards, None to leave it alone.
    """

    action: Action
    state: State | None = None
    delay: float = 0.0
    failure: Failure | None = None
    result: bytes | None = field(default=None, repr=False)
    tally: Tally = Tally()


def decide(outcome: Outcome, tally: Tally, policy: Policy) -> Settlement:
    """The settlement of an outcome, given what happened to the job before."""
    match outcome:
        case Returned(value):
            return Settlement(Action.ACK, "done", result=value, tally=tally)
        case Raised():
            return _raised(outcome, tally, policy)
        case Unimportable():
            return _unimportable(outcome, tally, policy)
        case Waiting():
            return _waiting(outcome, tally)
        case SettledBefore():
            return Settlement(Action.ACK, tally=tally)
        case Crashed():
            return _crashed(outcome, tally, policy)
        case Overtaken():
            return Settlement(Action.LEAVE, tally=tally)
        case Stopping():
            return Settlement(Action.NAK, tally=tally)
        case _:
            return Settlement(*_hopeless(outcome), tally=tally)


def _raised(outcome: Raised, tally: Tally, policy: Policy) -> Settlement:
    failed = replace(tally, failures=tally.failures + 1)
    if outcome.retryable and failed.failures <= policy.max_retries:
        delay = delay_after(policy.retry_delay, failed.failures)
        return Settlement(Action.NAK, "retrying", delay, tally=failed)
    kind = "timeout" if outcome.timed_out else "error"
    return Settlement(Action.ACK, "failed", failure=Failure(kind, outcome.error, outcome.traceback), tally=failed)


def _unimportable(outcome: Unimportable, tally: Tally, policy: Policy) -> Settlement:
    since = tally.import_since or outcome.at
    counted = replace(tally, imports=tally.imports + 1, import_since=since)
    if counted.imports < policy.import_tries or outcome.at - since < policy.import_patience:
        return Settlement(Action.NAK, "waiting", policy.import_delay, tally=counted)
    failure = Failure(outcome.kind, outcome.error, outcome.traceback)
    return Settlement(Action.TERM, "failed", failure=failure, tally=counted)


def _crashed(outcome: Crashed, tally: Tally, policy: Policy) -> Settlement:
    counted = replace(tally, lost=tally.lost + 1)
    if counted.lost < policy.max_lost:
        # "queued", not "retrying": it stays under suspicion.
        return Settlement(Action.NAK, "queued", delay_after(policy.retry_delay, counted.lost), tally=counted)
    failure = Failure("lost", f"begun {counted.lost} times and never ended: {outcome.error}")
    return Settlement(Action.ACK, "failed", failure=failure, tally=counted)


def _waiting(outcome: Waiting, tally: Tally) -> Settlement:
    if outcome.expired:
        failure = Failure("dependency", f"waited too long for job {outcome.on}")
        return Settlement(Action.ACK, "failed", failure=failure, tally=tally)
    delay = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tally.waits, 10))
    return Settlement(Action.NAK, "waiting", delay, tally=replace(tally, waits=tally.waits + 1))


def _hopeless(outcome: Outcome) -> tuple[Action, State, float, Failure]:
    match outcome:
        case Undecodable(error):
            return Action.TERM, "failed", 0.0, Failure("undecodable", error)
        case Forbidden(error):
            return Action.TERM, "failed", 0.0, Failure("not allowed", error)
        case FailedBefore(kind, error):
            return Action.ACK, "failed", 0.0, Failure(kind, error)
        case DependencyFailed(on):
            return Action.ACK, "failed", 0.0, Failure("dependency", f"job {on}, which it depends on, has failed")
        case LostTooOften(starts):
            text = f"begun {starts} times and never ended: its worker died or lost the server each time"
            return Action.ACK, "failed", 0.0, Failure("lost", text)
        case _:
            raise AssertionError(f"no settlement for {outcome!r}")
