"""A TCP proxy that cuts connections after so many bytes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from naq.testing import NatsServer


class CuttingProxy:
    """Passes bytes to a server and back, and cuts each connection after so many bytes in one direction."""

    def __init__(self, server: NatsServer, *, up: int | None = None, down: int | None = None) -> None:
        self._target = server.options.host, server.port
        self.up = up
        self.down = down
        self.url = ""
        # How many connections there were.
        self.accepted = 0
        self._serving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[CuttingProxy]:
        """Listen on a free port for the length of the block."""
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            listener.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def cut(self) -> None:
        """Cut the present connections."""
        for task in self._serving:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        # Even when it is cancelled before its first step.
        task.add_done_callback(lambda _: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        ways = [
            asyncio.create_task(_pass_on(reader, far_writer, self.up)),
            asyncio.create_task(_pass_on(far_reader, writer, self.down)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for one in (writer, far_writer):
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int | None) -> None:
    with contextlib.suppress(OSError):
        while limit is None or limit > 0:
            data = await source.read(65536 if limit is None else limit)
            if not data:
                return
            sink.write(data)
            await sink.drain()
            if limit is not None:
                limit -= len(data)
