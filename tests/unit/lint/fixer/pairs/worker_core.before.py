from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection


class Worker:
    def __init__(self, nats_url: str):
        self.nats_url = nats_url

    async def process_message(self, msg) -> None:
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            # Process job
            await self._execute_job(msg.data)
            # Acknowledge message
            await msg.ack()
        except Exception as e:
            await msg.nak()
            raise
        finally:
            await close_nats_connection(nc)

    async def update_job_status(self, job_id: str, status: str) -> None:
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            kv = await js.key_value("job_status")
            await kv.put(job_id, status)
        finally:
            await close_nats_connection(nc)
