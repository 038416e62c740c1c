"""What the linter asks of Python's collector, each in a separate process, as it cannot be undone."""

import sys
import textwrap
from pathlib import Path

from lint.process import run


def _said(program: str) -> str:
    return run(sys.executable, "-c", textwrap.dedent(program), cwd=Path.cwd()).stdout.strip()


def test_what_a_host_has_loaded_is_kept_once() -> None:
    assert _said("""
        import gc
        from flake8_naq.run.gc_tuning import keep_what_is_loaded

        keep_what_is_loaded()
        first = gc.get_freeze_count()
        more = [[] for _ in range(1000)]
        keep_what_is_loaded()
        print(first > 1000, gc.get_freeze_count() == first)
    """) == "True True"


def test_a_collection_that_the_host_has_turned_off_stays_off() -> None:
    assert _said("""
        import gc
        from flake8_naq.run.gc_tuning import collection_paused

        with collection_paused():
            inside = gc.isenabled()
        on = gc.isenabled()
        gc.disable()
        with collection_paused():
            pass
        print(inside, on, gc.isenabled())
    """) == "False True False"
