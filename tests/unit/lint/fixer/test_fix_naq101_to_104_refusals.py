"""Why an acquisition and its releases do not become one block, and what a block changes besides the close."""

from __future__ import annotations

from textwrap import indent

import pytest

from flake8_naq.fixer import fix_source
from lint.fixer.fixing import NATS_IMPORT, fixed, reasons

HEAD = f"{NATS_IMPORT}async def f(url, xs):\n"
FIRST = 5  # the line of the first statement of the function


def of(block: str) -> str:
    return f"{HEAD}{indent(block, '    ')}\n"


ACQUIRED = "nc = await nats.connect(url)"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("await nats.connect(url)", "its result is not used"),
        (
            f"{ACQUIRED}\nif xs:\n    {ACQUIRED}\nawait nc.flush()\nawait nc.close()",
            "its release is shared with what is acquired on line 7",
        ),
        (f"{ACQUIRED}\nawait nc.flush()\nreturn xs(locals())", "line 7 may read variables by name"),
        (
            f"nc = None\nasync def g():\n    nonlocal nc\n    {ACQUIRED}\n    await nc.flush()\n    await nc.close()\nawait g()",
            "'nc' belongs to an outer scope",
        ),
        (
            f"while xs:\n    await nc.flush()\n{ACQUIRED}\ntry:\n    xs.clear()\nfinally:\n    await nc.close()",
            "'nc' is used above line 7, where nothing has bound it",
        ),
        (
            f"nc = 1\n{ACQUIRED}\nawait nc.flush()\nawait nc.close()",
            "nothing reads the value that line 5 assigns to 'nc'",
        ),
        (ACQUIRED, "nothing follows the acquisition in its block"),
        (f"try:\n    try:\n        {ACQUIRED}\n        xs(nc.name)\n    except OSError:\n        return 1\nexcept ValueError:\n    await nc.close()", "it is released on line 12, outside of the block"),
        (f"{ACQUIRED}\nxs.a()\nif xs:\n    b = nc.name\nreturn b", ""),
    ],
)
def test_unsafe_fixes_too_leave(block: str, reason: str) -> None:
    source = of(block)
    found = [one for one in reasons(source, unsafe=True) if one]
    if reason:
        assert any(reason in one for one in found), found
    else:
        assert found == []


@pytest.mark.parametrize(
    "block",
    [
        f"try:\n    {ACQUIRED}\n    await nc.flush()\n    await nc.close()\n    return 1\nexcept OSError:\n    return 0",
        f"try:\n    {ACQUIRED}\n    await nc.flush()\n    await nc.close()\nexcept OSError:\n    print(0)",
        f"{ACQUIRED}\ntry:\n    await nc.flush()\nexcept OSError:\n    return\nawait nc.close()",
        f"{ACQUIRED}\nif xs:\n    return\nawait nc.close()",
        f"try:\n    {ACQUIRED}\n    print('connected')\nexcept OSError:\n    return None\nawait nc.flush()\nawait nc.close()",
        f"for x in xs:\n    try:\n        {ACQUIRED}\n        await nc.flush()\n        await nc.close()\n    except OSError:\n        pass",
    ],
)
def test_what_an_error_or_an_early_return_leaves_open_is_closed_safely(block: str) -> None:
    assert reasons(of(block)) == []


@pytest.mark.parametrize(
    ("block", "caveat"),
    [
        (f"{ACQUIRED}\nawait nc.flush()", "it is closed at the end of the block, where it was not closed before"),
        (
            f"{ACQUIRED}\nawait nc.flush()\nif xs:\n    await nc.close()",
            f"line {FIRST + 2} leaves it open, perhaps on purpose",
        ),
        (
            f"try:\n    {ACQUIRED}\n    await nc.flush()\n    if xs:\n        await nc.close()\nexcept OSError:\n    print(0)",
            f"line {FIRST + 3} leaves it open, perhaps on purpose",
        ),
        (
            f"try:\n    {ACQUIRED}\n    if xs:\n        await nc.flush()\n        await nc.close()\n    else:\n"
            "        await nc.close()\nexcept OSError:\n    print(0)",
            f"line {FIRST + 3} leaves it open, perhaps on purpose",
        ),
        (
            f"nc = None\ntry:\n    {ACQUIRED}\n    await nc.flush()\nfinally:\n    if nc.is_connected:\n        await nc.close()",
            f"where the acquisition failed, line {FIRST + 5} raised another exception",
        ),
    ],
)
def test_caveats(block: str, caveat: str) -> None:
    source = of(block)
    found = [one.caveat for one in fix_source(source).unfixed]
    assert caveat in found
    assert fixed(source) == source


@pytest.mark.parametrize(
    "block",
    [
        f"nc = None\ntry:\n    {ACQUIRED}\n    await nc.flush()\nfinally:\n    if nc:\n        await nc.close()",
        f"{ACQUIRED}\ntry:\n    await nc.flush()\nfinally:\n    await nc.close()",
    ],
)
def test_safe_fixes(block: str) -> None:
    after = fixed(of(block))
    assert "async with await nats.connect(url) as nc:" in after
    assert "nc.close" not in after
    assert "None" not in after


@pytest.mark.parametrize("other", ["nc = kept = await nats.connect(url)", "keep(nc := await nats.connect(url))"])
def test_an_arm_that_does_more_than_to_name_it_is_left(other: str) -> None:
    arms = f"    if url:\n        nc = await nats.connect(url)\n    else:\n        {other}\n"
    source = f"{NATS_IMPORT}async def f(url, keep):\n{arms}    await nc.flush()\n    await nc.close()\n"
    assert fixed(source, unsafe=True) == source
