# settings: {"resource": [{"name": "file", "acquire": ["open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}]}
"""Closed by a function that was kept for it, closed early for a cause; and what cannot fail before the close is arranged."""

import os
import unittest
import warnings


class Generator:
    def __init__(self, path, stream=None):
        finish = None
        if stream is None:
            stream = open(path)
            finish = stream.close
        self.stream = stream
        if finish is not None:
            finish()


class Reader:
    def __init__(self, path):
        stream = open(path)  # expect: NAQ108@18 file 'self.stream' is closed by no method of class 'Reader'; add one that calls 'self.stream.close()', or use a context manager
        if stream.read(4) != "head":
            stream.close()
            raise ValueError(path)
        self.stream = stream


class Downloads:
    def check(self, checker, part):
        if not checker.is_valid():
            part.close()
            os.unlink(part.name)
            raise ValueError(part.name)

    def fetch(self, checker, path):
        with open(path, "wb") as part:
            part.write(b"")
            self.check(checker, part)

    def finish(self, part):
        part.close()

    def fetch_once(self, path):
        with open(path, "wb") as part:
            self.finish(part)  # expect: NAQ107@13 file 'part' is closed in 'finish' inside the block that closes it; leave that to the block


class Cases(unittest.TestCase):
    def test_read(self):
        stream = open("name")
        self.addCleanup(os.unlink, "name")
        with stream:
            stream.read()

    def test_quietly(self):
        with warnings.catch_warnings():
            stream = open("name")
        with stream:
            stream.read()
