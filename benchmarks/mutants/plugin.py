"""Three pytest plugins: to collect tests once and run some for each mutant, to measure lines, and to choose tests."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from swap import Loaded


class Task(NamedTuple):
    """Tests to run in a forked process, in this order, with one file mutated or with their lines measured."""

    tests: list[str]
    limit: float  # seconds; the process is ended then
    enough: float = 1e9  # seconds; no further test is begun then
    path: str = ""
    before: str = ""
    after: str = ""
    measured: tuple[str, ...] = ()  # the files whose lines are measured
    output: str = ""  # the file for what was measured


class Outcome(NamedTuple):
    """How it ended, and the test that failed."""

    result: (
        str  # passed, failed, crashed, timeout; fresh: the mutation needs a process that imports it; broken: our fault
    )
    test: str = ""


class Serve:
    """In place of the run of the collected tests, does one task after the other, each in a forked process."""

    def __init__(self, channel: Connection, modules: list[str]) -> None:
        self._channel = channel
        self._modules = modules

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self._channel.send([])
            return True
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
        items = {item.nodeid: item for item in session.items}
        for name in self._modules:
            importlib.import_module(name)
        gc.unfreeze()  # a conftest may have frozen what is searched now
        gc.collect()
        loaded = Loaded()
        gc.freeze()
        self._channel.send(list(items))
        while (task := self._channel.recv()) is not None:
            self._channel.send(_forked(task, session, items, loaded))
        return True


def _forked(task: Task, session: pytest.Session, items: dict[str, pytest.Item], loaded: Loaded) -> Outcome:
    """Run the task in a process of a new group, which is ended with all that it started."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.setsid()
        status = 3
        with contextlib.suppress(BaseException):
            status = _run(task, session, items, loaded, writer)
        os._exit(status)
    os.close(writer)
    end = time.monotonic() + task.limit
    done = status = 0
    try:
        while not done and time.monotonic() < end:
            done, status = os.waitpid(process, os.WNOHANG)
            if not done:
                time.sleep(0.005)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        if not done:
            os.waitpid(process, 0)
    with open(reader, encoding="utf-8") as lines:
        test = lines.read()
    if not done:
        return Outcome("timeout")
    if os.WIFSIGNALED(status):
        return Outcome("crashed")
    return Outcome({0: "passed", 1: "failed", 2: "fresh"}.get(os.waitstatus_to_exitcode(status), "broken"), test)


def _run(task: Task, session: pytest.Session, items: dict[str, pytest.Item], loaded: Loaded, writer: int) -> int:
    """Run the tests up to the first that fails, whose name goes to `writer`; return the status of the process."""
    try:
        end = time.monotonic() + task.enough
        if task.path and not loaded.apply(task.path, task.before, task.after):
            return 2
        measure = Measure(Path(task.output), task.measured) if task.measured else None
        if measure is not None:
            session.config.pluginmanager.register(measure)
        chosen = [items[name] for name in task.tests if name in items]
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed and measure is None:
                os.write(writer, item.nodeid.encode())
                return 1
            if time.monotonic() > end:
                break
        if measure is not None:
            measure.pytest_sessionfinish()
        return 0
    except BaseException:
        traceback.print_exc()
        raise


class Measure:
    """Measures the time and, with `coverage`, the lines of each test; writes them to a file as JSON."""

    def __init__(self, output: Path, sources: tuple[str, ...]) -> None:
        """Measure the lines of the files in `sources`."""
        import coverage

        self._output = output
        self._coverage = coverage.Coverage(data_file=None, include=list(sources), config_file=False)
        self._times: dict[str, float] = {}
        self._failed: set[str] = set()
        self._coverage.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        begin = time.monotonic()
        yield
        self._times[item.nodeid] = time.monotonic() - begin
        self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write what was measured; tests are numbered, as a line may be run by all of them."""
        self._coverage.stop()
        data = self._coverage.get_data()
        numbers = {name: number for number, name in enumerate(self._times)}
        lines: dict[str, dict[int, list[int]]] = {}
        for path in data.measured_files():
            by_line = data.contexts_by_lineno(path)
            lines[path] = {line: [numbers[one] for one in names if one in numbers] for line, names in by_line.items()}
        result: dict[str, Any] = {"times": self._times, "failed": sorted(self._failed), "lines": lines}
        self._output.write_text(json.dumps(result), encoding="utf-8")


class Choose:
    """Keeps the tests in `chosen`, and orders their files by the time that they take together."""

    def __init__(self, chosen: dict[str, float]) -> None:
        self._chosen = chosen

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self._chosen]
        cost: Counter[str] = Counter()
        for item in kept:
            cost[_file(item)] += int(1000 * self._chosen[item.nodeid]) + 1
        items[:] = sorted(kept, key=lambda item: cost[_file(item)])


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
