"""The metrics of a worker, for Prometheus. Needs prometheus_client.

The values of labels are bounded: queues are those of the worker, and a function has a label once it has run here, for
the first `MOST_FUNCTIONS`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from naq.job import Job
from naq.metrics.http import Answer
from naq.metrics.reading import Sizes
from naq.worker.delivery import Delivery
from naq.worker.observing import Note
from naq.worker.settlement import Outcome, Settlement
from naq.worker.vitals import Vitals

# Further functions share the label `OTHER`; a job that has not run has no function as its label.
MOST_FUNCTIONS: Final = 200
OTHER, NOT_RUN = "other", ""
# By the state in which a job is left.
OUTCOMES: Final = {
    "done": "succeeded",
    "failed": "failed",
    "retrying": "retried",
    "waiting": "waited",
    "queued": "lost",
    "cancelled": "cancelled",
}
DURATIONS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
WAITS: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400)


class WorkerMetrics:
    """Counts the jobs of a worker as its observer, and writes all metrics as text.

    `vitals` and `sizes` are called for each scrape, in another thread.
    """

    def __init__(self, vitals: Callable[[], Vitals], sizes: Callable[[], Sizes | None]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_State(vitals, sizes))
        jobs = ("queue", "function", "outcome")
        self._jobs = Counter("naq_jobs", "Jobs that this worker has handled.", jobs, registry=self._registry)
        self._durations = Histogram(
            "naq_job_duration_seconds",
            "How long the functions of jobs ran.",
            ("queue", "function"),
            buckets=DURATIONS,
            registry=self._registry,
        )
        self._waits = Histogram(
            "naq_job_wait_seconds",
            "How long jobs waited on their queue before their first run.",
            ("queue",),
            buckets=WAITS,
            registry=self._registry,
        )
        self._running = Gauge("naq_jobs_running", "Jobs that run now.", ("queue",), registry=self._registry)
        self._functions: set[str] = set()

    @contextmanager
    def run(self, job: Job, delivery: Delivery) -> Iterator[Note]:
        """Measure a run."""
        queue, function = delivery.queue, self._label(job.function)
        if delivery.attempt == 1:
            self._waits.labels(queue).observe(max(0.0, delivery.waited))
        running = self._running.labels(queue)
        running.inc()
        begun = time.perf_counter()
        try:
            yield _ignore
        finally:
            running.dec()
            self._durations.labels(queue, function).observe(time.perf_counter() - begun)

    def settled(self, delivery: Delivery, settlement: Settlement) -> None:
        """Count a job; a message that another worker has settled is not counted."""
        if settlement.state is not None:
            outcome = OUTCOMES.get(settlement.state, settlement.state)
            self._jobs.labels(delivery.queue, self._known(delivery.job), outcome).inc()

    def answer(self, accept: str) -> Answer:
        """Return the metrics of the worker and those of the application's default registry, as `accept` asks."""
        encode, kind = choose_encoder(accept)
        return Answer(200, kind, encode(_Both((self._registry, REGISTRY))))

    def _known(self, job: Job | None) -> str:
        """Return the label for a job that may not have run, as anyone who can enqueue chooses its function's name."""
        if job is not None and job.function in self._functions:
            return job.function
        return OTHER if len(self._functions) >= MOST_FUNCTIONS else NOT_RUN

    def _label(self, function: str) -> str:
        if function not in self._functions:
            if len(self._functions) >= MOST_FUNCTIONS:
                return OTHER
            self._functions.add(function)
        return function


def _ignore(_: Outcome) -> None:
    return None


class _Both:
    """Several registries as one collector."""

    def __init__(self, registries: tuple[CollectorRegistry, ...]) -> None:
        self._registries = registries

    def collect(self) -> Iterator[Metric]:
        for registry in self._registries:
            yield from registry.collect()


class _State:
    """Collects what is read when Prometheus asks: the worker's condition, and sizes on the server."""

    def __init__(self, vitals: Callable[[], Vitals], sizes: Callable[[], Sizes | None]) -> None:
        self._vitals = vitals
        self._sizes = sizes

    def collect(self) -> Iterator[Metric]:
        vitals = self._vitals()
        info = GaugeMetricFamily("naq_worker_info", "This worker.", labels=("worker", "version"))
        info.add_metric((vitals.worker_id, version("naq")), 1)
        yield info
        yield _gauge("naq_worker_up", "Whether the worker takes jobs.", vitals.ready)
        yield _gauge("naq_worker_connected", "Whether the worker has a connection to the server.", vitals.connected)
        yield _gauge("naq_worker_stopping", "Whether the worker takes no more jobs.", vitals.stopping)
        yield _gauge("naq_worker_concurrency", "Jobs that may run at the same time.", vitals.concurrency)
        yield _gauge("naq_worker_start_time_seconds", "When the worker started, since 1970.", vitals.started)
        reconnects = "Connections that replaced a lost one."
        yield CounterMetricFamily("naq_worker_reconnects", reconnects, value=vitals.reconnects)
        sizes = self._sizes() if vitals.connected else None
        yield _gauge("naq_server_answers", "Whether sizes could be read from the server.", sizes is not None)
        if sizes is not None:
            yield from _of_sizes(sizes)


def _of_sizes(sizes: Sizes) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("naq_queue_waiting", "Jobs on the queue that no worker has taken.", labels=("queue",))
    taken = GaugeMetricFamily("naq_queue_taken", "Jobs of the queue that run or wait for a retry.", labels=("queue",))
    failed = GaugeMetricFamily("naq_queue_failed", "Jobs of the queue in the failed store.", labels=("queue",))
    for queue, size in sizes.queues.items():
        waiting.add_metric((queue,), size.waiting)
        taken.add_metric((queue,), size.taken)
        failed.add_metric((queue,), size.failed)
    yield from (waiting, taken, failed)
    stored = GaugeMetricFamily("naq_stream_bytes", "Bytes that a stream uses.", labels=("stream",))
    messages = GaugeMetricFamily("naq_stream_messages", "Messages in a stream.", labels=("stream",))
    limit = GaugeMetricFamily("naq_stream_limit_bytes", "Bytes that a stream may use, if limited.", labels=("stream",))
    for stream, of_stream in sizes.streams.items():
        stored.add_metric((stream,), of_stream.bytes)
        messages.add_metric((stream,), of_stream.messages)
        if of_stream.limit:
            limit.add_metric((stream,), of_stream.limit)
    yield from (stored, messages, limit)
    if sizes.account is not None:
        yield _gauge("naq_account_bytes", "Bytes that the account's streams use in files.", sizes.account.bytes)
        if sizes.account.limit:
            text = "Bytes that the account's streams may use in files, if limited."
            yield _gauge("naq_account_limit_bytes", text, sizes.account.limit)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
