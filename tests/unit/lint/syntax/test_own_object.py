"""What methods do with their own object."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.names import ModuleScopes
from flake8_naq.syntax.own_object import gives_self, methods_around, own_attribute, own_calls, with_callers


def nodes_of(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(f"def f(self):\n    {text}")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("self.nc", "nc"), ("self", ""), ("other.nc", ""), ("self.nc.js", ""), ("self.nc()", ""), ("f().self", "")],
)
def test_an_attribute_of_self(text: str, expected: str) -> None:
    assert own_attribute(ast.parse(text, mode="eval").body) == expected


def test_calls_of_methods_on_self() -> None:
    found = own_calls(nodes_of("self.a(self.b(), other.c(), self.d.e(), f())"))
    assert sorted(name for name, _ in found) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.nc.close()", False),
        ("return self", False),
        ("self = 1", False),
        ("super(Bus, self).start()", False),
        ("super(Bus, self).start(self)", True),
        ("bus.super(self)", True),
        ("type(self).__name__", False),
        ("isinstance(self, Bus)", False),
        ("len(self)", False),
        ("self[0]", False),
        ("x[self]", True),
        ("kinds.type(self)", True),
        ("f(self)", True),
        ("f(key=self)", True),
        ("pool[0] = self", True),
        ("yield self", True),
        ("return [self]", True),
    ],
)
def test_code_that_gives_self_to_other_code(text: str, expected: bool) -> None:
    assert gives_self(nodes_of(text)) is expected


def test_callers_at_any_distance() -> None:
    calls = {"run": {"start"}, "start": {"_open"}, "_open": set[str](), "stop": {"_close"}, "again": {"again"}}
    assert with_callers(["_open"], calls) == {"_open", "start", "run"}


def test_the_methods_around_a_node() -> None:
    module = ast.parse("class A:\n    def a(self):\n        x()\n    def b(self):\n        return y()")
    owner = ModuleScopes(module, str, walrus=False).by_node[module.body[0]]
    calls = sorted((node for node in ast.walk(module) if isinstance(node, ast.Call)), key=lambda node: node.lineno)
    assert [list(methods_around(owner, call)) for call in calls] == [["a"], ["b"]]
