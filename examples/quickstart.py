"""naq in one file: start a server, enqueue, schedule, work, look at results, failures and events.

pip install '.[server]'   # in a checkout
python examples/quickstart.py
"""

import asyncio
import logging

import quickstart_jobs as jobs

from naq.config import Config, EventsConfig
from naq.errors import JobFailed
from naq.events.event import Event
from naq.events.manager import EventManager
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.server import NatsServer
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs


async def main(config: Config) -> None:
    seen: list[Event] = []
    manager = EventManager(config)
    manager.register("job.*", seen.append)
    async with manager:
        queue = Queue("default", config)
        hello = await queue.enqueue(jobs.greet, "naq")
        added = await queue.enqueue_batch([queue.job(jobs.total, 1, 2, number) for number in range(3)])
        broken = await queue.options(max_retries=1, retry_delay=0.1).enqueue(jobs.divide, 1, 0)
        later = await ScheduledQueue("default", config).enqueue_in(1.0, jobs.greet, "a second later")

        worker = Worker("default", config, concurrency=4)
        working = asyncio.create_task(worker.run())

        print("greet  ", await queue.result(hello))
        print("total  ", [await queue.result(job) for job in added.stored])
        try:
            await queue.result(broken)
        except JobFailed as error:
            print("divide ", error)
        print("later  ", await queue.result(later))

        (failed,) = await FailedJobs(config).list()
        print("failed ", failed.details.error, "after", failed.details.failures, "runs")
        worker.stop()
        print("worker ", await working)

    print("events of the job that failed:")
    for event in seen:
        if event.data["job_id"] == broken.id:
            print("  ", event.type)


if __name__ == "__main__":
    # What fails is printed below; its log lines, tracebacks included, are left out here.
    logging.getLogger("naq").setLevel(logging.CRITICAL)
    with NatsServer() as server:
        asyncio.run(main(server.config.model_copy(update={"events": EventsConfig(enabled=True)})))
