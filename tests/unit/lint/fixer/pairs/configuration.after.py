from typing import Optional

from naq.config import Config, get_config
from naq.connection import nats_jetstream


class Worker:
    def __init__(self, config: Optional[Config] = None):
        self.config = config or get_config()

    async def process_job(self, job_data: bytes) -> None:
        async with nats_jetstream(self.config) as (conn, js):
            # ...
            await js.publish("jobs", job_data)

    def last(self) -> Optional[bytes]:
        return None
