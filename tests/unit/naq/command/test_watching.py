"""`naq status --watch`: rounds, lines of JSON, a narrow terminal, an outage, and Ctrl-C."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.text import Text

from naq.cli import main
from naq.command.watching import View, watch
from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import ConnectFailed
from naq.queue.core import Queue
from naq.queue.streams import ensure_buckets, names
from naq.records import encode
from naq.worker.core import Worker
from naq.worker.heartbeat import worker_status
from naq_support import jobs
from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]


class Output(io.StringIO):
    """Sends this process SIGINT as soon as what was written has a text so many times."""

    def __init__(self, text: str, times: int) -> None:
        super().__init__()
        self._awaited = text, times
        self._sent = False

    def write(self, text: str) -> int:
        written = super().write(text)
        if not self._sent and self.getvalue().count(self._awaited[0]) >= self._awaited[1]:
            self._sent = True
            threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
        return written


@pytest.fixture
def watched(config: Config, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function that watches until a text was shown twice, and returns all output."""

    def run(text: str, *arguments: str) -> str:
        output = Output(text, 2)
        monkeypatch.setattr(sys, "stdout", output)
        assert main(["status", "--watch", "--interval", "0.1", *arguments]) == 130
        return output.getvalue()

    return run


def test_elsewhere_than_on_a_terminal_it_prints_rounds(config: Config, watched: Callable[..., str]) -> None:
    asyncio.run(Queue("mail", config).enqueue(jobs.add, 1, 2))
    rounds = watched("no worker\n").rstrip().split("\n\n")
    assert len(rounds) == 2
    for shown in rounds:
        lines = [line.rstrip() for line in shown.splitlines()]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, every 0\.1 s; Ctrl-C ends", lines[0])
        assert lines[1:] == ["Queues", "queue  jobs  schedules  failed", "mail      1          0       0", "no worker"]


def test_each_round_is_a_line_of_json(config: Config, watched: Callable[..., str]) -> None:
    asyncio.run(Queue("mail", config).enqueue(jobs.add, 1, 2))
    lines = [json.loads(line) for line in watched("workers", "--json").splitlines()]
    assert [(line["queues"][0]["jobs"], line["workers"]) for line in lines] == [(1, [])] * 2
    assert lines[0]["at"] < lines[1]["at"]


def test_a_job_is_watched_until_it_has_ended(naq: Naq, config: Config) -> None:
    job = asyncio.run(Queue("mail", config).enqueue(jobs.add, 1, 2))
    asyncio.run(Worker("mail", config, burst=True).run(handle_signals=False))
    shown = naq("status", job.id, "--watch")
    assert re.search(r"state +done", shown)
    assert json.loads(naq("status", job.id, "--watch", "--json"))["state"] == "done"


def test_an_outage_is_shown_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """From the second round on; without any answer, the command fails."""
    outage = ConnectFailed("nats://here", None, 1.0)
    answers: Iterator[Any] = iter(["one", outage, "two"])

    async def read() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    view: View[str] = View(lambda value, _: Text(f"value {value}"), lambda value: {"value": value})
    assert asyncio.run(watch(read, view, 0.01, False, lambda value: value == "two")) == 0
    first, second, third = capsys.readouterr().out.rstrip().split("\n\n")
    assert first.endswith("value one")
    assert "\nnot up to date: no connection to nats://here after 1.00 s" in second
    assert second.endswith("value one")
    assert third.endswith("value two")
    answers = iter(["one", outage, "two"])
    asyncio.run(watch(read, view, 0.01, True, lambda value: value == "two"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [sorted(line) for line in lines] == [["at", "value"], ["at", "error"], ["at", "value"]]
    answers = iter([outage])
    with pytest.raises(ConnectFailed):
        asyncio.run(watch(read, view, 0.01, False, lambda _: True))


def test_an_interrupted_read_ends_at_once() -> None:
    async def read() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(300)
        return ""

    view: View[str] = View(lambda value, _: Text(value), lambda _: {})
    assert asyncio.run(watch(read, view, 1.0, False, lambda _: False)) == 130


def terminal_of(columns: int, lines: int) -> tuple[int, int]:
    """Open a terminal of this size; returns the descriptors of its two ends."""
    own, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    return own, its


def read_until(own: int, text: str, times: int) -> str:
    deadline = time.monotonic() + 60
    read = ""
    while read.count(text) < times:
        assert time.monotonic() < deadline, read
        read += os.read(own, 65536).decode()
    return read


def test_a_terminal_of_60_columns_and_ctrl_c(config: Config) -> None:
    async def prepare() -> None:
        where = names(config)
        for number in range(2):
            await Queue(f"a-queue-with-a-rather-long-name-{number}", config).enqueue(jobs.add, 1, 2)
        status = worker_status(
            "a-worker-with-a-name-of-some-length-42-abcdef", ("a-queue-with-a-rather-long-name-0", "mail"), 10,
            time.time(), stopping=False, running=3, succeeded=70, failed=1, retried=2,
        )  # fmt: skip
        async with nats_jetstream(config) as (_, js):
            await ensure_buckets(js, config)
            await js.publish(where.key(where.workers, status.worker_id), encode(status))

    asyncio.run(prepare())
    own, its = terminal_of(60, 30)
    # These would count in place of the terminal's size.
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment["TERM"] = "xterm"
    process = subprocess.Popen(
        [sys.executable, "-m", "naq.cli", "status", "--watch", "--interval", "0.2"],
        stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(its)
    try:
        shown = read_until(own, "Ctrl-C ends", 3)
        os.write(own, b"\x03")
        assert process.wait(30) == 130
        # The cursor is shown again.
        shown += read_until(own, "\x1b[?25h", 1)
    finally:
        process.kill()
        os.close(own)
    assert "Traceback" not in shown
    # Drawn in place: each round but the first begins by going up.
    assert shown.count("\x1b[1A") >= 10
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("^C", "")
    lines = [line for line in re.split(r"[\r\n]+", plain) if line]
    assert max(map(len, lines)) <= 60
    assert {"Queues", "Workers"} <= {line.strip() for line in lines}
    assert any(" 3/10 " in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--interval", "1"], 2, "--interval can only be used with --watch"),
        (["--watch", "--interval", "0"], 2, "expected at least 0.1 s, not 0 s"),
        (["--watch", "--interval", "soon"], 2, "'soon' is not a duration"),
        (["--watch", "-s", "nats://127.0.0.1:1"], 1, "no connection to nats://127.0.0.1:1"),
        (["unknown", "--watch"], 1, "has no recorded state"),
        (["two words", "--watch"], 2, "job id 'two words'"),
    ],
)
def test_bad_input_is_one_line(naq: Naq, arguments: list[str], code: int, said: str) -> None:
    assert said in naq("status", *arguments, code=code)
