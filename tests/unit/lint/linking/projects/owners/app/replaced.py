"""Silent: what a mock replaces opens nothing."""

from unittest import mock

from app.bus import Bus


async def uses():
    with mock.patch("nats.connect"):
        bus = Bus("u")
        await bus.connect()
