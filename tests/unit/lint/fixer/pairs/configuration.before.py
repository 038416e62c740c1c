from typing import Optional

from naq.connection import get_jetstream_context, get_nats_connection


class Worker:
    def __init__(self, nats_url: str):
        self.nats_url = nats_url

    async def process_job(self, job_data: bytes) -> None:
        nc = await get_nats_connection(self.nats_url)
        # ...
        js = await get_jetstream_context(nc)
        await js.publish("jobs", job_data)

    def last(self) -> Optional[bytes]:
        return None
