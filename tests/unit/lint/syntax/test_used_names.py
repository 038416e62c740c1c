"""Names that a module still uses, and locals that nothing reads."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.used_names import unused_locals, used_names


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("a", True), ("a.b", True), ("del a", True), ("a = 1", False), ("b.a", False), ("f(a=1)", False),
        ("x: 'a'", True), ("def f(x: 'list[a]'): pass", True), ("def f() -> 'a': pass", True), ("x = 'a'", False),
        ("__all__ = ['a']", True), ("__all__ += ['a']", True), ("cast('a', x)", True), ("eval('a')", True),
        ("globals()['a']", True), ("f('a')", False),
    ],
)  # fmt: skip
def test_used(source: str, used: bool) -> None:
    assert ("a" in used_names(ast.parse(source))) is used


@pytest.mark.parametrize(
    ("body", "unused"),
    [
        ("a = 1", True), ("a = 1\nb(a)", False), ("a: int = 1", True), ("(a := 1)", True), ("a, b = f()", False),
        ("a, b = 1, 2", True), ("global a\na = 1", False), ("with f() as a: pass", True),
        ("try: pass\nexcept E as a: pass", True), ("for a in b: pass", False), ("def g(): return a\na = 1", False),
    ],
)  # fmt: skip
def test_unused_locals(body: str, unused: bool) -> None:
    function = "def f():\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    assert ("f.a" in unused_locals(ast.parse(function))) is unused
