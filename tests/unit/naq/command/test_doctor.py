"""`naq doctor`: its lines, JSON and exit codes. What it finds is tested in `diagnosis`."""

from __future__ import annotations

import asyncio

import pytest

from naq.config import Config
from naq.queue.core import Queue
from naq_support import jobs
from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]


def test_the_report_and_its_code(naq: Naq, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = naq.json("doctor")
    assert (sound["ok"], sound["errors"], sound["warnings"]) == (True, 0, 0)
    assert {one["level"] for one in sound["checks"]} == {"ok"}
    asyncio.run(Queue("mail", config).enqueue(jobs.add, 1, 2))
    lines = naq("doctor").splitlines()
    (at,) = [
        number
        for number, line in enumerate(lines)
        if line.startswith("warning  queues     no worker serves queue mail")
    ]
    assert lines[at + 1].strip() == "-> naq worker mail"
    assert lines[-1] == "0 errors, 1 warning"
    monkeypatch.setenv("NAQ_WORKER__IMPORTS", "no_such_module")
    code, out, err = naq.run("doctor", "--json")
    assert (code, err) == (1, "")
    assert '"errors": 1' in out
    # A narrow terminal.
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "24")
    assert max(map(len, naq.run("doctor").out.splitlines())) <= 60


def test_what_prevents_the_checks_is_in_the_report(naq: Naq, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = naq.run("doctor", "--server", "nats://127.0.0.1:1")
    assert (code, err) == (1, "")
    assert out.startswith("error  server")
    monkeypatch.setenv("NAQ_SERVICE_HOST", "10.0.0.3")
    assert "variables that name no setting are ignored: NAQ_SERVICE_HOST" in naq("doctor")
    monkeypatch.setenv("NAQ_WORKER__CONCURRENCY", "many")
    code, out, err = naq.run("doctor")
    assert (code, err) == (1, "")
    assert out.startswith("error  settings  NAQ_WORKER__CONCURRENCY: ")
    assert "queue name 'two words'" in naq("doctor", "-q", "two words", code=2)
    assert "'admin' is not one of 'producer', 'worker', 'viewer'" in naq("doctor", "-r", "admin", code=2)
