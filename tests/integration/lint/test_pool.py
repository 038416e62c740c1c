"""Work on several processes: in order, whole, and with a clear word when one of them is lost."""

from __future__ import annotations

import multiprocessing
import os

import pytest

from flake8_naq.run.worker_pool import WorkerLost, spread


@pytest.mark.parametrize("chunk", [1, 3])
def test_results_come_in_the_order_of_the_jobs(chunk: int) -> None:
    assert list(spread(abs, range(-10, 0), 2, chunk)) == list(range(10, 0, -1))


def test_a_process_that_dies_is_said() -> None:
    with pytest.raises(WorkerLost, match="has died"):
        list(spread(os._exit, [1, 1, 1], 2, 1))


def test_what_goes_wrong_in_the_work_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(spread((1).__truediv__, [1, 0], 2, 1))


def test_nothing_runs_on_when_nobody_wants_the_rest() -> None:
    results = spread(abs, range(1000), 2, 1)
    assert next(results) == 0
    results.close()
    for process in multiprocessing.active_children():
        process.join(5)
        assert not process.is_alive()
