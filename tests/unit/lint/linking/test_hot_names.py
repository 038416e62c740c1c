"""Which names of a module may stand for something that makes a resource: a look at the text alone."""

from __future__ import annotations

import pytest

from flake8_naq.linking.catalogues import catalogue_for
from flake8_naq.linking.hot_names import hot_names, made_names, opening_calls
from flake8_naq.project.settings import Settings

CLOSE = "\n    def close(self):\n        pass\n"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import nats\n\ndef f():\n    return nats.connect()\n\ndef g():\n    return nats.errors\n", {"f"}),
        ("import nats\n\ndef f():\n    yield nats.connect()\n\ndef g():\n    nats.connect()\n", {"f"}),
        ("from nats import connect as c\n\nasync def f():\n    return await c()\n\nclass K:\n    x = 1\n", {"f"}),
        (f"from nats.aio.client import (\n    Client,\n    Msg as M,\n)\n\nclass K:\n    x = M()\n{CLOSE}", set()),
        (f"from nats.aio.client import (\n    Client as C,\n)\n\nclass K:\n    x = C()\n{CLOSE}", {"K"}),
        ("from nats.aio.client import Client as C\n\nclass K:\n    x = C()\n", set()),
        (
            "import nats\n\ndef f():\n    return g()\n\ndef g():\n    return h()\n\ndef h():\n    return nats.connect()\n",
            {"f", "g", "h"},
        ),
        (
            "import nats\n\nclass K:\n    def make(self):\n        return nats.connect()\n\ndef f(k): return k.make()\n",
            {"K", "f"},
        ),
        ("import nats\n\nclass K:\n    @staticmethod\n    def make():\n        return nats.connect()\n", {"K"}),
        (
            f"import nats\n\nclass K:\n    def __init__(self):\n        nats.connect()\n{CLOSE}\ndef f(k): return k.__init__()\n",
            {"K"},
        ),
        ("from nats.aio.client import Client\n\nclass K(Client):\n    pass\n\nclass L(K):\n    pass\n", {"K", "L"}),
        ("import nats.aio.client as c\n\nclass K(\n    c.Client,\n):\n    x = 1\n", {"K"}),
        ("from nats.aio.client import Client\n\nclass K:\n    x = work(Client)\n", set()),
        ("import nats\nif nats:\n    def f():\n        return nats.connect()\n", {"f"}),
        (
            "import nats\ndef f():\n    def g():\n        return nats.connect()\nif nats:\n    def h():\n        pass\n",
            {"f", "h"},
        ),
        (
            "import nats\nclass K:\n    x = nats.connect()\nif nats:\n    def h():\n        return nats.connect()\n",
            {"K", "h"},
        ),
        ("import socket\n\ndef f():\n    return socket.socket()\n\ndef g():\n    return socket.AF_UNIX\n", {"f"}),
        ("from sqlalchemy import Column\n\ndef f(x):\n    return x.connect()\n", {"f"}),
        ("import os\n\ndef f():\n    return os.getcwd()\n", set()),
    ],
)
def test_hot_names_by_their_calls(source: str, names: set[str]) -> None:
    text = source.encode()
    assert hot_names(text, opening_calls(text, catalogue_for(text, Settings())), set()) == names


def test_hot_names_by_words_that_stand_for_hot_names() -> None:
    source = b"from a import made as b\n\ndef f():\n    return b()\n\ndef g():\n    return made()\n\ndef h():\n    return f()\n"
    assert hot_names(source, [], {"b"}) == {"f", "h"}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Session = sessionmaker(engine)", {"Session"}),
        ("    Session = orm.sessionmaker(", {"Session"}),
        ("Session: sessionmaker[Any] = sessionmaker(", {"Session"}),
        ("Session = scoped(sessionmaker(engine))", set()),
        ("Session == sessionmaker(engine)", set()),
        ("class Session(sessionmaker()): ...", set()),
    ],
)
def test_names_of_functions_that_a_call_makes(line: str, names: set[str]) -> None:
    source = f"from sqlalchemy import orm\nfrom sqlalchemy.orm import sessionmaker\n\n{line}\n".encode()
    assert made_names(source, catalogue_for(source, Settings())) == names
