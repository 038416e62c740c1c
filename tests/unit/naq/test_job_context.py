"""The context of the running job, without a server."""

from __future__ import annotations

import asyncio
import time

import pytest

from naq import JobContext, current_job
from naq.errors import NoCurrentJob
from naq.job_context import LONGEST_TEXT, as_current_job


def test_outside_of_a_job_it_says_what_to_do() -> None:
    with pytest.raises(NoCurrentJob, match=r"no job is running here.*as_current_job"):
        current_job()


def test_a_test_can_enter_a_job() -> None:
    with as_current_job(JobContext(id="1", attempt=2)) as context:
        assert current_job() is context
    with pytest.raises(NoCurrentJob):
        current_job()


def test_remaining_counts_down_to_zero() -> None:
    assert JobContext(id="1").remaining() is None
    assert JobContext(id="1", deadline=time.monotonic() - 5).remaining() == 0
    left = JobContext(id="1", deadline=time.monotonic() + 50).remaining()
    assert left is not None
    assert 40 < left <= 50


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan"), float("inf"), True, "0.5", None])
def test_a_progress_is_a_fraction(fraction: object) -> None:
    with pytest.raises(ValueError, match="from 0 to 1, not"):
        JobContext(id="1").progress(fraction)  # type: ignore[arg-type]


def test_the_text_of_a_progress_is_kept_short_and_can_be_stored() -> None:
    noted: list[tuple[float, str]] = []
    context = JobContext(id="1", report=lambda *report: noted.append(report))
    context.progress(1, "é" * 1000)
    context.progress(0, "half \ud800")
    assert noted == [(1.0, "é" * LONGEST_TEXT), (0.0, "half ?")]
    with pytest.raises(TypeError, match="not of type int"):
        context.progress(0.5, 3)  # type: ignore[arg-type]


def test_awaiting_a_progress_lets_others_run() -> None:
    async def main() -> list[str]:
        seen: list[str] = []
        other = asyncio.create_task(asyncio.sleep(0, seen.append("other")))
        asyncio.get_running_loop().call_soon(seen.append, "turn")
        await JobContext(id="1").progress(0.5)
        seen.append("after")
        await other
        return seen

    assert asyncio.run(main()) == ["other", "turn", "after"]
