"""Which kind of object an expression gives, which block it comes from, and whether anything in a file can have a kind."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.facts.known_kinds import KnownKinds
from flake8_naq.facts.known_values import KnownValues
from flake8_naq.syntax.names import ModuleScopes, Scope


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
    assert kinds_in(scopes, code).may_have_kinds is answer


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
    kinds, scope = kinds_of_views()
    assert kinds.kind_of(ast.Name(name, ast.Load()), scope) == kind


def test_the_kind_comes_by_a_chain_of_names() -> None:
    chain = "".join(f"    n{place + 1} = n{place}\n" for place in range(8))
    kinds, scope = kinds_of_function(f"{VIEWS.rstrip()}\n    n0 = conn\n{chain}")
    assert kinds.kind_of(ast.Name("n8", ast.Load()), scope) == "client"


def given_by(name: str) -> str | None:
    """Return the manager from which comes what the name holds."""
    kinds, scope = kinds_of_views()
    found = kinds.source(ast.Name(name, ast.Load()), scope)
    return found and ast.unparse(found)


def kinds_of_views() -> tuple[KnownKinds, Scope]:
    return kinds_of_function(VIEWS)


def kinds_of_function(source: str) -> tuple[KnownKinds, Scope]:
    """Return what is known in the function in which the source ends."""
    tree = ast.parse(source)
    scopes = ModuleScopes(tree, lambda: "", walrus=False).by_node
    return kinds_in(scopes, source), scopes[tree.body[-1]]


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
    kinds, _ = known_kinds(f"import nats\nasync def f(self, other):\n    {body}")
    assert kinds.has_kinds_of_attributes is answer


@pytest.mark.parametrize(
    ("parameters", "answer"),
    [("nc: Client", True), ("a: int, *, nc: Client", True), ("nc", False), ("nc: int", False), ("", False)],
)
def test_whether_a_parameter_has_a_kind(parameters: str, answer: bool) -> None:
    kinds, scopes = known_kinds(f"from nats.aio.client import Client\ndef f({parameters}): pass")
    assert [kinds.has_kind_of_parameter(scope) for scope in scopes] == [False, answer]


@pytest.mark.parametrize(("annotation", "looked_at"), [("int", []), ("list[Client]", []), ("Client", ["f"])])
def test_what_binds_a_parameter_is_asked_if_its_annotation_has_a_kind(
    monkeypatch: pytest.MonkeyPatch, annotation: str, looked_at: list[str]
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("flake8_naq.facts.known_values._binding_nodes", lambda owner: seen.append(owner.qualname) or {})
    kinds, scopes = known_kinds(f"from nats.aio.client import Client\ndef f(given: {annotation}): pass")
    assert [kinds.has_kind_of_parameter(scope) for scope in scopes] == [False, bool(looked_at)]
    assert seen == looked_at


def known_kinds(source: str) -> tuple[KnownKinds, list[Scope]]:
    scopes = ModuleScopes(ast.parse(source), lambda: "", walrus=False).by_node
    return kinds_in(scopes, source), [*scopes.values()]


def kinds_in(scopes: Mapping[ast.AST, Scope], source: str) -> KnownKinds:
    catalogue = load_catalogue()
    return KnownKinds(KnownValues(scopes, catalogue), scopes, catalogue, source)
