"""The settlement of a job's message for each outcome, as pure functions.

Nothing here talks to a server. `decide` returns what must be stored first and how the message is then settled;
`naq.worker.settler` carries it out.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, TypeAlias

import msgspec

from naq.config import Config
from naq.job import JobOptions
from naq.records import State
from naq.retry import RetryDelay, delay_after

# A job that waits for another job is woken when that has ended (`naq.worker.waking`). If it is not woken, it is
# delivered again after 4, 8, 16, ... seconds, at most `LONGEST_WAIT`.
LONGEST_WAIT = 30.0
FIRST_WAIT = 4.0


@dataclass(frozen=True, slots=True)
class Returned:
    """The function has returned; `value` is its encoded result, None when no result is kept."""

    value: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Raised:
    """The function has raised or exceeded its timeout; `retryable` is false if it raised `NotRetryable`.

    `error` is one line.
    """

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
    """This worker does not have the code that the job needs; another may have it during a rolling deploy.

    `kind` is the kind of failure if no worker gets the code: `import` for a function, `undecodable` for options that
    only a newer version of this library knows. `at` is the time in seconds since 1970.
    """

    error: str
    traceback: str = ""
    kind: str = "import"
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The job names a function that this worker is not allowed to run."""

    error: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The dependency `on` has not ended yet; `expired` is true when the job has waited for too long."""

    on: str
    expired: bool = False


@dataclass(frozen=True, slots=True)
class DependencyFailed:
    """The dependency `on` has failed or was cancelled, as `how` says."""

    on: str
    how: str = "has failed"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A user has cancelled the job; `ran` is whether its function ran then, `left` what of that still runs."""

    ran: bool = False
    left: str = ""


@dataclass(frozen=True, slots=True)
class LostTooOften:
    """Several runs of the job have started and never ended: its worker died, or lost the server, each time."""

    starts: int


@dataclass(frozen=True, slots=True)
class Crashed:
    """The separate process in which the job ran has ended: a run that never ended, though its worker still runs."""

    error: str


@dataclass(frozen=True, slots=True)
class SettledBefore:
    """The outcome is stored already; only the acknowledgement was lost."""


@dataclass(frozen=True, slots=True)
class FailedBefore:
    """An earlier delivery has failed permanently, and its worker ended before the failure was stored."""

    kind: str
    error: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A later delivery of the same message has started, and stores the outcome."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The job cannot run here now, as another job runs alone; it is given back."""


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A limit of the queue or the function is reached; the job is given back for `delay` seconds, and not counted."""

    key: str
    delay: float


Outcome: TypeAlias = (
    Returned
    | Raised
    | Undecodable
    | Unimportable
    | Forbidden
    | Waiting
    | DependencyFailed
    | Cancelled
    | LostTooOften
    | Crashed
    | SettledBefore
    | FailedBefore
    | Overtaken
    | Stopping
    | OverLimit
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often earlier deliveries of a job failed, waited, could not import its function, and never ended (`lost`).

    `import_since` is the time of the first failed import in seconds since 1970, 0 for none.
    """

    failures: int = 0
    waits: int = 0
    imports: int = 0
    lost: int = 0
    import_since: float = 0.0


NOTHING_BEFORE: Final = Tally()


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings for one job: its own options over the configuration.

    A job whose code is missing fails after at least `import_tries` tries and `import_patience` seconds.
    """

    max_retries: int
    retry_delay: RetryDelay
    import_delay: float = 5.0
    import_tries: int = 3
    import_patience: float = 0.0
    max_lost: int = 3

    @classmethod
    def of(cls, options: JobOptions, config: Config) -> "Policy":
        """Return the policy from a job's options, and from the configuration for options that are not set."""
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
    """How a message is settled; `LEAVE` leaves it to the worker that has it now."""

    ACK = "ack"
    LEAVE = "leave"
    NAK = "nak"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job goes to the failed store: the kind, the error in one line, and the traceback."""

    kind: str
    error: str
    traceback: str = ""


# A struct, as it is made for each job: a frozen dataclass takes ten times as long to make.
class Settlement(msgspec.Struct, frozen=True):
    """What to store, and then how to settle the message.

    `delay` is the delay of a nak in seconds. `state` is the job's new recorded state, None to leave it unchanged.
    `ran` and `left` are those of `Cancelled`.
    """

    action: Action
    state: State | None = None
    delay: float = 0.0
    failure: Failure | None = None
    result: bytes | None = None
    tally: Tally = Tally()
    ran: bool = False
    left: str = ""

    def __repr__(self) -> str:
        return f"Settlement({self.action}, state={self.state!r}, delay={self.delay:g}, failure={self.failure!r})"


def decide(outcome: Outcome, tally: Tally, policy: Policy) -> Settlement:
    """Return the settlement of an outcome, given the tally of earlier deliveries."""
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
        case Cancelled(ran, left):
            return Settlement(Action.ACK, "cancelled", tally=tally, ran=ran, left=left)
        case Crashed():
            return _crashed(outcome, tally, policy)
        case Overtaken():
            return Settlement(Action.LEAVE, tally=tally)
        case OverLimit(_, delay):
            return Settlement(Action.NAK, delay=delay, tally=tally)
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
        # "queued", not "retrying", so that the next delivery treats the job as a suspect.
        return Settlement(Action.NAK, "queued", delay_after(policy.retry_delay, counted.lost), tally=counted)
    failure = Failure("lost", f"started {counted.lost} times and never ended: {outcome.error}")
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
        case DependencyFailed(on, how):
            return Action.ACK, "failed", 0.0, Failure("dependency", f"job {on}, on which it depends, {how}")
        case LostTooOften(starts):
            text = f"started {starts} times and never ended: its worker died or lost the server each time"
            return Action.ACK, "failed", 0.0, Failure("lost", text)
        case _:
            raise AssertionError(f"no settlement for {outcome!r}")
