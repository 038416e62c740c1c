"""A finally that only drains: its drain comes to the end of the block, or the finding is left."""

from __future__ import annotations

from textwrap import indent

import pytest

from lint.fixer.fixing import NATS_IMPORT, assert_only_unsafe, fixed, reasons

HEAD = f"{NATS_IMPORT}async def f(url, xs):\n"
ACQUIRED = "    nc = await nats.connect(url)\n"
TRY = "    try:\n        await nc.flush()\n"
ENTERED = "    async with await nats.connect(url) as nc:\n"


@pytest.mark.parametrize(
    ("final", "kept"),
    [
        ("await nc.drain()", "        await nc.drain()\n"),
        ("await nc.drain()\n        await nc.close()", "        await nc.drain()\n"),
        (
            "if not nc.is_closed:\n            await nc.drain()",
            "        if not nc.is_closed:\n            await nc.drain()\n",
        ),
    ],
)
def test_the_drain_comes_to_the_end_of_the_block(final: str, kept: str) -> None:
    source = f"{HEAD}{ACQUIRED}{TRY}    finally:\n        {final}\n"
    assert_only_unsafe(source, "where an exception leaves the block, it is closed without the drain of line 9")
    assert fixed(source, unsafe=True) == f"{HEAD}{ENTERED}        await nc.flush()\n{kept}"


@pytest.mark.parametrize(
    "rest",
    [
        f"{TRY}        return xs\n    finally:\n        await nc.drain()\n",
        f"{TRY}    except ValueError:\n        xs()\n    finally:\n        await nc.drain()\n",
        f"{TRY}    finally:\n        try:\n            await nc.drain()\n        except Exception:\n            pass\n",
        f"{TRY}    finally:\n        await nc.drain()\n        print(1)\n",
    ],
)
def test_a_finally_that_is_more_than_a_drain_stays_with_its_drain(rest: str) -> None:
    inside = indent(rest, "    ")
    assert fixed(f"{HEAD}{ACQUIRED}{rest}") == f"{HEAD}{ENTERED}{inside}"


@pytest.mark.parametrize(
    "rest",
    [
        "    try: await nc.flush()\n    finally:\n        await nc.drain()\n",
        f"{TRY}    finally:\n      await nc.drain()\n",
        f"{TRY}    finally: await nc.drain()\n",
        f"{TRY}    finally:  # noqa: E501\n        await nc.drain()\n",
    ],
)
def test_left(rest: str) -> None:
    source = f"{HEAD}{ACQUIRED}{rest}"
    assert fixed(source, unsafe=True) == source
    [reason] = reasons(source, unsafe=True)
    told = ("several statements share", "would not parse", "under noqa")
    assert any(one in reason for one in told)


def test_a_second_drain_which_raises_is_left() -> None:
    source = f"{HEAD}{ACQUIRED}{TRY}    finally:\n        await nc.drain()\n        await nc.drain()\n"
    assert fixed(source, unsafe=True) == source
    assert any("line 10 drains a connection that is drained already" in one for one in reasons(source, unsafe=True))


def test_a_drain_behind_the_last_use_stays_where_it_is() -> None:
    source = f"{HEAD}{ACQUIRED}    await nc.flush()\n    await nc.drain()\n"
    assert fixed(source) == f"{HEAD}{ENTERED}        await nc.flush()\n        await nc.drain()\n"


def test_a_try_in_a_block_that_closes_a_leak_stays() -> None:
    source = f"{HEAD}{ACQUIRED}    await xs()\n{TRY}    finally:\n        await nc.drain()\n"
    nested = "        try:\n            await nc.flush()\n        finally:\n            await nc.drain()\n"
    assert fixed(source) == f"{HEAD}{ENTERED}        await xs()\n{nested}"


def test_a_drain_is_left_where_the_try_acquires() -> None:
    source = f"{HEAD}    try:\n        nc = await nats.connect(url)\n        await nc.flush()\n    finally:\n        await nc.drain()\n"
    assert fixed(source, unsafe=True) == source
    assert "it is drained on line 9, outside of the block in which it is acquired" in reasons(source, unsafe=True)
