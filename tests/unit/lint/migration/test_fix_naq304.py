"""NAQ304: keywords that are renamed or removed, and text that becomes bytes."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NATS_IMPORT, fixed, reasons


def published(arguments: str) -> str:
    return (
        f"{NATS_IMPORT}async def f(a, loop):\n    async with await nats.connect() as nc:\n"
        f"        await nc.publish({arguments})\n"
    )


def subscribed(arguments: str) -> str:
    return (
        f"{NATS_IMPORT}async def f(a):\n    async with await nats.connect() as nc:\n"
        f"        await nc.jetstream().pull_subscribe({arguments}, durable='d')\n"
    )


def connected(arguments: str) -> str:
    return (
        f"{NATS_IMPORT}async def f(a, loop):\n    async with await nats.connect({arguments}) as nc:\n"
        "        await nc.flush()\n"
    )


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("'x'", "b'x'"),
        ('"""x"""', 'b"""x"""'),
        ("'é'", "'é'.encode()"),
        ("'\\x41'", "'\\x41'.encode()"),
        ("r'x'", "r'x'.encode()"),
        ("f'{a}'", "f'{a}'.encode()"),
        ("'a' 'b'", "('a' 'b').encode()"),
        ("f'{a}' 'b'", "(f'{a}' 'b').encode()"),
        ("f'{f(\"x\")}'", "f'{f(\"x\")}'.encode()"),
        ("''", "b''"),
        ("str(a)", "str(a).encode()"),
        ("'a' + a", "('a' + a).encode()"),
        ("'{}'.format(a)", "'{}'.format(a).encode()"),
    ],
)
def test_bytes(text: str, data: str) -> None:
    assert fixed(published(f"'s', {text}")) == published(f"'s', {data}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("loop=loop", ""),
        ("loop=loop, name='n'", "name='n'"),
        ("name='n', loop=loop", "name='n'"),
        ("'u', loop=loop, name='n'", "'u', name='n'"),
        ("'u', loop=None,", "'u',"),
        ("\n        loop=loop,\n    ", ""),
        ("\n        'u',\n        loop=loop,\n        name='n',\n    ", "\n        'u',\n        name='n',\n    "),
        ("\n        'u',\n        loop=loop,\n    ", "\n        'u',\n    "),
    ],
)
def test_a_keyword_that_nothing_replaces(before: str, after: str) -> None:
    assert fixed(connected(before)) == connected(after)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("loop=a()", "the value of 'loop' is computed there"),
        ("\n        'u',  # one\n        loop=loop,\n    ", "there is a comment beside 'loop'"),
        ("\n        loop=loop,  # one\n        name='n',\n    ", "there is a comment beside 'loop'"),
    ],
)
def test_refusals(arguments: str, reason: str) -> None:
    assert fixed(connected(arguments), unsafe=True) == connected(arguments)
    assert reasons(connected(arguments), unsafe=True) == [reason]


@pytest.mark.parametrize(
    ("keyword", "real", "value", "renamed"),
    [
        ("subjects", "subject", "'a'", True),
        ("subjects", "subject", "f'{a}'", True),
        ("subjects", "subject", "['a']", False),
        ("subjects", "subject", "a", False),
        ("server", "servers", "['a']", True),
        ("server", "servers", "'a'", False),
    ],
)
def test_a_keyword_for_several_values(keyword: str, real: str, value: str, renamed: bool) -> None:
    """A keyword that differs by its number alone is renamed where the value fits."""
    before = subscribed(f"{keyword}={value}") if real == "subject" else connected(f"{keyword}={value}")
    after = before.replace(f"{keyword}=", f"{real}=")
    if renamed:
        assert fixed(before) == after
    else:
        assert reasons(before) == [f"'{real}' may take another kind of value"]
