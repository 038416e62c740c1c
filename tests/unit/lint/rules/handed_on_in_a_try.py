"""A `try` hands the resource on, and what raises behind it finds the resource handed on already."""
import logging

import nats

logger = logging.getLogger(__name__)


# Silent: only a missing attribute keeps it from being handed on.
async def stored(app, url, other):
    try:
        nc = await nats.connect(url)
        app.state.nc = nc
        logger.info("connected")
    except Exception as error:
        logger.warning("not connected: %s", error)
        app.state.nc = None
    await other.start()


# No way leads from the handler to what fails behind the `try`, and the object is lost with its connection.
class Entered:
    async def __aenter__(self):
        try:
            self.nc = await nats.connect(self.url)  # expect: NAQ102@29 connection 'self.nc' stays open if line +3 raises, before it is handed on; close it in an 'except BaseException' that raises again
        except OSError:
            raise ValueError
        await self.nc.flush()
        return self

    async def __aexit__(self, *error):
        await self.nc.close()


# The hand-off comes after what fails.
async def stored_afterwards(app, url, other):
    try:
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +4 raises, before it is handed on; close it in an 'except BaseException' that raises again
    except nats.errors.Error:
        logger.warning("not connected")
        return
    await other.start()
    app.state.nc = nc


async def stored_in_the_same_try(app, url, other):
    try:
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await other.start()
        app.state.nc = nc
    except ValueError:
        logger.warning("not started")
        raise


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


# Silent: as above, for an object that opens a connection.
async def stored_object(app, url, other):
    bus = Bus()
    try:
        await bus.connect(url)
        app.state.bus = bus
    except Exception as error:
        logger.warning("not connected: %s", error)
        app.state.bus = None
    await other.start()


async def returned_object(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -23) and stays open if line +1 raises, before it is handed on; call 'await bus.close()' in an 'except BaseException' that raises again
    await bus.publish(b"started")
    return bus


async def object_stored_afterwards(app, url, other):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -30) and stays open if line +1 raises, before it is handed on; call 'await bus.close()' in an 'except BaseException' that raises again
    await other.start()
    app.state.bus = bus


# Silent: closed where that fails.
async def returned_with_care(url):
    bus = Bus()
    await bus.connect(url)
    try:
        await bus.publish(b"started")
    except BaseException:
        await bus.close()
        raise
    return bus


# Silent: nothing before the hand-off fails.
async def returned_at_once(url):
    bus = Bus()
    await bus.connect(url)
    logger.info("connected")
    return bus
