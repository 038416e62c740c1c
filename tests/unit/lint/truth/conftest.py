"""Adds up what the chunks counted and says it in one line at the end of the run."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                totals.update({name[6:]: count for name, count in report.user_properties if name.startswith("truth ")})
    if totals:
        terminalreporter.write_line("truth by execution: " + ", ".join(f"{n} {name}" for name, n in totals.items()))
