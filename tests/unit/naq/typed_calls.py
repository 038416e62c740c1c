"""Calls that type checkers accept, and calls that they must refuse: those marked `# error`. Not run."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from naq import Queue, task
from naq.job import Job
from naq.queue.scheduled import ScheduledQueue


@task
def send(number: int, *, to: str = "") -> str:
    return f"{number} to {to}"


@task(queue="mail", max_retries=3, retry_delay=[1, 10], timeout=5, result_ttl=60)
async def send_later(when: datetime) -> list[int]:
    return [when.year]


async def main() -> None:
    queue = Queue("mail")
    assert_type(send(1, to="a"), str)
    assert_type(await send_later(datetime.now()), list[int])

    job = await queue.enqueue(send, 3, to="a")
    assert_type(job, Job[str])
    assert_type(await job.result(), str)
    assert_type(await queue.result(job), str)
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
