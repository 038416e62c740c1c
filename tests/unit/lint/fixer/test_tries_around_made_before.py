"""A client that is made above a try with handlers, connected in it and closed by its finally."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import fixed, reasons

HEAD = "import nats\n\n\nasync def f(url):\n    nc = nats.NATS()\n    count = 0\n\n    # publishes\n"
TRY = "try:\n    await nc.connect(url)\n    await nc.flush()\nexcept OSError as error:\n    print(error)\n"


def indented(block: str, by: str) -> str:
    return "".join(f"{by}{line}" for line in block.splitlines(keepends=True))


def test_the_handlers_go_into_the_block() -> None:
    before = f"{HEAD}{indented(TRY, '    ')}    finally:\n        # closes it\n        await nc.close()\n\n    return count\n"
    assert fixed(before) == f"{HEAD}    async with nc:\n{indented(TRY, '        ')}\n    return count\n"


@pytest.mark.parametrize(
    "final",
    [
        "        if nc.is_connected:\n            await nc.close()\n",
        "        await nc.close()\n        print('closed')\n",
        "        # the server waits for that\n        await nc.close()\n",
        "        await asyncio.wait_for(nc.close(), 3)\n",
    ],
)
def test_another_finally_needs_a_review(final: str) -> None:
    source = f"{HEAD}{indented(TRY, '    ')}    finally:\n{final}".replace(
        "import nats", "import asyncio\n\nimport nats"
    )
    assert fixed(source) == source
    assert reasons(source)
