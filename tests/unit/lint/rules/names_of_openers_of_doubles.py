"""Silent: in a file with doubles, a second name of an opener is what a double calls in its place."""

import nats

real_connect = nats.connect


async def test_connects(monkeypatch, url):
    async def counted(*arguments):
        nc = await real_connect(*arguments)
        await nc.flush()
        return None

    monkeypatch.setattr(nats, "connect", counted)
