"""The answers to health checks, as pure functions.

`/healthz` tells whether a restart would help: it fails when the event loop is blocked. A lost server does not make it
fail, as the worker connects again by itself, and a restart would cost the jobs that run. `/readyz` tells whether the
worker takes jobs.
"""

from typing import Any

import msgspec

from naq.metrics.http import JSON, Answer
from naq.worker.vitals import Vitals

OK, UNAVAILABLE = 200, 503


def healthz(vitals: Vitals, silence: float, limit: float) -> Answer:
    """Return the answer to a liveness check.

    `silence` is how many seconds ago the event loop ran; it counts as blocked from `limit` on.
    """
    if silence >= limit:
        reason = f"a job has blocked the event loop for {silence:.0f} s"
        return _answer(UNAVAILABLE, status="blocked", reason=reason, worker=vitals.worker_id)
    return _answer(OK, status="ok", worker=vitals.worker_id, connected=vitals.connected, running=vitals.running)


def readyz(vitals: Vitals, silence: float, limit: float) -> Answer:
    """Return the answer to a readiness check; the arguments are those of `healthz`."""
    reason = ""
    if silence >= limit:
        reason = f"a job has blocked the event loop for {silence:.0f} s"
    elif vitals.stopping:
        reason = "the worker is stopping"
    elif not vitals.connected:
        reason = "no connection to the server"
    elif not vitals.pulling:
        reason = "the worker is starting"
    if reason:
        return _answer(UNAVAILABLE, status="not ready", reason=reason, worker=vitals.worker_id)
    return _answer(OK, status="ready", worker=vitals.worker_id, queues=list(vitals.queues))


def _answer(code: int, **content: Any) -> Answer:
    # Any: JSON values.
    return Answer(code, JSON, msgspec.json.encode(content) + b"\n")
