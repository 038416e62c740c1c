"""An interrupt, or a kill, ends a check on several cores: at once, without a traceback, and its workers with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_naq.project.flake8_options import Options
from flake8_naq.project.settings import Settings
from flake8_naq.run.check_files import Job, check_one

FILES, CORES = 400, 2
# Seconds that an end may take on a busy machine; to check all the files takes much longer on an idle one.
PATIENCE = 30
COSTLY = "import nats\nasync def f(u):\n" + "    nc = await nats.connect(u)\n    await nc.close()\n" * 300


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that two cores are busy with for minutes: one file under many names."""
    folder = tmp_path_factory.mktemp("large")
    first = folder / "m0.py"
    first.write_text(COSTLY)
    for number in range(1, FILES):
        os.link(first, folder / f"m{number}.py")
    return folder


def test_to_wait_for_all_of_it_would_exceed_the_patience() -> None:
    start = time.process_time()
    check_one(Job("m0.py", COSTLY.encode(), Settings(), Options()))
    assert (time.process_time() - start) * FILES / CORES > 3 * PATIENCE


def start(folder: Path) -> subprocess.Popen[str]:
    """A check that has just begun, in a new session, so that its processes are known."""
    program = (
        # Tests that run in the background may have been started with interrupts ignored.
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from flake8_naq.cli.main import main; os.cpu_count = lambda: {CORES}; "
        "sys.argv = ['', 'check', '.']; print('ready', flush=True); sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ends(process: subprocess.Popen[str]) -> str:
    """What it has to say: it must end at once, and its workers too, which hold the pipes open."""
    try:
        return process.communicate(timeout=PATIENCE)[1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("delay", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["by Ctrl-C", "the command only"])
def test_an_interrupt_ends_it_at_once_without_traceback(
    large: Path, send: Callable[[int, int], None], delay: float
) -> None:
    process = start(large)
    time.sleep(delay)
    assert process.poll() is None, "too quick to be interrupted"
    send(process.pid, signal.SIGINT)
    assert ends(process) == ""
    assert process.returncode in (130, -signal.SIGINT)


@pytest.mark.parametrize("killed_by", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_command(large: Path, killed_by: signal.Signals) -> None:
    process = start(large)
    time.sleep(1)
    os.kill(process.pid, killed_by)
    assert ends(process) == ""
    assert process.returncode == -killed_by
