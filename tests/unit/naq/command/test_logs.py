"""`--log-level` and `--log-format`: which lines are logged, and lines of JSON that every record fits into."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from naq.command.logs import JsonLines
from naq.config import Config
from naq.job_context import JobContext, as_current_job
from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A function that takes away the handlers of the root logger, as in a process of the command."""
    loggers = logging.getLogger(), logging.getLogger("naq")
    levels = [logger.level for logger in loggers]
    yield lambda: monkeypatch.setattr(loggers[0], "handlers", [])
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def line_of(**values: Any) -> dict[str, Any]:
    """What the formatter makes of a record."""
    record = logging.LogRecord("shop", logging.INFO, "shop.py", 1, "sold %s", ("a\nb",), None)
    for name, value in values.items():
        setattr(record, name, value)
    line = JsonLines().format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_record_is_one_line_of_json() -> None:
    plain = line_of()
    assert list(plain) == ["time", "level", "logger", "message"]
    assert (plain["level"], plain["logger"], plain["message"]) == ("info", "shop", "sold a\nb")
    with as_current_job(JobContext(id="seven", queue="mail")):
        assert list(line_of().items())[4:] == [("job", "seven"), ("queue", "mail")]
    try:
        raise ValueError("caf\udce9")
    except ValueError:
        failed = line_of(exc_info=sys.exc_info())
    assert failed["exception"].startswith("Traceback (most recent call last)")
    assert failed["exception"].endswith("ValueError: caf\\udce9")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(7, 7), ({"a": [None]}, {"a": [None]}), (Path("x"), repr(Path("x"))), ("a\udce9", "a\\udce9"), ({1, 2}, [1, 2])],
)
def test_what_is_passed_as_extra_is_a_field(value: Any, shown: Any) -> None:
    assert line_of(parcel=value)["parcel"] == shown


def test_an_extra_field_replaces_no_other() -> None:
    assert line_of(level="loud", time="noon")["level"] == "info"
    circle: list[Any] = []
    circle.append(circle)
    assert line_of(circle=circle)["circle"] == "[[...]]"


@pytest.mark.parametrize("before", [False, True])
def test_the_options_are_accepted_before_and_after_the_command(
    naq: Naq, unconfigured: Callable[[], None], monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    unconfigured()
    monkeypatch.setenv("NAQ_SERVICE_HOST", "10.0.0.1")
    options = ["--log-level", "WARNING", "--log-format", "json"]
    code, out, err = naq.run(*options, "status") if before else naq.run("status", *options)
    assert (code, out) == (0, "no jobs\nno worker\n")
    # A variable of Kubernetes is named in a warning.
    logged = json.loads(err)
    assert (logged["level"], logged["logger"]) == ("warning", "naq.settings.sources")
    assert "NAQ_SERVICE_HOST" in logged["message"]


def test_a_level_hides_what_is_below(
    naq: Naq, unconfigured: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    unconfigured()
    monkeypatch.setenv("NAQ_SERVICE_HOST", "10.0.0.2")
    assert naq("status", "--log-level", "error") == "no jobs\nno worker\n"
    assert "'loud' is not one of 'debug', 'info', 'warning', 'error'" in naq("status", "--log-level", "loud", code=2)


def test_a_worker_logs_its_own_lines_and_those_of_jobs(config: Config, naq: Naq, tmp_path: Path) -> None:
    """In a process, whose job has its own logger."""
    (tmp_path / "shop.py").write_text(
        "import logging\nfrom naq import task\n\n\n@task\ndef sell():\n    logging.getLogger('shop').info('sold')\n"
    )

    def logged(*options: str) -> list[tuple[str, str | None]]:
        job = naq.json("enqueue", "shop:sell")["id"]
        command = [sys.executable, "-m", "naq.cli", "worker", "--burst", "--import", "shop", "--log-format", "json"]
        done = subprocess.run(
            [*command, *options], env=os.environ, capture_output=True, text=True, timeout=60, check=True
        )
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert all(line["level"] == "info" for line in lines)
        assert {line["job"] for line in lines if "job" in line} <= {job}
        return [(line["logger"], line.get("job") and line["message"]) for line in lines]

    worker = ("naq.worker.core", None)
    assert logged() == [worker, worker]
    assert logged("--log-level", "info") == [worker, ("shop", "sold"), worker]
