"""A resource that no `with` can close gets a try, and its release moves to the finally as it is written."""

from __future__ import annotations

from textwrap import indent

import pytest

from lint.fixer.fixing import fixed, reasons

OPEN = "reader, writer = await asyncio.open_connection(host, 1)"
CLOSE = "writer.close()\nawait writer.wait_closed()"
QUIET = "writer.close()\ntry:\n    await writer.wait_closed()\nexcept OSError:\n    pass"


def of(block: str) -> str:
    return f"import asyncio\n\n\nasync def f(host):\n{indent(block, '    ')}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"{OPEN}\nwriter.write(b'x')\n\ndata = await reader.read()\n\n# the end\n{CLOSE}\nreturn data",
            f"{OPEN}\ntry:\n    writer.write(b'x')\n\n    data = await reader.read()\n"
            f"finally:\n    # the end\n{indent(CLOSE, '    ')}\nreturn data",
        ),
        (
            f"{OPEN}\nif host:\n{indent(CLOSE, '    ')}\n    return None\ndata = await reader.read()\n{CLOSE}\nreturn data",
            f"{OPEN}\ntry:\n    if host:\n        return None\n    data = await reader.read()\n"
            f"finally:\n{indent(CLOSE, '    ')}\nreturn data",
        ),
        (
            f"{OPEN}\nwriter.write(b'x')\ntry:\n    await reader.read()\nfinally:\n{indent(QUIET, '    ')}",
            f"{OPEN}\ntry:\n    writer.write(b'x')\n    await reader.read()\nfinally:\n{indent(QUIET, '    ')}",
        ),
        (
            f"try:\n    {OPEN}\nexcept OSError:\n    return None\nawait reader.read()\nif not writer.is_closing():\n{indent(CLOSE, '    ')}",
            f"try:\n    {OPEN}\nexcept OSError:\n    return None\ntry:\n    await reader.read()\n"
            f"finally:\n    if not writer.is_closing():\n{indent(CLOSE, '        ')}",
        ),
        (
            f"try:\n    {OPEN}\n    await reader.read()\nfinally:\n{indent(CLOSE, '    ')}",
            f"{OPEN}\ntry:\n    await reader.read()\nfinally:\n{indent(CLOSE, '    ')}",
        ),
    ],
)
def test_the_release_moves_to_the_finally(before: str, after: str) -> None:
    assert fixed(of(before)) == of(after)
    assert fixed(of(after)) == of(after)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (f"{OPEN}\nif host:\n    writer.close()\n    return None\nawait reader.read()\n{CLOSE}", "line 7 closes it in another way than line 10"),
        (f"{OPEN}\nawait reader.read()", "it is closed at the end of the block, where it was not closed before"),
    ],
)  # fmt: skip
def test_only_an_unsafe_fix(block: str, reason: str) -> None:
    assert fixed(of(block)) == of(block)
    assert reason in reasons(of(block))[0]
    assert "\n    finally:\n        writer.close()\n" in fixed(of(block), unsafe=True)


def test_a_release_that_some_paths_pass_by_is_left() -> None:
    block = of(
        f"{OPEN}\nwhile host:\n    await reader.read()\n    if host:\n        {CLOSE.splitlines()[0]}\n        return"
    )
    assert reasons(block, unsafe=True) == ["none of its releases is always reached"]


def test_a_pair_of_which_one_is_a_connection_is_entered_below() -> None:
    made = (
        "import nats\n\n\nasync def make(url):\n    nc = await nats.connect(url)\n    return nc, nc.jetstream()\n\n\n"
    )
    use = "async def use(url):\n    nc, js = await make(url)\n    {}await js.publish('x', b'')\n"
    before = made + use.format("") + "    await nc.close()\n"
    assert fixed(before) == made + use.format("async with nc:\n        ")
