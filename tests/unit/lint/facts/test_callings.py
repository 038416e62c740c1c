"""Functions that call what they are given: how they do, and what such a call makes."""

from __future__ import annotations

import ast
import textwrap

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.catalogue.model import ArgumentTest
from flake8_naq.facts.summaries import CalleeSummaries
from flake8_naq.prescan.callees import Calling, Factory, Holding
from flake8_naq.syntax.names import FunctionNode, ModuleScopes, Names

AT_ONCE, AWAITS = Calling(False, False), Calling(True, True)
LATER, MAYBE = Calling(True, False), Calling(False, False, may_be_none=True)
DATABASE = next(iter(load_catalogue().resources))._replace(
    name="connection", acquire=frozenset({"db.connect"}), acquired_by=frozenset({"call"})
)
BOTH = DATABASE._replace(acquire=frozenset({"db.both"}), acquired_by=frozenset({"call", "await"}))
IF_TOLD = DATABASE._replace(acquire=frozenset({"db.told"}), opens_if=(ArgumentTest("0"),))
IF_NAMED = DATABASE._replace(acquire=frozenset({"db.named"}), opens_if=(ArgumentTest("url"),))
CLIENT = DATABASE._replace(acquire=frozenset({"db.client"}), acquired_by=frozenset({"await"}))


def summaries(source: str) -> tuple[CalleeSummaries, ast.Module, Names]:
    """Return the summaries of a module that knows a library `db`, its tree, and the names at its end."""
    tree = ast.parse(f"import asyncio, db, functools\n{textwrap.dedent(source)}")
    scopes = ModuleScopes(tree, lambda: "", walrus=False)
    acquire = {name: one for one in (DATABASE, BOTH, IF_TOLD, IF_NAMED, CLIENT) for name in one.acquire}
    catalogue = load_catalogue()._replace(acquire=acquire)
    return CalleeSummaries(catalogue, scopes.by_node), tree, Names(scopes.root, catalogue.known)


def calling(source: str) -> Calling | None:
    """Return how the last function of the source calls its parameter `f`."""
    found, tree, _ = summaries(source)
    function = tree.body[-1]
    assert isinstance(function, FunctionNode)
    return found.callings.of(function, "f")


def made(source: str, factories: dict[str, Factory] | None = None) -> Factory | None:
    """Return what the call in the last line of the source makes; `factories` are functions of the source."""
    found, tree, names = summaries(source)
    statement = tree.body[-1]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    functions = (one for one in tree.body if isinstance(one, FunctionNode))
    found.factories = {one: (factories or {})[one.name] for one in functions if one.name in (factories or {})}
    return found.factory(statement.value, names)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def g(f):\n    return f()", AT_ONCE),
        ("def g(f, *a, **k):\n    return f(*a, **k)", AT_ONCE),
        ("async def g(f):\n    return await f()", AWAITS),
        ("async def g(f):\n    return f()", LATER),
        ("def g(f):\n    return asyncio.to_thread(f)", LATER),
        ("async def g(f):\n    return await asyncio.to_thread(f)", LATER),
        ("async def g(f, x):\n    return await asyncio.to_thread(functools.partial(f, x))", LATER),
        ("async def g(f, x):\n    return await asyncio.to_thread(lambda: f(x))", LATER),
        ("async def g(f):\n    return asyncio.to_thread(f)", None),
        ("async def g(f):\n    return await (await asyncio.to_thread(f))", AWAITS),
        ("async def g(f):\n    return await (await f())", None),
        ("async def g(f):\n    return asyncio.to_thread(1, f)", None),
        ("async def g(f):\n    return await loop.run_in_executor(f, work)", None),
        ("async def g(f):\n    if x:\n        return await f()\n    return f()", None),
        ("def g(f):\n    if x:\n        return f()", MAYBE),
        ("def g(f):\n    if x:\n        return None\n    return f()", MAYBE),
        ("def g(f):\n    if x:\n        return\n    return f()", MAYBE),
        ("def g(f):\n    while True:\n        return f()", AT_ONCE),
        ("def g(f):\n    while True:\n        if x:\n            break\n        return f()", MAYBE),
        ("def g(f):\n    while x:\n        return f()", MAYBE),
        ("def g(f):\n    with x:\n        return f()", AT_ONCE),
        ("def g(f):\n    for _ in x:\n        return f()\n    raise y", AT_ONCE),
        ("def g(f):\n    found = f()\n    return found", AT_ONCE),
        ("def g(f):\n    found = f()\n    if found is None:\n        raise x\n    return found", AT_ONCE),
        ("def g(f):\n    found = None\n    found = f()\n    return found", AT_ONCE),
        ("def g(f):\n    found = f()\n    found = h()\n    return found", None),
        ("def g(f):\n    found = f()\n    for found in x:\n        pass\n    return found", None),
        ("def g(f):\n    found = f()\n    keep(found)\n    return found", None),
        ("def g(f):\n    return other", None),
        ("def g(f):\n    return 1", None),
        ("def g(f):\n    return bool(f())", None),
        ("def g(f):\n    f = h\n    return f()", None),
        ("def g(f):\n    return f()\n    yield", None),
        ("def g(f):\n    f()", None),
        ("@cached\ndef g(f):\n    return f()", None),
        ("def h(f):\n    return f()\ndef g(f):\n    return h(f)", AT_ONCE),
        ("def h(f):\n    if x:\n        return f()\ndef g(f):\n    return h(f)", AT_ONCE._replace(may_be_none=True)),
        ("def g(f):\n    return g(f)", None),
        ("def g(f):\n    return h(f)", None),
    ],
)
def test_how_a_function_calls_its_parameter(source: str, expected: Calling | None) -> None:
    assert calling(source) == expected


