"""A test that replaces what a helper's module connects with: the helper then makes something else."""

import app.clients as clients
from app.clients import get_client


class Fake:
    async def connect(self, url):
        return self


async def test_with_a_fake():
    clients.nats = Fake()
    client = await get_client("u")
    assert isinstance(client, Fake)


async def test_with_another_setting():
    Fake.url = "u"
    client = await get_client("u")  # expect: NAQ103@20 connection 'client' from 'get_client' (app/clients.py:7) is never closed; use 'async with await get_client("u") as client'
    assert client.is_connected
