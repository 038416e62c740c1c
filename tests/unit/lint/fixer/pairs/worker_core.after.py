from naq.config import Config, get_config
from naq.connection import nats_jetstream, nats_kv_store


class Worker:
    def __init__(self, config: Config | None = None):
        self.config = config or get_config()

    async def process_message(self, msg) -> None:
        async with nats_jetstream(self.config) as (conn, js):
            try:
                # Process job
                await self._execute_job(msg.data)
                # Acknowledge message
                await msg.ack()
            except Exception as e:
                await msg.nak()
                raise

    async def update_job_status(self, job_id: str, status: str) -> None:
        async with nats_kv_store("job_status", self.config) as kv:
            await kv.put(job_id, status)
