"""Two pytest plugins: one measures which lines each test runs, one runs chosen tests, the cheapest files first."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest


class Measure:
    """Measures the time and, with `coverage`, the lines of each test; writes them to a file as JSON."""

    def __init__(self, output: Path, sources: list[str]) -> None:
        """Measure the lines of the files in `sources`."""
        import coverage

        self._output = output
        self._coverage = coverage.Coverage(data_file=None, include=sources, config_file=False)
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
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
        result = {"times": self._times, "failed": sorted(self._failed), "lines": lines}
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
