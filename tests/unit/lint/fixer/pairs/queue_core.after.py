from typing import Optional

from naq.config import Config, get_config
from naq.connection import nats_jetstream
from naq.job import Job


class Queue:
    def __init__(self, config: Optional[Config] = None):
        self.config = config or get_config()

    async def enqueue(self, job: Job) -> None:
        async with nats_jetstream(self.config) as (conn, js):
            await js.publish(self.stream_name, job.serialize())

    async def dequeue(self) -> Optional[Job]:
        async with nats_jetstream(self.config) as (conn, js):
            subscriber = await js.pull_subscribe(self.subject, self.consumer_name)
            msg = await subscriber.next(timeout=1.0)
            if msg:
                return Job.deserialize(msg.data)
            return None
