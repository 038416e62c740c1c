"""For all tests: a property is judged by what holds, not by how long a busy machine takes for an example."""

import atexit
import gc
import os
import shutil
import signal
import tempfile

import pytest
from hypothesis import settings

from support.slow_first import rank

# What the linter keeps of the files of tests goes with the tests; the processes that they start have the variable too.
_CACHE = tempfile.mkdtemp(prefix="naq-tests-")
os.environ["FLAKE8_NAQ_CACHE_DIR"] = _CACHE
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# A shell that starts the suite in the background has it ignore interrupts; tests send them to what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file keep their order."""
    items.sort(key=lambda item: rank(item.path))


def pytest_collection_finish() -> None:
    """What is there before the first test is left out by the collector, which the tests of the library call after each."""
    gc.collect()
    gc.freeze()
