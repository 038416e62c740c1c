# settings: {"catalogues": ["files"]}
"""Dictionaries that a generator yields: one that is a context manager lends what they hold to a block."""

import contextlib

import pytest


@contextlib.contextmanager
def manager(path):
    file = open(path)  # expect: NAQ103@12
    yield {"file": file}


# Silent: handed to the caller of the generator.
@pytest.fixture
def fixture(path):
    file = open(path)
    yield {"file": file}
