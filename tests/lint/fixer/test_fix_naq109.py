"""NAQ109: an `await` that is missing or that cannot work."""

from __future__ import annotations

import pytest

from flake8_naq.fixer.model import CannotFix
from lint.fixer.fixing import NATS_IMPORT, planned


def used(line: str) -> str:
    return f"{NATS_IMPORT}async def f(url, kv):\n    nc = await nats.connect(url)\n    try:\n        {line}\n    finally:\n        pass\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nc.close()", "await nc.close()"),
        ("if kv: nc.close()", "if kv: await nc.close()"),
        ("js = await nc.jetstream()", "js = nc.jetstream()"),
        ("js = await  nc.jetstream()", "js = nc.jetstream()"),
        ("kv(await nc.jetstream())", "kv(nc.jetstream())"),
        ("nats.connect(url).x", "(await nats.connect(url)).x"),
        ("nats.connect(url)[0]", "(await nats.connect(url))[0]"),
        ("kv = nats.connect(url).x", "kv = (await nats.connect(url)).x"),
    ],
)
def test_fixed(before: str, after: str) -> None:
    assert planned(used(before), "NAQ109") == used(after)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nc.close()  # noqa: E501", "line 7 is under noqa"),
        ("kv = nats.connect(url)\n        await kv", "its result is awaited later"),
    ],
)
def test_refusals(line: str, reason: str) -> None:
    with pytest.raises(CannotFix) as raised:
        planned(used(line), "NAQ109")
    assert str(raised.value) == reason
