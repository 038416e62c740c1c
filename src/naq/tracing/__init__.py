"""Traces with OpenTelemetry, if the configuration asks for them (`tracing.enabled`).

A call that enqueues jobs makes a span, and sends its context in the headers of their messages; a worker makes a span
for each run, as a part of the same trace. The library `opentelemetry-api` is imported only if traces are enabled.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from naq.config import Config
from naq.errors import ConfigError
from naq.job import Job

_NOTHING: AbstractContextManager[dict[str, str]] = nullcontext({})


class EnqueueTracing(Protocol):
    """Makes the spans of calls that enqueue jobs."""

    def enqueue(self, subject: str, jobs: Sequence[Job], operation: str) -> AbstractContextManager[dict[str, str]]:
        """Return the block of a span; its value are the headers with its context, none if it is not recorded."""
        ...


def tracing_of(config: Config) -> EnqueueTracing | None:
    """Return what makes spans under this configuration; None if it does not enable traces. Raises `ConfigError`."""
    if not config.tracing.enabled:
        return None
    try:
        from naq.tracing.enqueueing import ENQUEUE_TRACING
    except ModuleNotFoundError as error:
        raise missing(error) from None
    return ENQUEUE_TRACING


def enqueue_span(
    tracing: EnqueueTracing | None, subject: str, jobs: Sequence[Job], operation: str = "enqueue"
) -> AbstractContextManager[dict[str, str]]:
    """Return the block in which jobs are sent to `subject` (empty: to several); its value are headers to send along."""
    return _NOTHING if tracing is None else tracing.enqueue(subject, jobs, operation)


def missing(error: ModuleNotFoundError) -> Exception:
    """Return the error for a missing library; `error` itself if the missing module is not of OpenTelemetry."""
    if (error.name or "").partition(".")[0] != "opentelemetry":
        return error
    return ConfigError("tracing.enabled: needs opentelemetry-api; pip install 'naq[otel]'")
