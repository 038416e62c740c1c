"""The output and the exit codes of the command `naq`, against a real server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from naq.cli import main
from naq.config import Config
from naq.connection import nats_jetstream
from naq.events.publisher import EventPublisher
from naq.queue.core import Queue
from naq.queue.streams import ensure_buckets, names
from naq.records import encode
from naq.worker.core import Worker
from naq.worker.heartbeat import worker_status
from naq_support import jobs
from naq_support.command import Naq, config, naq

SUPPORT = Path(jobs.__file__).parent.parent

__all__ = ["config", "naq"]


def work_off(config: Config) -> None:
    asyncio.run(Worker(config=config, burst=True).run(handle_signals=False))


def queued(config: Config) -> Any:
    """The oldest job of the default queue."""
    return asyncio.run(Queue(config=config).peek())


def test_enqueue_takes_json_and_text(naq: Naq, config: Config) -> None:
    said = naq.json(
        "enqueue", "naq_support.jobs:add", "1", "[2]", "{a", '"3"', "-k", "b=null", "-k", "c=x=y", "--timeout", "2m"
    )
    job = queued(config)
    assert said == {"id": job.id, "function": "naq_support.jobs:add", "queue": "default"}
    assert job.args == (1, [2], "{a", "3")
    assert job.kwargs == {"b": None, "c": "x=y"}
    assert job.options.timeout == 120


def test_enqueue_says_what_it_did(naq: Naq) -> None:
    assert naq("enqueue", "m:f", "--id", "seven", "-q", "mail") == "enqueued seven on mail\n"
    assert naq("enqueue", "m:f", "--id", "eight", "--in", "1h") == "scheduled eight on default\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a b"], "package.module:name"),
        (["m:f", "-q", "a.b"], "queue name 'a.b'"),
        (["m:f", "--in", "soon"], "'soon' is not a duration"),
        (["m:f", "--at", "noon"], "--at 'noon'"),
        (["m:f", "--at", "2030-01-01T00:00:00"], "has no time zone"),
        (["m:f", "--cron", "every day"], "five fields"),
        (["m:f", "--in", "1", "--cron", "* * * * *"], "--in and --cron cannot be used together"),
        (["m:f", "--timezone", "UTC"], "--timezone can only be used with --cron"),
        (["m:f", "--cron", "* * * * *", "--wait", "1"], "runs now"),
        (["m:f", "-k", "1a=2"], "name=value"),
        (["m:f", "--max-retries", "-1"], "max_retries"),
        (["m:f", "--id", "a b"], "job id 'a b'"),
        ([], "Missing argument 'FUNCTION'"),
    ],
)
def test_what_cannot_be_enqueued_is_refused_before_anything_is_sent(
    naq: Naq, config: Config, arguments: list[str], said: str
) -> None:
    assert said in naq("enqueue", *arguments, code=2)
    assert naq.json("status")["queues"] == []


def test_wait_prints_the_result(config: Config) -> None:
    env = {**os.environ, "PYTHONPATH": str(SUPPORT)}
    worker = subprocess.Popen(
        [sys.executable, "-m", "naq.cli", "worker", "--quiet", "--json"], env=env, stdout=subprocess.PIPE
    )
    try:
        command = [sys.executable, "-m", "naq.cli", "enqueue", "naq_support.jobs:add", "1", "2", "--wait", "20"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)
    finally:
        worker.send_signal(signal.SIGINT)
        out, _ = worker.communicate(timeout=20)
    assert worker.returncode == 130
    assert json.loads(out)["succeeded"] == 1


def test_a_worker_imports_from_the_working_directory(config: Config, tmp_path: Path, naq: Naq) -> None:
    (tmp_path / "here.py").write_text("def double(x):\n    return 2 * x\n")
    job = naq.json("enqueue", "here:double", "21")["id"]
    done = subprocess.run(
        [sys.executable, "-m", "naq.cli", "worker", "--burst"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "1 succeeded, 0 failed, 0 retried\n")
    assert "works on default" in done.stderr
    assert naq.json("status", job)["state"] == "done"


def test_status_shows_queues_and_jobs(naq: Naq, config: Config) -> None:
    assert naq("status").split("\n")[:2] == ["no jobs", "no worker"]
    job = naq.json("enqueue", "naq_support.jobs:fail", "[bold]")["id"]
    naq("enqueue", "m:f", "-q", "mail", "--in", "1d")
    assert naq.json("status")["queues"] == [
        {"queue": "default", "jobs": 1, "schedules": 0, "failed": 0, "high": 0, "low": 0},
        {"queue": "mail", "jobs": 0, "schedules": 1, "failed": 0, "high": 0, "low": 0},
    ]
    waiting = naq("status", job)
    assert re.search(r"state +queued *\n", waiting)
    assert re.search(r"function +naq_support\.jobs:fail *\n", waiting)
    assert naq.json("status", job)["queue"] == "default"
    later = naq.json("enqueue", "m:f", "--in", "1d")["id"]
    waiting = naq("status", later)
    assert "scheduled" in waiting
    assert "1970" not in waiting
    assert "jobs on the queues: it was not enqueued" in naq("status", "unknown", code=1)
    naq("schedules", "cancel", later)
    work_off(config)
    table = naq("status", job)
    assert "failed" in table
    assert "ValueError: [bold]" in table


def test_failed_jobs_are_shown_and_put_back(naq: Naq, config: Config) -> None:
    assert naq("failed", "list") == "no failed jobs\n"
    ids = [naq.json("enqueue", "naq_support.jobs:fail", f"no {number}")["id"] for number in range(3)]
    work_off(config)
    listed = naq.json("failed", "list")
    assert sorted(one["job_id"] for one in listed) == sorted(ids)
    assert listed[0]["function"] == "naq_support.jobs:fail"
    assert "2 of 3; --limit shows more" in naq("failed", "list", "--limit", "2")
    one = naq("failed", "show", ids[1])
    assert "ValueError: no 1" in one
    assert "in fail" in one
    number = naq.json("failed", "show", ids[1])["number"]
    assert naq("failed", "requeue", str(number)) == "1 requeued\n"
    assert queued(config).id == ids[1]
    assert naq.json("failed", "requeue", "--all", "--queue", "default") == {"requeued": 2}
    assert naq.json("failed", "list") == []


def test_failed_jobs_are_thrown_away(naq: Naq, config: Config) -> None:
    for _ in range(3):
        naq("enqueue", "naq_support.jobs:fail")
    work_off(config)
    assert naq.json("failed", "purge", "--all", "--older-than", "1h") == {"purged": 0}
    first = naq.json("failed", "list")[0]["number"]
    assert naq("failed", "purge", str(first)) == "1 purged\n"
    assert naq("failed", "purge", "--all") == "2 purged\n"


def test_what_is_no_job_is_shown_as_it_came(naq: Naq, config: Config) -> None:
    async def send() -> None:
        queue = Queue(config=config)
        await queue.setup()
        async with nats_jetstream(config) as (_, js):
            await js.publish(queue.subject, b"\x1b[31m\xffnot a job")

    asyncio.run(send())
    work_off(config)
    shown = naq("failed", "show", "1")
    assert "not a job" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["failed", "requeue"], 2, "numbers of failed jobs or --all"),
        (["failed", "requeue", "1", "--all"], 2, "numbers of failed jobs or --all"),
        (["failed", "purge", "1", "-q", "a"], 2, "can only be used with --all"),
        (["failed", "purge", "0"], 2, "0 is not in the range"),
        (["failed", "requeue", "99"], 1, "no failed job number 99"),
        (["failed", "show", "99"], 1, "no failed job number 99"),
        (["failed", "show", "unknown"], 1, "not in the failed store"),
        (["failed", "list", "-q", "a.b"], 2, "queue name 'a.b'"),
        (["schedules", "cancel", "unknown"], 1, "no schedule unknown"),
        (["events", "tail", "a..b"], 2, "event type 'a..b'"),
        (["worker", "a b"], 2, "queue name 'a b'"),
        (["worker", "-c", "0"], 2, "from 1, not 0"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["--prefix", "a.b", "status"], 2, "prefix"),
        (["--server", "http://x", "status"], 2, "not http"),
        (["--server", "nats://127.0.0.1:1", "status"], 1, "nats://127.0.0.1:1"),
        (["status", "--server", "nats://127.0.0.1:1"], 1, "`naq server` starts one; NAQ_NATS__SERVERS or --server"),
        (["--server", "nats://127.0.0.1:2", "status", "-s", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["failed", "list", "--server", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["failed", "--server", "nats://127.0.0.1:1", "list"], 1, "127.0.0.1:1 "),
        (["events", "-s", "nats://127.0.0.1:1", "tail", "x"], 1, "127.0.0.1:1 "),
        (["schedules", "--server", "nats://127.0.0.1:1", "cancel", "x"], 1, "127.0.0.1:1 "),
        (["schedules", "--server", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["schedules", "cancel", "x", "--server", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["enqueue", "m:f", "1", "--server", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["worker", "--quiet", "--server", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["events", "tail", "x", "--server", "nats://127.0.0.1:1"], 1, "127.0.0.1:1 "),
        (["status", "--prefix", "a.b"], 2, "prefix"),
    ],
)
def test_bad_input_is_one_line(naq: Naq, config: Config, arguments: list[str], code: int, said: str) -> None:
    asyncio.run(Queue(config=config).setup())
    assert said in naq(*arguments, code=code)


def test_a_wrong_variable_is_named(naq: Naq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAQ_WORKER__CONCURRENCY", "many")
    assert "concurrency" in naq("status", code=2).lower()


def test_schedules_are_listed_and_cancelled(naq: Naq) -> None:
    naq("enqueue", "m:f", "--cron", "0 3 * * *", "--timezone", "Europe/Berlin", "--id", "nightly")
    naq("enqueue", "m:f", "1", "--in", "2h", "--id", "later", "-q", "mail")
    listed = naq.json("schedules")
    assert [(one["id"], one["queue"], one["cron"], one["timezone"]) for one in listed] == [
        ("later", "mail", None, None),
        ("nightly", "default", "0 0 3 * * *", "Europe/Berlin"),
    ]
    assert listed[1]["written"] == "0 3 * * *"
    assert listed[0]["next"] == listed[0]["at"]
    due = datetime.fromisoformat(listed[1]["next"])
    assert (due.astimezone(ZoneInfo("Europe/Berlin")).hour, due.minute) == (3, 0)
    assert datetime.now(UTC) < due < datetime.now(UTC) + timedelta(days=2)
    assert [one["id"] for one in naq.json("schedules", "-q", "mail")] == ["later"]
    naq("enqueue", "m:f", "--cron", "30 0 3 * * *", "--id", "seconds")
    naq("enqueue", "m:f", "--every", "90", "--id", "often")
    shown = naq("schedules")
    assert re.search(r"nightly +default +0 3 \* \* \* +Europe/Berlin +20\d\d-\d\d-\d\d 0[12]:00:00Z +m:f", shown)
    assert re.search(r"seconds +default +30 0 3 \* \* \* +20\d\d-", shown)
    assert re.search(r"often +default +every 90 s +m:f", shown)
    for one in ("seconds", "often"):
        naq("schedules", "cancel", one)
    assert naq("schedules", "cancel", "nightly") == "cancelled nightly\n"
    assert naq("schedules", "cancel", "later", "-q", "mail") == "cancelled later\n"
    assert naq("schedules") == "no schedules\n"


def test_events_are_printed_and_taken_up_again(naq: Naq, config: Config) -> None:
    async def publish() -> None:
        for number in range(5):
            await EventPublisher(config).publish_system_event("disk.full", {"n": number})

    asyncio.run(publish())
    lines = naq("events", "tail", "disk.*", "--durable", "reader", "-n", "2").splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == ['disk.full         {"n":0}', 'disk.full         {"n":1}']
    rest = naq("events", "tail", "disk.*", "--durable", "reader", "-n", "3", "--json").splitlines()
    assert sorted(json.loads(line)["data"]["n"] for line in rest) == [2, 3, 4]


@pytest.mark.parametrize(
    ("pattern", "said"), [(">", True), ("job.failed", True), ("*.failed", True), ("order.*", False)]
)
def test_the_tail_says_that_events_of_jobs_are_off(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pattern: str, said: bool
) -> None:
    async def publish() -> None:
        await EventPublisher(config).publish_system_event(pattern.replace("*", "order").replace(">", "order.new"), {})

    asyncio.run(publish())
    for enabled in (False, True):
        monkeypatch.setenv("NAQ_EVENTS__ENABLED", str(enabled).lower())
        assert main(["events", "tail", pattern, "--durable", f"reader{enabled}", "-n", "1"]) == 0
        assert ("NAQ_EVENTS__ENABLED=true" in capsys.readouterr().err) is (said and not enabled)


def test_ids_are_whole_on_a_narrow_terminal(naq: Naq, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    job = naq.json("enqueue", "naq_support.jobs:fail", "a long text " * 9)["id"]
    naq("enqueue", "m:f", "--in", "1d", "--id", "an-id-of-thirty-four-characters-00")
    asyncio.run(Worker(config=config, burst=True).run(handle_signals=False))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("LINES", "24")
    for columns in ("40", "60", "80"):
        monkeypatch.setenv("COLUMNS", columns)
        assert job in naq("failed", "list")
        assert "an-id-of-thirty-four-characters-00" in naq("schedules")


def test_a_worker_is_up_until_now(config: Config, naq: Naq) -> None:
    at = time.time()
    record = worker_status("w", ("default",), 1, at - 9, stopping=False, running=0, succeeded=0, failed=0, retried=0)

    async def beat() -> None:
        async with nats_jetstream(config) as (_, js):
            await ensure_buckets(js, config)
            where = names(config)
            older = msgspec.structs.replace(record, beat=at - 5)
            await js.publish(where.key(where.workers, "w"), encode(older))

    asyncio.run(beat())
    row = next(line for line in naq("status").splitlines() if line.startswith("w "))
    up, last = re.search(r"(\d+) s +(\d+) s ago", row).groups()  # type: ignore[union-attr]
    assert int(up) >= 9
    assert int(up) - int(last) in (3, 4, 5)


def test_a_server_starts_serves_and_stops(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "naq.cli", "server", "--port", "-1", "--store", str(tmp_path / "store"), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        job = asyncio.run(Queue(config=Config.for_servers(url)).enqueue("m:f"))
        assert job.queue == "default"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert (tmp_path / "store" / "jetstream").is_dir()


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_libraries_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, missing: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("naq.command")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("naq.command", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["status"]) == 2
    assert "pip install 'naq[cli]'" in capsys.readouterr().err


def test_limits_at_which_jobs_are_dropped_are_in_the_status(
    config: Config, naq: Naq, capsys: pytest.CaptureFixture[str]
) -> None:
    async def limit() -> None:
        queue = Queue(config=config)
        await queue.setup()
        async with nats_jetstream(config) as (_, js):
            stream = (await js.stream_info(queue.stream_name)).config
            await js.update_stream(stream.evolve(max_bytes=200_000))

    assert naq.json("status")["warnings"] == []
    asyncio.run(limit())
    (warning,) = json.loads(_printed(capsys, "status", "--json").out)["warnings"]
    assert "(max_bytes=200000), at which the server drops the oldest jobs" in warning
    assert _printed(capsys, "status").err == f"warning: {warning}\n"


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(arguments) == 0
    return capsys.readouterr()
