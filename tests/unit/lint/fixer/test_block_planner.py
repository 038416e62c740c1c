"""Which handlers, tries and resets disappear with a release."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NATS_IMPORT, fixed, reasons

HEAD = f"{NATS_IMPORT}async def f(url, xs):\n"


def test_a_handler_that_only_closes_and_raises_disappears_and_others_stay() -> None:
    before = (
        f"{HEAD}    nc = await nats.connect(url)\n    try:\n        await nc.flush()\n    except ValueError:\n        raise\n"
        "    except Exception:\n        await nc.close()\n        raise\n    await nc.close()\n"
    )
    assert fixed(before, unsafe=True) == (
        f"{HEAD}    async with await nats.connect(url) as nc:\n        try:\n            await nc.flush()\n"
        "        except ValueError:\n            raise\n"
    )


def test_a_handler_stays_where_an_else_needs_it() -> None:
    body = "    try:\n        xs()\n    except BaseException:\n        await nc.close()\n        raise\n    else:\n        xs(1)\n"
    after = fixed(f"{HEAD}    nc = await nats.connect(url)\n{body}        await nc.close()\n")
    assert after == (
        f"{HEAD}    async with await nats.connect(url):\n        try:\n            xs()\n"
        "        except BaseException:\n            raise\n        else:\n            xs(1)\n"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "    if xs:\n        nc = await nats.connect(url)\n    await nc.close()\n",
            "it is acquired under the condition on line 5 and released on line 7",
        ),
        (
            "    for x in xs:\n        nc = await nats.connect(url)\n    await nc.close()\n",
            "it is released on line 7, outside of the block in which it is acquired",
        ),
        (
            "    nc = await nats.connect(url)\n    if xs:\n        nc = xs[0]\n    await nc.close()\n",
            "'nc' is bound again on line 7",
        ),
        (
            "    nc = await nats.connect(url)\n    if xs:\n        try:\n            await nc.flush()\n        finally:\n"
            "            await nc.close()\n",
            "the try of line 7 contains only its release",
        ),
        (
            "    nc = await nats.connect(url)\n    xs.append(lambda: nc)\n    await nc.close()\n    nc = None\n",
            "a nested function may read 'nc' after line 8",
        ),
    ],
)
def test_refusals(body: str, reason: str) -> None:
    assert reason in reasons(f"{HEAD}{body}", unsafe=True)


TRIED = (
    f"{HEAD}    nc = None\n    try:\n        nc = await nats.connect(url)\n        await nc.flush()\n"
    "    except ValueError:\n        xs.clear()\n{rest}"
)
FINALLY = "    finally:\n        if nc:\n            await nc.close()\n"


@pytest.mark.parametrize("rest", [FINALLY, f"    else:\n        xs.clear()\n{FINALLY}"])
def test_what_a_handler_does_would_come_after_the_close(rest: str) -> None:
    assert "only with --unsafe-fixes: the connection is closed before the handlers of line 6 run" in reasons(
        TRIED.replace("{rest}", rest)
    )


def test_the_block_ends_after_the_last_use_where_no_release_is_always_reached() -> None:
    before = (
        f"{HEAD}    nc = await nats.connect(url)\n    if xs:\n        await nc.close()\n        return\n"
        "    await nc.flush()\n    xs.clear()\n"
    )
    after = fixed(before, unsafe=True)
    assert after.endswith("        await nc.flush()\n    xs.clear()\n")
    assert "    async with await nats.connect(url) as nc:\n        if xs:\n            return\n" in after


@pytest.mark.parametrize("reset", ["    nc = None\n", "    nc = None\n    nc = None\n"])
def test_resets_after_a_release_disappear_with_it(reset: str) -> None:
    before = (
        f"{HEAD}    nc = await nats.connect(url)\n    await nc.flush()\n    await nc.close()\n{reset}    xs.clear()\n"
    )
    assert fixed(before, unsafe=True) == (
        f"{HEAD}    async with await nats.connect(url) as nc:\n        await nc.flush()\n    xs.clear()\n"
    )


def test_resets_inside_of_the_block_disappear_too() -> None:
    before = (
        f"{HEAD}    nc = await nats.connect(url)\n    if xs:\n        await nc.close()\n        nc = None\n        nc = None\n"
        "        return\n    await nc.flush()\n    await nc.close()\n"
    )
    assert fixed(before, unsafe=True) == (
        f"{HEAD}    async with await nats.connect(url) as nc:\n        if xs:\n            return\n        await nc.flush()\n"
    )


def test_a_reset_that_the_acquisition_reads_stays() -> None:
    tried = "    try:\n        nc = await nats.connect(url or nc)\n        await nc.flush()\n"
    before = f"{HEAD}    nc = None\n{tried}    finally:\n        if nc:\n            await nc.close()\n"
    assert fixed(before) == (
        f"{HEAD}    nc = None\n    async with await nats.connect(url or nc) as nc:\n        await nc.flush()\n"
    )
