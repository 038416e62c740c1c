"""The order of the suite names files that exist."""

from __future__ import annotations

from pathlib import Path

from support.slow_first import SLOW, TESTS, rank


def test_the_slow_files_exist_and_start_before_others() -> None:
    assert [name for name in SLOW if not (TESTS / name).is_file()] == []
    ranks = [rank(TESTS / name) for name in SLOW]
    assert ranks == sorted(set(ranks))
    assert ranks[-1] < rank(Path(__file__))
