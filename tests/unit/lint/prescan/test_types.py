"""Which class the attributes of an object have, by what its methods assign."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.prescan.types import types_in
from flake8_naq.syntax.names import ModuleScopes, Names
from lint.cfg.graphs import catalogue


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("self.a = pathlib.Path(p)", {"self.a": "pathlib.Path"}),
        ("self.a = pathlib.Path(p); self.a = pathlib.Path(q)", {"self.a": "pathlib.Path"}),
        ("self.a = pathlib.Path(p); self.a = open(p)", {}),
        ("self.a = p", {}),
        ("p.a = pathlib.Path(p)", {}),
        ("self.b.a = pathlib.Path(p)", {}),
        ("a = p", {}),
    ],
)
def test_attributes(body: str, found: dict[str, str]) -> None:
    tree = ast.parse(f"import pathlib\nclass C:\n    pathlib = None\n    def f(self, p):\n        {body}\n")
    scopes = ModuleScopes(tree, lambda: "", walrus=False)
    node, scope = next((node, one) for node, one in scopes.by_node.items() if one.qualname == "C.f")
    assert types_in(node, scope, [], Names(scope, catalogue().known), catalogue()) == found
