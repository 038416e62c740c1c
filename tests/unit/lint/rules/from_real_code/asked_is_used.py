"""A connection that is asked for its state is used."""

import asyncio

import nats


async def test_max_payload(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    assert nc.max_payload > 0
    assert nc.client_id
    await nc.close()


async def test_server_info(url):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    try:
        assert nc._server_info["tls_required"]
    finally:
        await nc.close()


async def test_survives_pings(url):
    nc = await nats.connect(url, ping_interval=1)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url, ping_interval=1) as nc'
    try:
        await asyncio.sleep(5)
        assert nc.is_connected
    finally:
        await nc.close()


async def health(url) -> dict[str, object]:
    async with await nats.connect(url) as nc:
        version = nc.connected_server_version
        return {"version": str(version), "rtt_url": nc.connected_url.netloc}


async def watch_reconnects(url, on_reconnect):
    nc = await nats.connect(url, reconnected_cb=on_reconnect)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url, reconnected_cb=on_reconnect) as nc'
    try:
        await asyncio.Event().wait()
    finally:
        await nc.close()


async def test_closing_leaves_no_tasks(url):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    assert nc.is_connected
    await nc.close()
    assert len(asyncio.all_tasks()) == 1


async def truly_unused(url, job):
    async with await nats.connect(url) as nc:  # expect: NAQ202@22 connection 'nc' is opened and nothing uses it; remove it
        await job.run()
