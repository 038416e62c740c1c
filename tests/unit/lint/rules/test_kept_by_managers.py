"""What elsewhere in a file may close what a context manager keeps on an object of other code, without its name."""

from __future__ import annotations

import pytest
from flake8_naq.engine import lint

OPENS = """
import contextlib
import nats
from naq.connection import close_nats_connection, get_nats_connection

@contextlib.asynccontextmanager
async def lifespan(app):
    app.state.nc = await nats.connect(app.url)
    app.state.other = await get_nats_connection(app.url)
    yield

async def stop(app, name):
    {statement}
"""


@pytest.mark.parametrize(
    ("statement", "reported"),
    [
        ("await app.state.nc.flush()", ["nc", "other"]),
        ("await app.state.nc.close()", ["other"]),
        ("await getattr(app.state, 'nc').close()", ["other"]),
        ("[await one.close() for one in vars(app.state).values()]", []),
        ("[await one.close() for one in app.state._state.values()]", []),
        ("[await one.close() for one in app.state.__dict__.values()]", []),
        ("setattr(app.state, name, None)", []),
        ("await close_nats_connection()", []),
    ],
)
def test_what_may_close_it(statement: str, reported: list[str]) -> None:
    found = [one.message for one in lint(OPENS.format(statement=statement)) if one.code == "NAQ108"]
    assert [message.partition("'app.state.")[2].partition("'")[0] for message in found] == reported
