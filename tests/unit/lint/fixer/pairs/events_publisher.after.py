import json

from naq.config import Config, get_config
from naq.connection import nats_connection, nats_jetstream


class Publisher:
    def __init__(self, config: Config | None = None):
        self.config = config or get_config()

    async def publish_event(self, event_type: str, data: dict) -> None:
        async with nats_connection(self.config) as conn:
            await conn.publish(f"events.{event_type}", json.dumps(data).encode())

    async def publish_system_event(self, event_type: str, data: dict) -> None:
        async with nats_jetstream(self.config) as (conn, js):
            await js.publish("system_events", json.dumps(data).encode())
