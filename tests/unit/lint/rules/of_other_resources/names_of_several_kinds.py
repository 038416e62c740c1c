"""A method may release a resource of one kind, and only use one of another: `drain` of a stream and of a client."""

import asyncio

import nats


async def forward(reader, writer):
    try:
        while True:
            chunk = await reader.read(4096)
            if not chunk:
                break
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass


async def relayed(reader, writer, host):
    reader_there, writer_there = await asyncio.open_connection(host, 9932)  # expect: NAQ102@40 stream 'writer_there' stays open if line +1 raises; call 'writer_there.close()' in a 'finally'
    await asyncio.gather(forward(reader, writer_there), forward(reader_there, writer))
    writer_there.close()


async def relayed_and_closed(reader, writer, host):
    reader_there, writer_there = await asyncio.open_connection(host, 9932)
    try:
        await forward(reader, writer_there)
    finally:
        writer_there.close()


async def drained(bus):
    await bus.drain()


async def closed_by_a_helper(url):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    try:
        await nc.flush()
    finally:
        await drained(nc)


class Gateway:
    """The connection is the second of the pair."""

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", 9932)  # expect: NAQ108@42 stream 'self.writer' is closed by no method of class 'Gateway'; add one that calls 'self.writer.close()', or use a context manager

    async def send(self, line):
        self.writer.write(line)
