"""A block that begins some lines below the acquisition begins at once."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import fixed, reasons

HEAD = "import asyncio\n\n\nasync def main(handle, flag):\n    server = await asyncio.start_server(handle, port=1)\n"
TOLD = "print(server.sockets[0].getsockname())\n"
BLOCK = "    async with server:  # until the end\n"
SERVES = "        await server.serve_forever()\n    print('done')\n"


def test_the_lines_between_go_into_the_block() -> None:
    before = f"{HEAD}\n    # told\n    {TOLD}\n{BLOCK}{SERVES}"
    assert fixed(before) == f"{HEAD}{BLOCK}        # told\n        {TOLD}\n{SERVES}"


@pytest.mark.parametrize(
    ("between", "block", "reason"),
    [
        (f"    if flag:\n        return\n    {TOLD}", BLOCK, "line 7 leaves before line 9 enters it"),
        (f"    {TOLD}", BLOCK.replace("  # until the end\n", "  # noqa: E1\n"), "line 7 is under noqa"),
        (f"    {TOLD}", BLOCK.replace("  # until the end\n", " await server.start_serving()\n"), "the header of line 7 is not followed by its block"),
        (f"    {TOLD}", BLOCK.replace("server:", "server, flag:"), "something else manages it on some paths"),
        (f"    {TOLD}    server = server\n    {TOLD}", BLOCK, "'server' is bound again on line 7"),
    ],
)  # fmt: skip
def test_it_is_left(between: str, block: str, reason: str) -> None:
    source = f"{HEAD}{between}{block}{SERVES if 'start_serving' not in block else ''}"
    assert fixed(source, unsafe=True) == source
    assert any(reason in one for one in reasons(source, unsafe=True)), reasons(source, unsafe=True)


def test_a_global_is_left() -> None:
    source = f"{HEAD}    {TOLD}{BLOCK}{SERVES}".replace("    server =", "    global server\n    server =")
    assert fixed(source, unsafe=True) == source
    assert reasons(source, unsafe=True) == ["'server' belongs to an outer scope"]


@pytest.mark.parametrize(
    ("behind", "reason"),
    [
        ("    db.close()\n    return ask(db)\n", "line 7 uses 'db' behind the block"),
        ("    end(db)\n\ndef end(db):\n    db.close()\n", "it is released in several ways"),
        ("    if ask:\n        return\n    db.close()\n", "a way out of the block leaves it open"),
    ],
)
def test_a_block_that_commits_is_left(behind: str, reason: str) -> None:
    source = f"import sqlite3\n\ndef f(path, ask):\n    with sqlite3.connect(path) as db:\n        ask(1)\n{behind}"
    assert fixed(source, unsafe=True) == source
    assert any(reason in one for one in reasons(source, unsafe=True)), reasons(source, unsafe=True)


def test_a_value_that_the_block_is_made_from_is_left() -> None:
    source = (
        "import sqlite3\n\ndef f(ask):\n    db = None\n    with sqlite3.connect(ask(db)) as db:\n        ask(1)\n    db.close()\n"
    )
    assert fixed(source, unsafe=True) == source
    assert reasons(source, unsafe=True) == ["line 5 uses 'db' before the block binds it"]
