"""Scopes, and what a name is canonically in each of them."""

from __future__ import annotations

import ast
import sys

import pytest

from flake8_naq.syntax.names import ModuleScopes, Names, Scope, absolute_module, complete_scope, is_builtin, owner_of

CODE = """
import nats
import nats.errors as errors
from nats.aio import client as c
from . import own
from ..up import other
from star import *
hidden = 1
def f(parameter):
    import inner.part
    global hidden
    hidden = 2
    local = (walrus := 3)
    def g():
        return local
    for loop in x: pass
    with y as entered: pass
    try: pass
    except E as caught: pass
    match z:
        case Z(captured): pass
class A:
    attribute = 1
    def method(self): pass
"""
KNOWN = frozenset({"star.brought", "nats.connect"})


def _scopes() -> dict[str, Scope]:
    found = ModuleScopes(ast.parse(CODE), lambda: "pack.sub", walrus=True)
    return {scope.qualname: scope for scope in found.by_node.values()}


# Where, what is written there, and its canonical name.
OF = [
    ("", "nats", "nats"),
    ("", "nats.connect", "nats.connect"),
    ("", "errors.TimeoutError", "nats.errors.TimeoutError"),
    ("", "c.Client", "nats.aio.client.Client"),
    ("", "own.x", "pack.sub.own.x"),
    ("", "other", "pack.up.other"),
    ("", "brought", "star.brought"),
    ("", "unbound", "unbound"),
    ("", "print", "print"),
    ("", "hidden", None),
    ("", "A", None),
    ("", "f", None),
    ("", "nats()", None),
    ("", "nats[0].x", None),
    ("f", "nats.connect", "nats.connect"),
    ("f", "inner.part", "inner.part"),
    ("f", "parameter", None),
    ("f", "local", None),
    ("f", "walrus", None),
    ("f", "loop", None),
    ("f", "entered", None),
    ("f", "caught", None),
    ("f", "captured", None),
    ("f", "hidden", None),
    ("f", "attribute", "attribute"),
    ("f.g", "local", None),
    ("f.g", "inner", "inner"),
    ("A", "attribute", None),
    ("A.method", "attribute", "attribute"),  # the names of a class are not seen by its methods
    ("A.method", "self", None),
]


@pytest.mark.parametrize(("scope", "code", "canonical"), OF)
def test_names_of(scope: str, code: str, canonical: str | None) -> None:
    names = Names(_scopes()[scope], KNOWN)
    node = ast.parse(code, mode="eval").body
    assert names.of(node) == canonical
    assert names.of(node) == canonical  # also from the cache


def test_scopes_of_a_module() -> None:
    scopes = _scopes()
    assert [*scopes] == ["", "f", "f.g", "A", "A.method"]  # in the order of the file
    assert scopes["A.method"].enclosing_class is scopes["A"]
    assert scopes["f.g"].enclosing_class is None
    assert scopes["f.g"].module is scopes[""]
    assert scopes["f"].outer == ("hidden",)
    assert scopes[""].stars == ("star",)
    assert [*scopes["A"].functions] == ["method"]
    assert [*scopes[""].classes] == ["A"]
    found = ModuleScopes(ast.parse(CODE), lambda: "", walrus=False)
    assert {scope.qualname: [handler.name for handler in handlers] for scope, handlers in found.handlers.items()} == {
        "f": ["caught"]
    }
    assert len(found.imports) == 7


def test_complete_scope() -> None:
    scope = _scopes()["f"]
    assert "walrus" not in scope.bound
    complete_scope(scope)
    assert "walrus" in scope.bound


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type` statements are newer")
def test_a_type_statement_binds() -> None:
    root = ModuleScopes(ast.parse("type nats = int"), lambda: "", walrus=False).root
    assert Names(root, KNOWN).of_name("nats") is None


@pytest.mark.parametrize(
    ("code", "package", "module"),
    [
        ("from a.b import c", "p", "a.b"),
        ("from . import c", "p.q", "p.q"),
        ("from .a import c", "p.q", "p.q.a"),
        ("from ..a import c", "p.q", "p.a"),
        ("from .. import c", "p.q", "p"),
        ("from ...a import c", "p.q", ".a"),
        ("from .a import c", "", ".a"),
        ("from . import c", "", ""),
    ],
)
def test_absolute_module(code: str, package: str, module: str) -> None:
    statement = ast.parse(code).body[0]
    assert isinstance(statement, ast.ImportFrom)
    assert absolute_module(statement, package) == module


def test_is_builtin() -> None:
    assert is_builtin("open")
    assert not is_builtin("connect")


@pytest.mark.parametrize(
    ("imports", "canonical"),
    [
        ("import part\nfrom part import *", "part.part"),
        ("from part import *\nimport part", "part"),
        ("import part\nfrom other import *", "part"),
        ("import part.inner\nfrom part import *\nimport more", "part.part"),
    ],
)
def test_the_last_of_an_import_and_a_star_counts(imports: str, canonical: str) -> None:
    scopes = ModuleScopes(ast.parse(f"{imports}\n"), lambda: "", walrus=False)
    assert Names(scopes.root, frozenset({"part.part"})).of_name("part") == canonical


NESTED = """
import nats
made = 1
class A:
    made = 2
    own = 3
    def method(self, given):
        local = 4
        def inner():
            pass
        def sets():
            global made
            nonlocal local
            made = local = 5
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
        ("local", "A.method.sets", "A.method"),
        ("made", "A.method.sets", ""),
    ],
)
def test_owner_of(name: str, seen_from: str, owner: str | None) -> None:
    scopes = ModuleScopes(ast.parse(NESTED), lambda: "", walrus=False)
    named = {scope.qualname: scope for scope in scopes.by_node.values()}
    assert owner_of(name, named[seen_from]) is (None if owner is None else named[owner])
