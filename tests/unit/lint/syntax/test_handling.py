"""What a `try` handles of the errors in it."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.handling import takes_all, unhandled


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("except:\n    pass", True),
        ("except Exception:\n    pass", True),
        ("except (KeyError, OSError):\n    pass", True),
        ("except asyncio.CancelledError:\n    pass", True),
        ("except StopIteration:\n    pass", False),
        ("except Exception:\n    raise", False),
        ("except Exception as e:\n    if e.args:\n        raise", False),
    ],
)
def test_takes_all(handler: str, expected: bool) -> None:
    tree = ast.parse(f"try:\n    f()\n{handler}")
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    assert takes_all(found[0]) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a()\nb()", {"a", "b"}),
        ("try:\n    a()\nexcept Exception:\n    b()\nelse:\n    c()\nfinally:\n    d()", {"b", "c", "d", "Exception"}),
        ("try:\n    a()\nexcept StopIteration:\n    b()", {"a", "b", "StopIteration"}),
        ("for x in y:\n    try:\n        a()\n    except:\n        raise", {"x", "y", "a"}),
        ("def f():\n    a()\nb()", {"b"}),
        ("x = lambda: a()", {"x"}),
    ],
)
def test_unhandled(source: str, expected: set[str]) -> None:
    assert {node.id for node in unhandled(ast.parse(source)) if isinstance(node, ast.Name)} == expected
