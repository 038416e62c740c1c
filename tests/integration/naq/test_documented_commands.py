"""The lines of the README that run the command `naq`, as they are written, on a real server."""

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
from naq_support.processes import environment_of

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
LINES = [re.split(r"\s+# ", line)[0] for line in re.findall(r"^    (naq .*)$", README, re.MULTILINE)]
# These run until Ctrl-C; what each prints by then.
ENDLESS = {"naq server": "nats://127.0.0.1:", "naq worker": "works on mail, default", "naq events": "job.documented"}
SHOP = "from naq import task\n\n\n@task\ndef send(address):\n    return f'sent to {address}'\n"


def started(line: str, folder: Path, config: Config) -> subprocess.Popen[str]:
    """Start the line as a program."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.Popen(
        ["bash", "-c", f"exec {line}"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **environment_of(config), "PATH": path, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def test_the_readme_has_such_lines() -> None:
    assert {line.split()[1] for line in LINES} == {"server", "enqueue", "worker", "status", "failed", "schedules", "events"}


@pytest.mark.parametrize("line", LINES)
def test_it_runs(line: str, naq_config: Config, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    process = started(line, tmp_path, naq_config)
    expected = ENDLESS.get(" ".join(line.split()[:2]))
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
