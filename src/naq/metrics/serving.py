"""Serving the metrics and health checks of a worker while it runs."""

import asyncio
import contextlib
import errno
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Final

from naq.cancellation import cancel_until_ended, finish
from naq.config import Config
from naq.errors import ConfigError
from naq.metrics.health import healthz, readyz
from naq.metrics.http import Answer, HttpServer, Route
from naq.metrics.reading import Reader
from naq.settings.addresses import Address, parsed
from naq.worker.observing import Observer
from naq.worker.vitals import Vitals

if TYPE_CHECKING:
    from naq.metrics.prometheus import WorkerMetrics

logger = logging.getLogger(__name__)

# Seconds between two looks at the worker, for which a request waits for a look, and between two tries to listen on an
# address that is in use.
LOOK: Final = 1.0
PROMPT: Final = 0.25
AGAIN: Final = 2.0
# Seconds for cancelled tasks to end.
GRACE: Final = 1.0


class Watch:
    """Looks at the worker for other threads, or tells how long its event loop has not run. Made on that loop.

    `limit` is the time in seconds after which the event loop counts as blocked.
    """

    def __init__(self, vitals: Callable[[], Vitals], limit: float) -> None:
        self._vitals = vitals
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._look()

    async def run(self) -> None:
        """Look at the worker every `LOOK` seconds, until cancelled."""
        while True:
            self._look()
            await asyncio.sleep(LOOK)

    def seen(self) -> Vitals:
        """Return the worker as it is now, or at the last look if its event loop is blocked. Call it in a thread."""
        looked = threading.Event()
        with contextlib.suppress(RuntimeError):
            # Raises if the loop has ended meanwhile.
            self._loop.call_soon_threadsafe(self._look, looked)
            looked.wait(PROMPT)
        return self._seen

    def healthz(self, _: str) -> Answer:
        """Answer a liveness check."""
        return healthz(self.seen(), time.monotonic() - self._at, self._limit)

    def readyz(self, _: str) -> Answer:
        """Answer a readiness check."""
        return readyz(self.seen(), time.monotonic() - self._at, self._limit)

    def _look(self, looked: threading.Event | None = None) -> None:
        self._seen = self._vitals()
        self._at = time.monotonic()
        if looked is not None:
            looked.set()


@contextlib.asynccontextmanager
async def monitoring(config: Config, vitals: Callable[[], Vitals]) -> AsyncIterator[tuple[Observer, ...]]:
    """Serve `worker.metrics` and `worker.health` inside the block; yields the observers of jobs.

    If an address is in use, the worker works without it, and tries again every `AGAIN` seconds: in a rolling deploy,
    the old worker may still listen. Raises `ConfigError` for an address that this machine does not have or this user
    may not listen on, and when prometheus_client is missing.
    """
    watch = Watch(vitals, config.worker.ack_wait)
    routes: dict[str, Route] = {"/healthz": watch.healthz, "/readyz": watch.readyz}
    served: dict[str, tuple[str, Mapping[str, Route]]] = {}
    observers: tuple[Observer, ...] = ()
    if config.worker.health is not None:
        served[config.worker.health] = ("worker.health", routes)
    if config.worker.metrics is not None:
        metrics = _worker_metrics(watch.seen, Reader(config, vitals().queues))
        observers = (metrics,)
        served[config.worker.metrics] = ("worker.metrics", {"/metrics": metrics.answer, **routes})
    servers: list[HttpServer] = []
    tasks = [asyncio.create_task(watch.run(), name="naq watch")]
    try:
        for text, (setting, paths) in served.items():
            if not _listen(setting, parsed(text), paths, servers):
                tasks.append(
                    asyncio.create_task(_listen_later(setting, parsed(text), paths, servers), name="naq listen")
                )
        yield observers
    finally:
        await finish(_end(tasks, servers))


def _worker_metrics(seen: Callable[[], Vitals], reader: Reader) -> "WorkerMetrics":
    try:
        from naq.metrics.prometheus import WorkerMetrics
    except ModuleNotFoundError as error:
        if error.name != "prometheus_client":
            raise
        raise ConfigError("worker.metrics: needs prometheus_client; pip install 'naq[metrics]'") from None
    return WorkerMetrics(seen, reader.sizes)


def _listen(setting: str, address: Address, paths: Mapping[str, Route], servers: list[HttpServer]) -> bool:
    """Start a server; returns False when the address is in use. Raises `ConfigError`."""
    try:
        server = HttpServer(address, paths)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise ConfigError(f"{setting}: cannot listen on {address}: {error.strerror or error}") from None
        return False
    servers.append(server)
    logger.info("http://%s serves %s", server.address, ", ".join(paths))
    return True


async def _listen_later(setting: str, address: Address, paths: Mapping[str, Route], servers: list[HttpServer]) -> None:
    """Try until the address is free; an error then is only logged, as the worker has work."""
    logger.warning(
        "%s: %s is in use by another program; jobs run without it, and it is tried again every %g s. "
        "Workers on one machine need an address each",
        setting,
        address,
        AGAIN,
    )
    try:
        while not _listen(setting, address, paths, servers):
            await asyncio.sleep(AGAIN)
    except ConfigError as error:
        logger.error("%s", error)


async def _end(tasks: list["asyncio.Task[None]"], servers: list[HttpServer]) -> None:
    await cancel_until_ended(tasks, GRACE)
    await asyncio.gather(*(asyncio.to_thread(server.close) for server in servers))
