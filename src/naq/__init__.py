"""naq: a job queue on NATS JetStream whose modules reach the server only through context managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from naq.tasks import task

if TYPE_CHECKING:
    from naq.config import Config as Config
    from naq.job_context import JobContext as JobContext
    from naq.job_context import current_job as current_job
    from naq.queue.core import Queue as Queue
    from naq.worker.core import Worker as Worker

__version__ = "0.1.0"
__all__ = ["Config", "JobContext", "Queue", "Worker", "__version__", "current_job", "task"]

# Imported on first use, so that a module that only registers tasks loads without nats-py.
_HOMES = {
    "Config": "naq.config",
    "JobContext": "naq.job_context",
    "Queue": "naq.queue.core",
    "Worker": "naq.worker.core",
    "current_job": "naq.job_context",
}


def __getattr__(name: str) -> Any:
    """Return a name that is imported on first use. Raises AttributeError for another name."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
