"""`naq limits`: what it shows of the settings and of the server."""

from __future__ import annotations

import asyncio

import pytest

from naq.config import Config
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]


def test_without_limits_it_says_so(naq: Naq) -> None:
    assert naq("limits") == "no limits\n"
    assert naq.json("limits") == []


@on_loop
async def test_it_shows_what_runs_under_a_limit(config: Config, naq: Naq, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"queues": ["mail=2"], "functions": ["naq_support.jobs:pass_gate=50/h"]}
    gate = jobs.gate("shown")
    job = await Queue("mail", config).enqueue(jobs.pass_gate, "shown")
    worker = Worker("mail", configured(config, limits=limits, worker={"modules": "naq_support"}))
    working = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    monkeypatch.setenv("NAQ_LIMITS__QUEUES", "images=10/s")
    shown = await asyncio.to_thread(naq.json, "limits")
    gate.set()
    worker.stop()
    await working
    none = {"limit": None, "running": 0, "rate": None, "started": 0, "jobs": [], "workers": []}
    assert shown == [
        {**none, "kind": "function", "name": "naq_support.jobs:pass_gate", "rate": "50/h", "started": 1},
        {**none, "kind": "queue", "name": "images", "rate": "10/s"},
        {
            **none,
            "kind": "queue",
            "name": "mail",
            "limit": 2,
            "running": 1,
            "jobs": [job.id],
            "workers": [worker.worker_id],
        },
    ]