@pytest.mark.parametrize(("functions", "expected"), [(3, AT_ONCE), (4, None)])
def test_a_parameter_is_followed_through_three_functions(functions: int, expected: Calling | None) -> None:
    chain = ["def g0(f):\n    return f()"]
    chain += [f"def g{step}(f):\n    return g{step - 1}(f)" for step in range(1, functions + 1)]
    assert calling("\n".join(chain)) == expected


HELPERS = """
def once(f, *a):
    return f(*a)

def maybe(f):
    if x:
        return f()

async def later(f, *a):
    return f(*a)

async def awaiting(f, *a):
    return await f(*a)
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("once(db.connect)", "at once"),
        ("once(lambda: db.connect(1))", "at once"),
        ("once(lambda x: db.connect(x))", "nothing"),
        ("once(lambda: 1)", "nothing"),
        ("once(functools.partial(db.connect, 1))", "at once"),
        ("functools.partial(db.connect, 1)()", "at once"),
        ("functools.partial()()", "nothing"),
        ("other.partial(db.connect, 1)()", "nothing"),
        ("maybe(db.connect)", "at once or None"),
        ("later(db.connect)", "awaited"),
        ("awaiting(db.connect)", "nothing"),
        ("once(db.client)", "awaited"),
        ("later(db.client)", "nothing"),
        ("awaiting(db.client)", "awaited"),
        ("once(db.both)", "nothing"),
        ("once(db.told)", "nothing"),
        ("once(db.told, 1)", "at once"),
        ("once(f=db.told)", "nothing"),
        ("once(f=db.named)", "nothing"),
        ("once(f=db.named, url=x)", "at once"),
        ("once(db.other)", "nothing"),
        ("asyncio.to_thread(db.connect)", "awaited"),
        ("asyncio.to_thread(func=db.connect)", "awaited"),
        ("asyncio.to_thread(work, db.connect)", "nothing"),
        ("loop.run_in_executor(None, db.connect)", "begun"),
        ("loop.run_in_executor(None, work, db.connect)", "nothing"),
        ("unknown(db.connect)", "nothing"),
    ],
)
def test_what_a_call_makes(call: str, expected: str) -> None:
    assert _said(made(f"{HELPERS}\n{call}")) == expected


@pytest.mark.parametrize(
    ("factory", "expected"),
    [
        (Factory("h", DATABASE, False, 9, "db.connect", may_be_none=True), "at once or None"),
        (Factory("h", DATABASE, False, 9, "db.connect", may_be_none=False, positions=(1,)), "nothing"),
        (Factory("h", DATABASE, False, 9, "db.connect", may_be_none=False, held=Holding()), "nothing"),
    ],
)
def test_what_a_function_of_the_project_makes(factory: Factory, expected: str) -> None:
    found = made(f"{HELPERS}\ndef h():\n    pass\nonce(h)", {"h": factory})
    assert _said(found) == expected
    assert found is None or found.line == 9


def _said(found: Factory | None) -> str:
    if found is None:
        return "nothing"
    when = "begun" if found.at_once else "awaited" if found.asynchronous else "at once"
    return f"{when} or None" if found.may_be_none else when
