"""Which classes derive from which, and which bases come from elsewhere."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.hierarchy import Hierarchy, metaclass
from flake8_naq.syntax.names import ModuleScopes, Scope

CODE = """
import abc
from fancy import Base as Other, Client
import fancy as f
try:
    from fancy import Fallback
except ImportError:
    class Fallback: pass
class A(abc.ABC): pass
class B(A): pass
class C(B[int], Other): pass
class D(f.Client): pass
class E: pass
class F(E, metaclass=abc.ABCMeta): pass
class G(Fallback): pass
class Client(Client): pass
class H(make()): pass
def local():
    class B(E): pass
    class I(B): pass
class Outer:
    class A(A): pass
    class J(Outer.A): pass
class K(Exception): pass
"""


def _scopes() -> tuple[Hierarchy, dict[str, Scope]]:
    scopes = ModuleScopes(ast.parse(CODE), lambda: "", walrus=False).by_node
    classes = {scope.qualname: scope for node, scope in scopes.items() if isinstance(node, ast.ClassDef)}
    return Hierarchy(scopes.values(), frozenset()), classes


# A class, and its direct bases: canonical name (or -), and the classes of the file that it may be.
BASES = {
    "A": ["abc.ABC:"],
    "B": ["-:A,Outer.A"],
    "C": ["-:B,local.B", "fancy.Base:"],
    "D": ["fancy.Client:Client"],
    "G": ["fancy.Fallback:Fallback"],
    "Client": ["fancy.Client:"],
    "H": ["-:"],
    "local.I": ["-:B,local.B"],
    "Outer.A": ["-:A"],
    "Outer.J": ["-:A,Outer.A"],
    "K": ["Exception:"],
    "E": [],
}


@pytest.mark.parametrize("name", BASES)
def test_bases(name: str) -> None:
    hierarchy, classes = _scopes()
    found = hierarchy.bases(classes[name])
    shown = [f"{base.canonical or '-'}:{','.join(scope.qualname for scope in base.classes)}" for base in found]
    assert shown == BASES[name]


@pytest.mark.parametrize(
    ("name", "ancestors"),
    [
        ("A", ["abc.ABC"]),
        ("C", ["B[int]", "Other", "A", "E", "abc.ABC", "A"]),  # `B` is a class of the module or of `local`
        ("G", ["Fallback"]),
        ("E", []),
        ("Client", ["Client"]),
    ],
)
def test_ancestors(name: str, ancestors: list[str]) -> None:
    hierarchy, classes = _scopes()
    found = [base.node for base in hierarchy.ancestors(classes[name])]
    assert sorted(map(ast.unparse, found)) == sorted(one.removesuffix("[int]") for one in ancestors)


@pytest.mark.parametrize(
    ("name", "descendants"),
    [
        ("A", {"B", "C", "local.I", "Outer.A", "Outer.J"}),
        ("E", {"F", "local.B", "C", "local.I"}),
        ("local.B", {"C", "local.I"}),
        ("Client", {"D"}),
        ("K", set()),
    ],
)
def test_descendants(name: str, descendants: set[str]) -> None:
    hierarchy, classes = _scopes()
    found = hierarchy.descendants(classes[name])
    assert {scope.qualname for scope in found} == descendants
    assert len(found) == len(descendants)


@pytest.mark.parametrize(
    ("name", "related"),
    [
        ("K", ["K"]),
        ("G", ["G", "Fallback"]),
        ("E", ["E", "F", "local.B", "C", "local.I", "B", "A", "Outer.A"]),  # an object of `C` has methods of `B`, too
        ("F", ["F", "E"]),  # no object of `F` is one of `local.B`
    ],
)
def test_related(name: str, related: list[str]) -> None:
    hierarchy, classes = _scopes()
    found = [scope.qualname for scope in hierarchy.related(classes[name])]
    assert found[0] == name
    assert sorted(found) == sorted(related)


def test_line() -> None:
    hierarchy, classes = _scopes()
    found = [scope.qualname for scope in hierarchy.line(classes["C"])]
    assert found[0] == "C"
    assert sorted(found) == ["A", "B", "C", "E", "Outer.A", "local.B"]


def test_metaclass() -> None:
    _, classes = _scopes()
    given = metaclass(classes["F"])
    assert given is not None
    assert ast.unparse(given) == "abc.ABCMeta"
    assert metaclass(classes["E"]) is None
