"""For all tests: a property is judged by what holds, not by how long a busy machine takes for an example."""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

# What the linter keeps of the files of tests goes with the tests; the processes that they start have the variable too.
_CACHE = tempfile.mkdtemp(prefix="naq-tests-")
os.environ["FLAKE8_NAQ_CACHE_DIR"] = _CACHE
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
