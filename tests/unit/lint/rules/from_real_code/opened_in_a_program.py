"""A client of a module that is run as a program, which a function connects; a thread closes nothing for its class."""

import asyncio
import logging
import threading

import nats

nc = nats.NATS()
closed = nats.NATS()
given = nats.NATS()


async def serve():
    await nc.connect("")  # expect: NAQ103@11 connection 'nc' is opened by a function and never closed; close it where it is made
    await nc.subscribe("jobs")


async def serve_and_close():
    await closed.connect("")
    await closed.flush()
    await closed.close()


async def serve_what_is_given(server):
    await given.connect("")
    await server(given)


class Emulator(threading.Thread):
    def __init__(self):
        super().__init__()
        self.client = nats.NATS()

    async def work(self):
        await self.client.connect("")  # expect: NAQ108@15 connection 'self.client' is closed by no method of class 'Emulator'; add one that calls 'await self.client.close()', or use a context manager


class Sending(logging.Handler):
    async def open(self):
        self.client = await nats.connect("")

    def emit(self, record):
        asyncio.run(self.client.publish("log", record.msg))

    def close(self):
        asyncio.run(self.client.close())


if threading.current_thread().name == "main":
    logging.info("main")

if __name__ == "__main__":
    asyncio.run(serve())
