"""Spans of calls that enqueue jobs. Needs opentelemetry-api."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry.trace import SpanKind

from naq.job import Job
from naq.tracing.spans import attributes, headers_of_current, tracer


class OpenTelemetryEnqueueing:
    """Makes a producer span for each call; an exception of the call is recorded in it."""

    @contextmanager
    def enqueue(self, subject: str, jobs: Sequence[Job], operation: str) -> Iterator[dict[str, str]]:
        """Make a span for the length of a block; yields the headers with its context."""
        described = attributes(operation, "send", subject)
        if len(jobs) == 1:
            described["messaging.message.id"] = jobs[0].id
            described["naq.job.function"] = jobs[0].function
        else:
            described["messaging.batch.message_count"] = len(jobs)
        name = f"{operation} {subject}" if subject else operation
        with tracer().start_as_current_span(name, kind=SpanKind.PRODUCER, attributes=described) as span:
            yield headers_of_current() if span.is_recording() else {}


ENQUEUE_TRACING: Final = OpenTelemetryEnqueueing()
