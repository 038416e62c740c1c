"""The next time of a cron expression: tables, and a comparison with the real server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from naq.queue.cron import next_run

AFTER = datetime(2026, 11, 28, 18, 29, 13, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("expression", "zone", "due"),
    [
        ("0 3 * * *", None, "2026-11-29T03:00:00"),
        ("0 0 3 * * *", None, "2026-11-29T03:00:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-11-29T02:00:00"),
        ("30 18 * * *", None, "2026-11-28T18:30:00"),
        ("29 18 * * *", None, "2026-11-29T18:29:00"),
        ("14 29 18 * * *", None, "2026-11-28T18:29:14"),
        ("*/15 * * * *", None, "2026-11-28T18:30:00"),
        ("5/20 * * * *", None, "2026-11-28T18:45:00"),
        ("0 9-17 * * 1-5", None, "2026-11-30T09:00:00"),
        ("0 9 * * MON-FRI", None, "2026-11-30T09:00:00"),
        ("0 9 * * sun", None, "2026-11-29T09:00:00"),
        ("0 9 * * 7", None, "2026-11-29T09:00:00"),
        ("0 0 1 * *", None, "2026-12-01T00:00:00"),
        ("0 0 1,15 JAN,jul ?", None, "2027-01-01T00:00:00"),
        ("0 0 31 * *", None, "2026-12-31T00:00:00"),
        ("0 0 29 2 *", None, "2028-02-29T00:00:00"),
        ("0 0 13 * 5", None, "2026-12-04T00:00:00"),  # the 13th, or a Friday
        ("@hourly", None, "2026-11-28T19:00:00"),
        ("@weekly", None, "2026-11-29T00:00:00"),
        ("@yearly", "Asia/Tokyo", "2026-12-31T15:00:00"),
    ],
)
def test_next(expression: str, zone: str | None, due: str) -> None:
    assert next_run(expression, zone, AFTER) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_time_that_the_clock_skips_is_not_due() -> None:
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert next_run("30 2 * * *", "Europe/Berlin", before) == datetime(2027, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone"), [("0 0 30 2 *", None), ("x", None), ("61 * * * *", None), ("0 3 * * *", "No/Where")]
)
def test_none(expression: str, zone: str | None) -> None:
    assert next_run(expression, zone, AFTER) is None
