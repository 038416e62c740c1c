"""Observers of the jobs of a worker: metrics and traces. A worker without observers does no more for them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol, TypeAlias

from naq.job import Job
from naq.worker.delivery import Delivery
from naq.worker.settlement import Outcome, Settlement

Note: TypeAlias = Callable[[Outcome], None]


class Observer(Protocol):
    """Is told of each run and each settlement, on the worker's event loop. Must not raise."""

    def run(self, job: Job, delivery: Delivery) -> AbstractContextManager[Note]:
        """Return a block in which a job's function runs; its value is called with the outcome."""
        ...

    def settled(self, delivery: Delivery, settlement: Settlement) -> None:
        """Note how a message was settled."""
        ...


async def observed(observers: Sequence[Observer], job: Job, delivery: Delivery, work: Awaitable[Outcome]) -> Outcome:
    """Await `work`, the run of a job, inside the blocks of all observers; returns its outcome."""
    with ExitStack() as blocks:
        notes = [blocks.enter_context(observer.run(job, delivery)) for observer in observers]
        outcome = await work
        for note in notes:
            note(outcome)
        return outcome
