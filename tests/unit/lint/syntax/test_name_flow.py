"""Whether a value that a name gets can be read, and whether a name is free."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.syntax.name_flow import NameFlow
from flake8_naq.syntax.names import ModuleScopes
from flake8_naq.syntax.tree import Tree


def parsed(body: str) -> tuple[Tree, ast.AsyncFunctionDef]:
    tree = Tree(ast.parse(f"async def f(xs):\n{indent(body, '    ')}"))
    function = tree.module.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    return tree, function


def start_of(function: ast.AST) -> ast.stmt:
    """The statement that calls `start()`."""
    found = (node for node in ast.walk(function) if isinstance(node, ast.Assign) and "start()" in ast.unparse(node.value))
    return next(found)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("nc = start()\nuse(nc)", 3),
        ("nc = start()\nnc = other()\nuse(nc)", None),
        ("nc = start()\nif xs:\n    nc = other()\nuse(nc)", 5),
        ("use(nc)\nnc = start()", None),
        ("for x in xs:\n    use(nc)\n    nc = start()", 3),
        ("while xs:\n    if xs:\n        use(nc)\n    nc = start()", 4),
        ("for x in xs:\n    use(nc)\nnc = start()", None),
        ("nc = start()\nasync with other() as nc:\n    use(nc)", None),
        ("nc = start()\nasync with other(nc) as nc:\n    pass", 3),
        ("def g():\n    use(nc)\nnc = start()", 3),
        ("nc = start()\ndel nc", 3),
    ],
)
def test_reader(body: str, line: int | None) -> None:
    tree, function = parsed(body)
    start = start_of(function)
    found = NameFlow(tree, function, "nc").reader(start, [start])
    assert (found.lineno if found is not None else None) == line


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("nc = other()\nnc = start()", 2),
        ("nc = other()\nuse(nc)\nnc = start()", None),
        ("nc = other()\nnc = start(nc)", None),
        ("nc: object\nnc = start()", None),
        ("if xs:\n    nc = other()\nnc = start()", None),
        ("for nc in xs:\n    pass\nnc = start()", 2),
        ("nc = other()\ntry:\n    nc = start()\nfinally:\n    use(nc)", 2),
        ("nc = None\ntry:\n    nc = start()\nfinally:\n    use(nc)", None),
        ("nc = None\ntry:\n    nc = start()\nfinally:\n    use()", 2),
        ("nc = other()\ntry:\n    use(nc)\n    nc = start()\nfinally:\n    pass", None),
        ("nc = other()\nif xs:\n    nc = start()", None),
    ],
)
def test_overwritten(body: str, line: int | None) -> None:
    tree, function = parsed(body)
    start = next(n for n in ast.walk(function) if isinstance(n, ast.Assign) and "start(" in ast.unparse(n.value))
    found = NameFlow(tree, function, "nc").overwritten(start, set())
    assert (found.lineno if found is not None else None) == line


@pytest.mark.parametrize(
    ("module", "free"),
    [
        ("async def f():\n    nc = start()\n", True),
        ("async def f():\n    nc = start()\n    use(js)\n", False),
        ("async def f():\n    global js\n    nc = start()\n", False),
        ("js = 1\nasync def f():\n    nc = start()\n", False),
        ("import js\nasync def f():\n    nc = start()\n", False),
        ("async def f():\n    async with other() as js:\n        use(js)\n    nc = start()\n", True),
        ("async def f():\n    async with other() as js:\n        nc = start()\n", False),
        ("class A:\n    js = 1\n    async def f():\n        nc = start()\n", True),
    ],
)
def test_is_free(module: str, free: bool) -> None:
    tree = Tree(ast.parse(module))
    start = start_of(tree.module)
    function = tree.function(start)
    scopes = ModuleScopes(tree.module, lambda: "", walrus=False)
    assert NameFlow(tree, function, "js").is_free(scopes.by_node[function], [start]) is free
