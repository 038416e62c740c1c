import json

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection


class Publisher:
    def __init__(self, nats_url: str):
        self.nats_url = nats_url

    async def publish_event(self, event_type: str, data: dict) -> None:
        nc = await get_nats_connection(self.nats_url)
        try:
            await nc.publish(f"events.{event_type}", json.dumps(data).encode())
        finally:
            await close_nats_connection(nc)

    async def publish_system_event(self, event_type: str, data: dict) -> None:
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            await js.publish("system_events", json.dumps(data).encode())
        finally:
            await close_nats_connection(nc)
