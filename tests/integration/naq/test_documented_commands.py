"""The lines of the documents that run the command `naq`, as they are written, on a real server."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from naq.config import Config
from naq.events.publisher import EventPublisher
from naq.job import Job
from naq.queue.core import Queue
from naq_support.processes import environment_of

ROOT = Path(__file__).parents[3]
TEXT = "\n".join((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/configuration.md"))
# Variables may stand before the command, and a line that makes a folder for what it prints.
LINE = re.compile(r"^    ((?:mkdir .*\n    )?(?:\$ )?(?:_?NAQ_\w+=\S+ )?naq(?: .*)?)$", re.MULTILINE)
LINES = [re.split(r"\s+# ", line.replace("$ ", "").replace("\n    ", " && "))[0] for line in LINE.findall(TEXT)]
# These run until Ctrl-C; what each prints by then.
ENDLESS = {"dashboard": "dashboard on http", "server": "nats://127.0.0.1:", "worker": "works on ", "events": "job.documented"}
SHOP = "from naq import task\n\n\n@task\ndef send(address):\n    return f'sent to {address}'\n"


def started(line: str, folder: Path, config: Config) -> subprocess.Popen[str]:
    """Start the line as a program."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.Popen(
        ["bash", "-c", line if "&&" in line else f"exec env {line}"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **environment_of(config), "PATH": path, "HOME": str(folder), "PYTHONUNBUFFERED": "1",
             "NAQ_DASHBOARD__ADDRESS": "127.0.0.1:0"},
    )  # fmt: skip


def subcommand(line: str) -> str:
    return line.rpartition("naq ")[2].split()[0]


def test_the_documents_have_such_lines() -> None:
    assert {subcommand(line) for line in LINES} >= {"server", "enqueue", "worker", "status", "failed", "schedules", "events"}


@pytest.mark.parametrize("line", LINES)
def test_it_runs(line: str, naq_config: Config, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    if subcommand(line) == "cancel":
        job = Job.create("shop:send", ("a@example.org",), job_id=line.rpartition(" ")[2])
        asyncio.run(Queue(config=naq_config).enqueue(job))
    process = started(line, tmp_path, naq_config)
    expected = ENDLESS.get(subcommand(line))
    if expected is None:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return
    assert process.stdout is not None
    said = ""
    while expected not in said:
        # An event, for the line that waits for one; it is heard where the program listens by now.
        asyncio.run(EventPublisher(naq_config).publish_many([("job.documented", {})]))
        if select.select([process.stdout], [], [], 0.3)[0]:
            read = process.stdout.readline()
            assert read, said
            said += read
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=60)[0]
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said
