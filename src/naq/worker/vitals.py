"""The condition of a running worker, for health checks and metrics. Nothing here talks to a server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vitals:
    """A worker at one moment; `started` is in seconds since 1970.

    `connected` tells whether the server can be reached, `pulling` whether the worker takes jobs. `reconnects` counts
    the connections that replaced a lost one since the worker was started.
    """

    worker_id: str
    queues: tuple[str, ...]
    concurrency: int
    started: float
    running: int
    connected: bool
    pulling: bool
    stopping: bool
    reconnects: int

    @property
    def ready(self) -> bool:
        """Whether the worker takes jobs now."""
        return self.connected and self.pulling and not self.stopping
