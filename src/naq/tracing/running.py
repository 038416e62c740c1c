"""Spans of runs. Needs opentelemetry-api."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, get_current_span

from naq.config import Config
from naq.job import Job
from naq.queue.message import LAST_OF_SCHEDULE, SCHEDULE_NEXT
from naq.queue.streams import names
from naq.tracing.spans import attributes, context_in, tracer
from naq.worker.delivery import Delivery
from naq.worker.observing import Note
from naq.worker.settlement import Outcome, Raised, Returned, Settlement


class RunTracing:
    """Makes a consumer span for each run, which is the current span of the function.

    It is a child of the span that enqueued the job. A run of a repeating schedule begins a trace, with a link to the
    span that made the schedule.
    """

    def __init__(self, config: Config) -> None:
        self._names = names(config)

    @contextmanager
    def run(self, job: Job, delivery: Delivery) -> Iterator[Note]:
        """Make a span for the length of a run."""
        subject = delivery.msg.subject
        headers = delivery.msg.headers or {}
        parent, links = context_in(headers), []
        if headers.get(SCHEDULE_NEXT, LAST_OF_SCHEDULE) != LAST_OF_SCHEDULE:
            schedule = get_current_span(parent).get_span_context()
            parent, links = Context(), [Link(schedule)] if schedule.is_valid else []
        described = {
            **attributes("process", "process", subject),
            "messaging.message.id": job.id,
            "messaging.message.body.size": len(delivery.msg.data),
            "messaging.consumer.group.name": self._names.consumer(delivery.queue),
            "naq.job.function": job.function,
            "naq.job.attempt": delivery.attempt,
        }
        with tracer().start_as_current_span(
            f"process {subject}", parent, SpanKind.CONSUMER, described, links, record_exception=False,
            set_status_on_exception=False,
        ) as span:  # fmt: skip
            try:
                yield lambda outcome: _note(span, outcome)
            except BaseException:
                # The worker is stopping, and gives the job back.
                span.set_status(Status(StatusCode.ERROR, "the run was cancelled"))
                raise

    def settled(self, delivery: Delivery, settlement: Settlement) -> None:
        """Note nothing: the span has ended."""


def _note(span: Span, outcome: Outcome) -> None:
    if isinstance(outcome, Returned):
        return
    error = str(getattr(outcome, "error", ""))
    kind = "timeout" if isinstance(outcome, Raised) and outcome.timed_out else error.partition(":")[0]
    span.set_status(Status(StatusCode.ERROR, error))
    span.set_attribute("error.type", kind or type(outcome).__name__)
    if isinstance(outcome, Raised):
        # Not `record_exception`, which reads attributes of the exception: they may raise. These texts are complete.
        event = {"exception.type": kind, "exception.message": error, "exception.stacktrace": outcome.traceback}
        span.add_event("exception", event)
