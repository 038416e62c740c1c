"""Shares work out to all cores, where that pays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from flake8_naq.run.gc_tuning import drop_unreachable

J = TypeVar("J")
T = TypeVar("T")
_PARALLEL_FROM: Final = 200_000  # bytes of source to analyse
# Windows cannot wait for more than 63 processes at once.
_MOST_WORKERS: Final = 60


def shared_work(
    work: Callable[[J], T],
    jobs: Sequence[J],
    size: int,
    processes: int | None = None,
    load: Callable[[], None] = lambda: None,
) -> Iterator[T]:
    """Return what `work`, a function of a module, gives for each job, in their order.

    `size` is how many bytes of source the jobs have. `processes` is the most that may work at the same time; None is
    the number of cores. `load` is called before several processes begin, and imports what each of them needs.
    """
    workers = number_of_workers(processes)
    if workers == 1 or size < _PARALLEL_FROM:
        for job in jobs:
            yield work(job)
            drop_unreachable()
        return
    from flake8_naq.run.worker_pool import spread  # what starts processes is slow to import

    load()
    yield from spread(work, jobs, min(workers, len(jobs)), max(1, min(16, len(jobs) // (16 * workers))))


def number_of_workers(processes: int | None) -> int:
    """Return how many processes may work at the same time; None asks for the number of cores."""
    return min(processes or os.cpu_count() or 1, _MOST_WORKERS)
