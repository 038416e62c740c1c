from typing import Optional

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.job import Job


class Queue:
    def __init__(self, nats_url: str):
        self.nats_url = nats_url

    async def enqueue(self, job: Job) -> None:
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            await js.publish(self.stream_name, job.serialize())
        finally:
            await close_nats_connection(nc)

    async def dequeue(self) -> Optional[Job]:
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            subscriber = await js.pull_subscribe(self.subject, self.consumer_name)
            msg = await subscriber.next(timeout=1.0)
            if msg:
                return Job.deserialize(msg.data)
            return None
        finally:
            await close_nats_connection(nc)
