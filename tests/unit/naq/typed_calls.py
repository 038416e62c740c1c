"""Calls that type checkers accept, and calls that they must refuse: those marked `# error`. Not run."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from naq import Queue, sync, task
from naq.job import Job
from naq.queue.scheduled import ScheduledQueue
from naq.records import Cancellation, JobState, State
from naq.worker.failed import FailedJob, FailedJobs


@task
def send(number: int, *, to: str = "") -> str:
    return f"{number} to {to}"


@task(queue="mail", max_retries=3, retry_delay=[1, 10], timeout=5, result_ttl=60)
async def send_later(when: datetime) -> list[int]:
    return [when.year]


def without_async() -> None:
    queue = sync.Queue("mail")
    job = queue.enqueue(send, 3, to="a")
    assert_type(job, Job[str])
    assert_type(queue.result(job), str)
    assert_type(queue.enqueue(send_later, datetime.now()), Job[list[int]])
    assert_type(queue.options(max_retries=1).depth(), int)
    assert_type(queue.enqueue_batch([job]).stored, list[Job])
    assert_type(queue.status(job).state, State)
    assert_type(queue.cancel(job, timeout=1), Cancellation)
    assert_type(sync.ScheduledQueue("mail").enqueue_in(5, send, 3), Job[str])
    assert_type(sync.ScheduledQueue("mail").cancel("x"), bool)
    assert_type(sync.call(FailedJobs().list), list[FailedJob])
    queue.enqueue(send, 3, nosuch=1)  # error
    queue.enqueue(send, "3")  # error
    queue.options(nosuch=1)  # error
    queue.depth(3)  # error
    sync.call(send_later, 3)  # error
    queue.enqueue_batch(3)  # error


async def main() -> None:
    queue = Queue("mail")
    assert_type(send(1, to="a"), str)
    assert_type(await send_later(datetime.now()), list[int])

    job = await queue.enqueue(send, 3, to="a")
    assert_type(job, Job[str])
    assert_type(await job.result(), str)
    assert_type(await queue.result(job), str)
    assert_type(await job.status(), JobState)
    assert_type(await job.cancel(), Cancellation)
    later = await queue.options(max_retries=1).enqueue(send_later, datetime.now())
    assert_type(later, Job[list[int]])
    assert_type(await later.result(timeout=1), list[int])
    assert_type(queue.job(send_later, datetime.now()), Job[list[int]])
    assert_type(await queue.enqueue(queue.job(send, 3)), Job[str])
    schedules = ScheduledQueue("mail")
    assert_type(await schedules.enqueue_in(5, send, 3), Job[str])
    assert_type(await schedules.enqueue_at(datetime.now(), send_later, datetime.now()), Job[list[int]])
    named = await queue.enqueue("shop:send", 3, anything="goes")
    print((await named.result()).whatever)
    untyped: Job = job
    wider: Job[object] = job
    await queue.enqueue_batch([untyped, wider])
    queue.options(depends_on=[job, later])

    await queue.enqueue(send, 3, nosuch=1)  # error
    await queue.enqueue(send, "3")  # error
    await queue.enqueue(send)  # error
    await queue.enqueue(send_later, 3)  # error
    await queue.enqueue(3)  # error
    queue.job(send, "3")  # error
    await schedules.enqueue_in(5, send, "3")  # error
    await schedules.enqueue_at(datetime.now(), send_later)  # error
    send("3")  # error
    queue.options(depends_on=3)  # error
    assert_type(await job.result(), int)  # error
    task(max_retries="3")  # error
    task(nosuch=3)  # error
