"""Which scope binds a name, which block gives what it holds, and whether the names of a file can have a kind."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.facts.known_values import KnownValues, owner_of
from flake8_naq.syntax.names import ModuleScopes, Scope

SOURCE = """
import nats
made = 1
class A:
    made = 2
    own = 3
    def method(self, given):
        local = 4
        def inner():
            pass
"""


@pytest.mark.parametrize(
    ("name", "seen_from", "owner"),
    [
        ("nats", "A.method", ""),
        ("made", "A.method", ""),
        ("made", "A", "A"),
        ("own", "A", "A"),
        ("own", "A.method", None),
        ("given", "A.method", "A.method"),
        ("local", "A.method.inner", "A.method"),
        ("other", "A.method", None),
    ],
)
def test_owner_of(name: str, seen_from: str, owner: str | None) -> None:
    scopes = ModuleScopes(ast.parse(SOURCE), lambda: "", walrus=False)
    named = {scope.qualname: scope for scope in scopes.by_node.values()}
    assert owner_of(name, named[seen_from]) is (None if owner is None else named[owner])


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("import nats", True),
        ("def f():\n    import nats as n", True),
        ("from nats.aio.client import Client", True),
        ("from nats import *", True),
        ("js = get_jetstream_context(nc)", True),  # a star import of another module may bring it
        ("import socket\nnc = socket.socket()\nnc.connect(nats)", False),
        ("from .nats import connect", False),
    ],
)
def test_whether_an_expression_can_have_a_kind(code: str, answer: bool) -> None:
    scopes = ModuleScopes(ast.parse(code), lambda: "app", walrus=False).by_node
    assert KnownValues(scopes, load_catalogue(), code).may_have_kinds is answer


VIEWS = """
from naq.connection import get_jetstream_context, nats_connection, nats_jetstream
async def f(config, given):
    async with nats_connection(config) as conn:
        js = await get_jetstream_context(conn)
        named = await get_jetstream_context(nc=conn)
        method = conn.jetstream()
        bucket = await js.key_value("b")
        other = await get_jetstream_context(given)
        async with nats_jetstream(config) as (first, second), nats_jetstream(config) as both:
            pass
        async with nats_connection(config) as (only, missing):
            pass
"""


@pytest.mark.parametrize("name", ["conn", "js", "named", "method", "bucket"])
def test_the_block_that_gives_what_a_view_is_made_from(name: str) -> None:
    assert given_by(name) == "nats_connection(config)"


@pytest.mark.parametrize("name", ["other", "given", "config"])
def test_what_no_block_gives(name: str) -> None:
    assert given_by(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("conn", "client"),
        ("js", "jetstream"),
        ("method", "jetstream"),
        ("bucket", "key-value"),
        ("first", "client"),
        ("second", "jetstream"),
        ("both", ""),
        ("only", "client"),
        ("missing", ""),
        ("given", ""),
    ],
)
def test_the_kind_of_what_a_name_holds(name: str, kind: str) -> None:
    values, scope = values_of_views()
    assert values.kind_of(ast.Name(name, ast.Load()), scope) == kind


def test_the_kind_comes_by_a_chain_of_names() -> None:
    chain = "".join(f"    n{place + 1} = n{place}\n" for place in range(8))
    values, scope = values_in(f"{VIEWS.rstrip()}\n    n0 = conn\n{chain}")
    assert values.kind_of(ast.Name("n8", ast.Load()), scope) == "client"


def given_by(name: str) -> str | None:
    """Return the manager from which comes what the name holds."""
    values, scope = values_of_views()
    found = values.source(ast.Name(name, ast.Load()), scope)
    return found and ast.unparse(found)


def values_of_views() -> tuple[KnownValues, Scope]:
    return values_in(VIEWS)


def values_in(source: str) -> tuple[KnownValues, Scope]:
    """Return what is known in the function in which the source ends."""
    tree = ast.parse(source)
    scopes = ModuleScopes(tree, lambda: "", walrus=False).by_node
    return KnownValues(scopes, load_catalogue(), source), scopes[tree.body[-1]]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("self.nc = await nats.connect('u')", True),
        ("self.nc, self.n = await nats.connect('u'), 1", True),
        ("other.nc: object = await nats.connect('u')", True),
        ("nc = await nats.connect('u')\n    self.nc = nc", True),
        ("nc = await nats.connect('u')", False),
        ("self.nc = None", False),
        ("self.js = self.nc.jetstream()", False),
        ("self.nc = nats", False),
    ],
)
def test_whether_an_attribute_can_have_a_kind(body: str, answer: bool) -> None:
    values, _ = known_values(f"import nats\nasync def f(self, other):\n    {body}")
    assert values.has_kinds_of_attributes is answer


@pytest.mark.parametrize(
    ("parameters", "answer"),
    [("nc: Client", True), ("a: int, *, nc: Client", True), ("nc", False), ("nc: int", False), ("", False)],
)
def test_whether_a_parameter_has_a_kind(parameters: str, answer: bool) -> None:
    values, scopes = known_values(f"from nats.aio.client import Client\ndef f({parameters}): pass")
    assert [values.has_kind_of_parameter(scope) for scope in scopes] == [False, answer]


@pytest.mark.parametrize(("annotation", "looked_at"), [("int", []), ("list[Client]", []), ("Client", ["f"])])
def test_what_binds_a_parameter_is_asked_if_its_annotation_has_a_kind(
    monkeypatch: pytest.MonkeyPatch, annotation: str, looked_at: list[str]
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("flake8_naq.facts.known_values._binding_nodes", lambda owner: seen.append(owner.qualname) or {})
    values, scopes = known_values(f"from nats.aio.client import Client\ndef f(given: {annotation}): pass")
    assert [values.has_kind_of_parameter(scope) for scope in scopes] == [False, bool(looked_at)]
    assert seen == looked_at


def known_values(source: str) -> tuple[KnownValues, list[Scope]]:
    scopes = ModuleScopes(ast.parse(source), lambda: "", walrus=False).by_node
    return KnownValues(scopes, load_catalogue(), source), [*scopes.values()]
