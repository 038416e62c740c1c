"""Summaries of functions: what they do with an argument, and what they raise on None."""

from __future__ import annotations

import ast
import textwrap

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.facts.summaries import CalleeSummaries, is_only_looked_at
from flake8_naq.prescan.callees import Effect
from flake8_naq.prescan.settled import Settled, with_settled
from flake8_naq.syntax.names import FunctionNode, ModuleScopes, Names


def asked(body: str, call: str = "g(nc)") -> tuple[CalleeSummaries, ast.Call, Names]:
    """Return the summaries of a module that ends in a call, that call, and the names at its place."""
    tree = ast.parse(textwrap.dedent(f"import nats\n{textwrap.dedent(body)}\n{call}\n"))
    scopes = ModuleScopes(tree, lambda: "", walrus=False)
    statement = tree.body[-1]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    catalogue = load_catalogue()
    return CalleeSummaries(catalogue, scopes.by_node), statement.value, Names(scopes.root, catalogue.known)


@pytest.mark.parametrize(
    ("body", "effect"),
    [
        ("async def g(c):\n    await c.close()", Effect.RELEASES),
        ("async def g(c):\n    if work():\n        await c.close()", Effect.MAY_RELEASE),
        ("async def g(c):\n    await c.publish('a', b'')", Effect.BORROWS),
        ("def g(c):\n    keep(c)", Effect.KEEPS),
        ("def g(c):\n    return c", Effect.KEEPS),
        ("def g(c):\n    pass", Effect.BORROWS),
        ("def g(c):\n    h(c)\ndef h(c):\n    print(c)", Effect.BORROWS),
        ("async def g(c):\n    await h(c)\nasync def h(c):\n    await c.close()", Effect.RELEASES),
        ("async def g(c):\n    await g(c)", Effect.BORROWS),
        ("async def g(c):\n    work()\n    c = None\n    raise ValueError", Effect.BORROWS),
        ("async def g(c):\n    def inner():\n        c.close()\n    return inner", Effect.KEEPS),
        ("x = 1", Effect.KEEPS),
    ],
)
def test_what_becomes_of_an_argument(body: str, effect: Effect) -> None:
    summaries, call, names = asked(body)
    assert summaries.effect(call, 0, names) is effect
    assert summaries.effect(call, 0, names) is effect  # from what is known by now


def test_a_chain_that_is_too_long_keeps() -> None:
    chain = "".join(f"async def g{number}(c):\n    await g{number + 1}(c)\n" for number in range(9))
    for first, effect in ((0, Effect.KEEPS), (6, Effect.RELEASES)):
        summaries, call, names = asked(f"{chain}async def g9(c):\n    await c.close()", f"g{first}(nc)")
        assert summaries.effect(call, 0, names) is effect


@pytest.mark.parametrize(("first", "effect"), [(3, Effect.KEEPS), (4, Effect.KEEPS), (5, Effect.BORROWS)])
def test_a_chain_that_is_too_long_keeps_a_view(first: int, effect: Effect) -> None:
    chain = "".join(f"def g{number}(c):\n    g{number + 1}(c)\n" for number in range(9))
    last = "def g9(c):\n    h(c.jetstream())\n    print(c)\ndef h(js):\n    print(js)"
    summaries, call, names = asked(f"{chain}{last}", f"g{first}(client)")
    client = load_catalogue().resources[0]._replace(process_lived=True)
    assert summaries.effect(call, 0, names, client) is effect


@pytest.mark.parametrize(
    ("call", "key", "effect"),
    [
        ("g(1, nc)", 1, Effect.RELEASES),
        ("g(1, b=nc)", "b", Effect.RELEASES),
        ("g(nc, 1)", 0, Effect.BORROWS),
        ("g(1, 2, nc)", 2, Effect.KEEPS),
        ("g(*nc)", 0, Effect.KEEPS),
        ("g(1, d=nc)", "d", Effect.KEEPS),
        ("K.g(nc)", 0, Effect.BORROWS),
    ],
)
def test_the_argument_is_that_of_its_parameter(call: str, key: int | str, effect: Effect) -> None:
    body = "async def g(a, b):\n    print(a)\n    await b.close()\nclass K:\n    def g(self):\n        print(self)"
    summaries, node, names = asked(body, call)
    assert summaries.effect(node, key, names) is effect


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        ("def g(c):\n    c.close()", {"AttributeError"}),
        ("def g(c):\n    if c is None:\n        raise ValueError\n    c.close()", {"ValueError"}),
        ("def g(c):\n    if c is not None:\n        c.close()", set()),
        ("def g(c):\n    none = c is None\n    if none:\n        raise ValueError", set()),
        ("@wrapped\ndef g(c):\n    c.close()", set()),
        ("def g(c):\n    c.close()\n    yield", set()),
        ("def g(c):\n    g(c)", set()),
    ],
)
def test_what_a_function_raises_on_none(body: str, raised: set[str]) -> None:
    summaries, call, names = asked(body)
    assert {one.name for one in summaries.raises_on_none(call, 0, names)} == raised


@pytest.mark.parametrize(
    ("body", "expected"),
    [("c.publish()", True), ("print(c.name)", True), ("c.close()", False), ("use(c)", False), ("x = c", False)],
)
def test_a_parameter_that_is_only_looked_at(body: str, expected: bool) -> None:
    (function,) = ast.parse(f"def g(c):\n    {body}").body
    assert isinstance(function, ast.FunctionDef)
    assert is_only_looked_at(function, "c", load_catalogue().resources) is expected


def test_coroutines_and_classes_of_the_file() -> None:
    summaries, call, names = asked("async def g(c):\n    pass\nclass K:\n    pass")
    assert summaries.is_known(call, names)
    assert summaries.is_coroutine(call, names)
    assert summaries.is_class("K", names.scope)
    assert not summaries.is_class("g", names.scope)
    decorated, call, names = asked("@wrapped\nasync def g(c):\n    pass")
    assert not decorated.is_coroutine(call, names)


def test_a_function_is_looked_at_once_for_the_same_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[Settled] = []

    def counted(function: FunctionNode, settled: Settled) -> FunctionNode:
        asked_for.append(settled)
        return with_settled(function, settled)

    monkeypatch.setattr("flake8_naq.facts.summaries.with_settled", counted)
    summaries, call, names = asked("async def g(c, close=False):\n    if close:\n        await c.close()")
    connection = load_catalogue().resources[0]
    assert [summaries.effect(call, 0, names, connection) for _ in range(3)] == [Effect.BORROWS] * 3
    assert summaries.effect(call, 0, names) is Effect.MAY_RELEASE  # of any resource: a guess is enough
    assert asked_for == [(("close", "False"),)]


def test_a_function_that_calls_itself_with_constants() -> None:
    summaries, call, names = asked(
        "async def g(c, close=False):\n    if close:\n        await c.close()\n    else:\n        await g(c, False)"
    )
    assert summaries.effect(call, 0, names) is Effect.MAY_RELEASE
