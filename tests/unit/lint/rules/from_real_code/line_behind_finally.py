"""The line that leaks, where a finally further out could raise as well."""

import nats


async def fixture_like(server):
    try:
        nc = await nats.connect(server.url)  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(server.url) as nc'
        await nc.flush()
        await nc.close()
    finally:
        await server.shutdown()


async def closed_in_an_inner_finally(sink):
    try:
        await sink.start()
        nc = await nats.connect("")  # expect: NAQ102@20 connection 'nc' stays open if line +4 raises; use 'async with await nats.connect("") as nc'
        try:
            await nc.publish("a", b"")
        finally:
            await nc.jetstream().delete_stream("a")
            await nc.close()
    finally:
        await sink.stop()


async def with_a_local_import(path):
    try:
        nc = await nats.connect("")  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect("") as nc'
        await nc.publish("a", b"")
        await nc.close()
    finally:
        import os

        os.unlink(path)


async def cancelled_in_try(server):
    try:
        nc = await nats.connect(server.url)  # expect: NAQ102@20 connection 'nc' stays open if line +2 is cancelled; use 'async with await nats.connect(server.url) as nc'
        try:
            await nc.publish("a", b"")
        except Exception:
            print("not sent")
        await nc.close()
    finally:
        await server.shutdown()
