"""Lines that disappear: their comments stay once, and a block that would be empty gets a `pass`."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NATS_IMPORT, fixed, reasons

HEAD = f"{NATS_IMPORT}async def f(url, xs):\n"
ACQUIRED = "    nc = await nats.connect(url)\n"
ENTERED = "    async with await nats.connect(url):\n"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    xs()\n    await nc.close()  # one\n", "        xs()\n        # one\n"),
        (
            "    if xs:\n        # two\n        await nc.close()\n    else:\n        await nc.close()\n",
            "        if xs:\n            # two\n            pass\n",
        ),
        (
            "    if xs:\n        await nc.close()  # one\n    else:\n        await nc.close()\n",
            "        if xs:\n            pass  # one\n",
        ),
        (
            "    try:\n        xs()\n    finally:  # one\n        # two\n        await nc.close()  # three\n        # four\n",
            "        xs()\n        # one\n        # two\n        # three\n        # four\n",
        ),
        (
            "    try:\n        xs()\n    except ValueError:\n        await nc.close()\n        raise\n    await nc.close()\n",
            "        xs()\n",
        ),
    ],
)
def test_what_stays(body: str, after: str) -> None:
    assert fixed(f"{HEAD}{ACQUIRED}{body}", unsafe=True) == f"{HEAD}{ENTERED}{after}"


def test_comments_in_an_acquisition_come_above_it() -> None:
    before = "    nc = await nats.connect(  # one\n        url,  # two\n    )\n    xs()\n    await nc.close()\n"
    after = "    async with await nats.connect(  # one\n        url,  # two\n    ):\n        xs()\n"
    assert fixed(f"{HEAD}{before}", unsafe=True) == f"{HEAD}{after}"


@pytest.mark.parametrize(
    "body",
    [
        "    xs(); await nc.close()\n",
        "    xs()\n    await nc.close(); xs()\n",
        "    try: xs()\n    finally: await nc.close()\n",
    ],
)
def test_statements_that_share_a_line_stay(body: str) -> None:
    source = f"{HEAD}{ACQUIRED}{body}"
    assert fixed(source, unsafe=True) == source
    [reason] = reasons(source, unsafe=True)
    assert "share" in reason
