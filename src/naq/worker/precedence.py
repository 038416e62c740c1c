"""Finding out from a stored record which delivery of a message has the job. Nothing here talks to a server."""

from typing import Final

from naq.queue.results import LastValue, record_of
from naq.records import FINAL, JobResult, MessageState, State
from naq.worker.delivery import Delivery

# Header of a deleted result: the message and the delivery that store a failure.
CLAIM: Final = "Naq-Claim"


class Superseded(Exception):
    """Another delivery of the message has the job; if `settled`, it has stored its outcome."""

    def __init__(self, *, settled: bool) -> None:
        text = "another delivery of the message has stored its outcome" if settled else "another delivery has the job"
        super().__init__(text)
        self.settled = settled


def check_present(present: MessageState, attempt: int) -> None:
    """Raise `Superseded` when the present state of a message shows that delivery `attempt` no longer has the job."""
    ended = present.state in FINAL and present.attempt != attempt
    if ended or present.attempt > attempt:
        raise Superseded(settled=ended and not present.storing)


def is_ours(last: LastValue, payload: bytes, headers: dict[str, str], delivery: Delivery, state: State) -> bool:
    """Return whether the result to write is stored already. Raises `Superseded` when another delivery has written."""
    claim = last.headers.get(CLAIM, "")
    if claim:
        attempt = _claiming_attempt(claim, delivery)
        if attempt is not None and attempt > delivery.attempt:
            raise Superseded(settled=False)
        return claim == headers.get(CLAIM)
    if last.value is not None and last.value == payload:
        return True
    result = record_of(last.value, JobResult)
    if result is None or not result.is_of(delivery.seq, delivery.stored):
        return False
    if state == "failed" and result.state == "failed":
        # An earlier delivery has stored the failed result, and this one stores its entry in the failed store.
        return True
    raise Superseded(settled=True)


def _claiming_attempt(claim: str, delivery: Delivery) -> int | None:
    """Return the number of the delivery that made a claim; None for another message or an unreadable claim."""
    message, _, attempt = claim.rpartition(" ")
    if message != f"{delivery.seq} {delivery.stored}":
        return None
    try:
        return int(attempt)
    except ValueError:
        return None
