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

        *often, old = gc.get_threshold()
        keep_what_is_loaded()
        first = gc.get_freeze_count()
        more = [[] for _ in range(1000)]
        keep_what_is_loaded()
        print(first > 1000, gc.get_freeze_count() == first, gc.get_threshold() == (*often, 10 * old))
    """) == "True True True"


def test_a_host_ends_without_a_last_collection() -> None:
    assert _said("""
        import atexit, gc
        from flake8_naq.run.gc_tuning import keep_what_is_loaded

        made_later = []
        looks_at_it = lambda: any(one is made_later for one in gc.get_objects())
        atexit.register(lambda: print(looks_at_it()))  # what is registered last is called first
        keep_what_is_loaded()
        made_later = [[]]
        print(looks_at_it())
    """) == "True\nFalse"


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


def test_a_last_command_leaves_its_objects_to_the_system_and_another_gives_back_what_was_set() -> None:
    assert _said("""
        import gc
        from flake8_naq.run.gc_tuning import collected_seldom

        before = gc.get_threshold()
        with collected_seldom(is_last=False):
            inside = gc.get_threshold()
        kept = gc.get_freeze_count()
        with collected_seldom(is_last=True):
            pass
        print(inside > before, gc.get_threshold() == before, kept < 1000, gc.get_freeze_count() > 1000)
    """) == "True True True True"


def test_unreachable_objects_are_dropped_where_there_are_many() -> None:
    assert _said("""
        import gc
        from flake8_naq.run.gc_tuning import collect_seldom, drop_unreachable

        def left_of(number):
            for _ in range(number):
                circle = []
                circle.append(circle)
            before = gc.get_count()[0]
            drop_unreachable()
            return before - gc.get_count()[0]

        collect_seldom()
        print(left_of(1000) < 100, left_of(40_000) > 30_000)
    """) == "True True"


def test_a_process_of_the_command_ends_without_a_last_collection() -> None:
    assert _said("""
        import gc, os, sys
        from flake8_naq.cli.main import main

        sys.argv = ["flake8-naq", "rules"]
        sys.stdout = open(os.devnull, "w")
        main(["rules"])
        called = gc.get_freeze_count()
        main()
        sys.stdout = sys.__stdout__
        print(called < 1000, gc.get_freeze_count() > 1000)
    """) == "True True"
