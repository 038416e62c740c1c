"""Classes of the project that only keep what their constructor is given."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.facts.held import fields_by_parameter
from flake8_naq.syntax.names import ModuleScopes


def fields(source: str) -> dict[str, str] | None:
    """Return the fields of the class in which the source ends."""
    tree = ast.parse(source)
    scopes = ModuleScopes(tree, lambda: "", walrus=False)
    return fields_by_parameter(scopes.by_node[tree.body[-1]], frozenset())


def class_with(body: str, parameters: str = "self, nc") -> str:
    return f"class A:\n    def __init__({parameters}):\n        {body}\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (class_with("self.client = nc"), {"nc": "client"}),
        (class_with("self.client: NATS = nc"), {"nc": "client"}),
        (class_with("me.client = nc", "me, nc"), {"nc": "client"}),
        (class_with("self.b = nc; self.a = x", "self, x, nc"), {"x": "a", "nc": "b"}),
        (class_with("self.a = nc; self.b = x", "self, nc, *, x"), {"nc": "a", "x": "b"}),
        (class_with("'Text.'; self.a = nc; self.open = True; pass"), {"nc": "a"}),
        (class_with("self.a = self.b = nc"), None),
        (class_with("self.a = nc; self.b = nc"), None),
        (class_with("self.a = nc; self.a = x", "self, nc, x"), None),
        (class_with("other.a = nc"), None),
        (class_with("a = nc"), None),
        (class_with("a = nc; self.b = nc"), None),
        (class_with("self.a = wrap(nc)"), None),
        (class_with("self.a = nc; register(self)"), None),
        (class_with("self.a = nc", "self, nc, x"), None),
        (class_with("self.a = nc", "self, nc, *more"), None),
        (class_with("self.a = nc", "self, nc, **more"), None),
        (class_with("self.a = nc", "self, /, nc"), None),
        (class_with("me.a = nc", "self, /, me, nc"), None),
        ("class A(Base):\n    def __init__(self, nc):\n        self.nc = nc\n", None),
        ("@registered\nclass A:\n    nc: object\n", None),
        ("class A:\n    def __init__(self, nc):\n        self.nc = nc\n    def close(self):\n        pass\n", None),
    ],
)
def test_fields_by_parameter(source: str, expected: dict[str, str] | None) -> None:
    assert fields(source) == expected
    if expected is not None:
        assert list(fields(source) or ()) == list(expected)
