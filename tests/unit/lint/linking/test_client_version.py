"""Which files are written for the client before nats-py 2.0."""

from __future__ import annotations

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.linking.client_version import needs_older_client
from flake8_naq.project.settings import Settings

LOOP = "from nats.aio.client import Client\nnc = Client()\nawait nc.connect(servers(1), loop=loop)\n"


@pytest.mark.parametrize(
    ("text", "older"),
    [
        (LOOP, True),
        (LOOP.replace("loop=", "io_loop="), True),
        (LOOP.replace("loop=loop", "loop == loop"), False),
        (LOOP.replace("nc.connect", "nc.other"), False),
        (LOOP.replace("loop=loop", "**{'io_loop': loop}"), True),
        (LOOP.replace("loop=loop", "**{'the_loop': loop}"), False),
        (LOOP.replace("loop=loop)", "1); other(loop=loop)"), False),
        (f"from nats import connect\n{LOOP}", False),
        (f"from nats import errors, connect\n{LOOP}", False),
        (f"{LOOP}js = nc.jetstream()\n", False),
        ("import nats\nfrom stan.aio.client import Client\n", True),
        ("import nats\nimport standard\n", False),
        ("import stan\n", False),
    ],
)
def test_a_file_asks_for_the_older_client(text: str, older: bool) -> None:
    catalogue = load_catalogue((), (), frozenset())
    assert needs_older_client(text.encode(), Settings(), catalogue) is older


@pytest.mark.parametrize("text", [LOOP, "import nats\n"])
def test_what_the_project_lists_comes_first(text: str) -> None:
    catalogue = load_catalogue((), (), frozenset())
    assert needs_older_client(text.encode(), Settings(older_client=True), catalogue)
    assert not needs_older_client(text.encode(), Settings(newer_client=True), catalogue)
