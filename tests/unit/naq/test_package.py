"""The package: its public names, and that importing it does not import what is not used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import naq

ROOT = Path(__file__).parents[3]


def test_it_offers_the_classes_of_a_program() -> None:
    from naq import Config, Queue, Worker
    from naq.config import Config as config
    from naq.queue.core import Queue as queue
    from naq.worker.core import Worker as worker

    assert (Config, Queue, Worker) == (config, queue, worker)
    assert set(naq.__all__) <= set(dir(naq))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'naq' has no attribute 'Quue'"):
        _ = naq.Quue


@pytest.mark.parametrize("code", ["import naq", "from naq import task"])
def test_what_is_not_used_is_not_imported(code: str) -> None:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"asyncio", "msgspec", "nats", "pydantic"}.isdisjoint(done.stdout.split())


def test_python_m_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "naq", "--version"], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == f"naq, version {naq.__version__}\n"


def test_the_completion_that_the_readme_names_is_that_of_the_command(tmp_path: Path) -> None:
    line = "_NAQ_COMPLETE=bash_source naq"
    assert line in (ROOT / "README.md").read_text("utf-8")
    environment = {**os.environ, "_NAQ_COMPLETE": "bash_source"}
    command = [str(Path(sys.executable).parent / "naq")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert "complete -o nosort -F _naq_completion naq" in done.stdout
