"""Traces through a real queue, collected by OpenTelemetry's SDK."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import naq.sync
from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import ConfigError
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

TRACER = trace.get_tracer("tests")


@pytest.fixture
def traced(naq_config: Config) -> Config:
    return configured(naq_config, tracing={"enabled": True})


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """An SDK that an application has set up."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # The application sets a provider once in its life; here each test has one.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name.startswith(name)]


def identity(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id


def parent_of(span: ReadableSpan) -> tuple[int, int] | None:
    return None if span.parent is None else (span.parent.trace_id, span.parent.span_id)


async def current_trace() -> str:
    """A function of a job that makes a span."""
    with TRACER.start_as_current_span("inner"):
        return format(trace.get_current_span().get_span_context().trace_id, "032x")


def current_trace_in_a_thread() -> str:
    return format(trace.get_current_span().get_span_context().trace_id, "032x")


@on_loop
async def test_a_trace_goes_from_the_caller_through_the_queue_into_the_function(
    traced: Config, spans: InMemorySpanExporter
) -> None:
    queue = Queue("mail", traced).options(max_retries=1, retry_delay=0.01)
    with TRACER.start_as_current_span("request") as request:
        trace_id = format(request.get_span_context().trace_id, "032x")
        first = await queue.enqueue(current_trace)
        plain = await queue.enqueue(current_trace_in_a_thread)
        retried = await queue.enqueue(jobs.fail_at_first, "traced", 1)
        batch = await queue.enqueue_batch([queue.job(current_trace) for _ in range(2)])
        await queue.enqueue_batch([queue.job(jobs.add, number, 1) for number in range(3)], atomic=True)
    await Worker("mail", traced, burst=True).run()
    assert [await queue.result(job) for job in (first, plain, *batch.stored)] == [trace_id] * 4
    subject = f"{traced.queue.prefix}.queue.mail"
    sent, together, atomic = (
        [span for span in named(spans, f"enqueue {subject}") if (span.attributes or {}).get(key) == value]
        for key, value in (
            ("messaging.message.id", first.id),
            ("messaging.batch.message_count", 2),
            ("messaging.batch.message_count", 3),
        )
    )
    runs = {
        job.id: [one for one in named(spans, "process") if (one.attributes or {})["messaging.message.id"] == job.id]
        for job in (first, retried, *batch.stored)
    }
    assert [len(found) for found in (sent, together, atomic)] == [1, 1, 1]
    assert parent_of(sent[0]) == identity(request)  # type: ignore[arg-type]
    (run,) = runs[first.id]
    assert parent_of(run) == identity(sent[0])
    assert identity(run) in {parent_of(inner) for inner in named(spans, "inner")}
    assert {parent_of(runs[job.id][0]) for job in batch.stored} == {identity(together[0])}
    assert (sent[0].kind, run.kind) == (trace.SpanKind.PRODUCER, trace.SpanKind.CONSUMER)
    assert sent[0].attributes == {
        "messaging.system": "nats",
        "messaging.operation.name": "enqueue",
        "messaging.operation.type": "send",
        "messaging.destination.name": subject,
        "messaging.message.id": first.id,
        "naq.job.function": f"{__name__}:current_trace",
    }
    assert run.attributes is not None
    assert run.attributes["messaging.operation.type"] == "process"
    assert run.attributes["messaging.consumer.group.name"] == "mail-workers"
    assert run.attributes["messaging.message.body.size"] == len(first.serialize())
    # Each run of a job has a span.
    failed, succeeded = runs[retried.id]
    assert [span.attributes["naq.job.attempt"] for span in (failed, succeeded) if span.attributes] == [1, 2]
    assert parent_of(failed) == parent_of(succeeded)
    assert failed.status.description == "ValueError: failure 1"
    assert (failed.attributes or {})["error.type"] == "ValueError"
    (event,) = failed.events
    assert "fail_at_first" in str((event.attributes or {})["exception.stacktrace"])
    assert succeeded.status.is_ok


def test_a_call_without_await_is_a_part_of_its_callers_trace(traced: Config, spans: InMemorySpanExporter) -> None:
    try:
        with TRACER.start_as_current_span("request") as request:
            naq.sync.Queue("mail", traced).enqueue(jobs.add, 1, 2)
    finally:
        naq.sync.close()
    (sent,) = named(spans, "enqueue")
    assert parent_of(sent) == identity(request)  # type: ignore[arg-type]


@on_loop
async def test_a_repeating_schedule_is_linked_and_one_run_later_is_a_part(
    traced: Config, spans: InMemorySpanExporter
) -> None:
    scheduled = ScheduledQueue("mail", traced)
    with TRACER.start_as_current_span("request") as request:
        await scheduled.schedule(jobs.nothing, every=timedelta(seconds=1), schedule_id="tick")
        later = await scheduled.enqueue_in(0.05, jobs.nothing)
    worker = Worker("mail", traced)
    working = asyncio.create_task(worker.run())
    await until(lambda: len(named(spans, "process")) >= 2)
    await scheduled.cancel("tick")
    worker.stop()
    await working
    made = {identity(span) for span in named(spans, "schedule")}
    assert len(made) == 2
    for run in named(spans, "process"):
        if (run.attributes or {})["messaging.message.id"] == later.id:
            assert parent_of(run) in made
            assert not run.links
        else:
            assert run.parent is None
            (link,) = run.links
            assert (link.context.trace_id, link.context.span_id) in made
            assert link.context.trace_id == request.get_span_context().trace_id


async def headers_of(config: Config) -> dict[str, str]:
    async with nats_jetstream(config) as (_, js):
        stream = f"{config.queue.prefix}_jobs"
        return dict((await js.get_last_msg(stream, f"{config.queue.prefix}.queue.mail")).headers or {})


@on_loop
async def test_headers_are_sent_only_for_a_recorded_span(
    traced: Config, naq_config: Config, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Queue("mail", naq_config).enqueue(jobs.add, 1, 2)
    assert "traceparent" not in await headers_of(traced), "traces are not enabled"
    await Queue("mail", traced).enqueue(jobs.add, 1, 2)
    assert set(await headers_of(traced)) == {"Nats-Msg-Id", "traceparent"}
    for provider in (TracerProvider(sampler=ALWAYS_OFF), None):
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
        await Queue("mail", traced).enqueue(jobs.add, 1, 2)
        assert set(await headers_of(traced)) == {"Nats-Msg-Id"}, "not sampled, or no SDK"
    await Worker("mail", naq_config, burst=True).run()
    assert not named(spans, "process")


@on_loop
async def test_a_header_that_is_not_a_context_begins_a_trace(traced: Config, spans: InMemorySpanExporter) -> None:
    queue = Queue("mail", traced)
    await queue.setup()
    async with nats_jetstream(traced) as (_, js):
        for header in ("nonsense", "00-é-x-01", f"00-{'0' * 32}-{'0' * 16}-01"):
            await js.publish(queue.subject, queue.job(jobs.add, 1, 2).serialize(), headers={"traceparent": header, "tracestate": "a=b"})
    with TRACER.start_as_current_span("the worker's program"):
        await Worker("mail", traced, burst=True).run()
    runs = named(spans, "process")
    assert [run.parent for run in runs] == [None] * 3


@on_loop
async def test_without_the_library_the_remedy_is_named(traced: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("enqueueing", "running", "spans"):
        monkeypatch.delitem(sys.modules, f"naq.tracing.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    for make in (Queue, Worker):
        with pytest.raises(ConfigError, match=r"tracing\.enabled: needs .*pip install 'naq\[otel\]'"):
            make("mail", traced)


def test_neither_metrics_nor_traces_are_imported_unless_enabled() -> None:
    code = (
        "import sys, naq.worker.core, naq.queue.core; from naq.config import Config; "
        "naq.worker.core.Worker(config=Config()); naq.queue.core.Queue(config=Config()); "
        "found = {'prometheus_client', 'opentelemetry', 'http.server', 'naq.metrics', 'naq.dashboard'}; "
        "print(found & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
