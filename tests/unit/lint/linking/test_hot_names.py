"""Which names of a module may stand for something that makes a resource: a look at the text alone."""

from __future__ import annotations

import pytest

from flake8_naq.linking.hot_names import given_on, hot_names, library_words
from flake8_naq.project.settings import Settings

GATE = Settings().gate


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import nats\n\ndef f():\n    return nats.connect()\n\ndef g():\n    return 1\n", {"f"}),
        ("from nats import connect as c\n\nasync def f():\n    return await c()\n\nclass K:\n    x = 1\n", {"f"}),
        ("from nats.aio.client import (\n    Client,\n    Msg as M,\n)\n\nclass K:\n    x = M()\n", {"K"}),
        ("import nats\n\ndef f():\n    return g()\n\ndef g():\n    return h()\n\ndef h():\n    nats.connect()\n", {"f", "g", "h"}),
        ("import nats\n\nclass K:\n    def make(self):\n        return nats.connect()\n", {"K", "make"}),
        ("import nats\nif nats:\n    def f():\n        pass\n", {"f"}),
        ("import os\n\ndef f():\n    return os.getcwd()\n", set()),
    ],
)
def test_hot_names(source: str, names: set[str]) -> None:
    text = source.encode()
    assert {name.decode() for name in hot_names(text, library_words(text, GATE), GATE)} == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from a import made as b", {"made", "as", "b"}),
        ("from a import (\n    other,\n    made,\n)", {"other", "made"}),
        ("from a import *", {"made"}),
        ("from a import other", set()),
    ],
)
def test_names_that_are_given_on(source: str, names: set[str]) -> None:
    assert {name.decode() for name in given_on(source.encode(), {b"made"})} == names
