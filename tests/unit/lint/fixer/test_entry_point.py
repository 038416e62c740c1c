"""Below which statement a resource is surely open."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.fixer.entry_point import EntryPoint
from flake8_naq.syntax.names import ModuleScopes, Names
from flake8_naq.syntax.tree import Tree

CALLS = load_catalogue(()).calls
MODULE = "import contextlib\nimport sys\n\ndef fail():\n    raise SystemExit\n\nasync def f(xs):\n"


def entered_below(body: str) -> str:
    """The first line of the statement below which the first `nc = start()` is entered."""
    tree = Tree(ast.parse(MODULE + indent(body, "    ")))
    starts = [one for one in ast.walk(tree.module) if isinstance(one, ast.Assign) and ast.unparse(one) == "nc = start()"]
    names = Names(ModuleScopes(tree.module, lambda: "", walrus=False).root, frozenset())
    found = EntryPoint(tree, names, CALLS, "nc", set(starts)).of(starts[0])
    return ast.unparse(found).partition("\n")[0]


START = "nc = start()"


@pytest.mark.parametrize(
    ("body", "first_line"),
    [
        (START, START),
        (f"try:\n    {START}\nexcept ValueError:\n    raise", "try:"),
        (f"try:\n    {START}\nexcept ValueError:\n    return", "try:"),
        (f"try:\n    {START}\nexcept ValueError:\n    sys.exit()", "try:"),
        (f"try:\n    {START}\nexcept ValueError:\n    fail()", "try:"),
        (f"try:\n    {START}\nexcept ValueError:\n    xs()", START),
        (f"try:\n    {START}\n    xs()\nexcept ValueError:\n    raise", START),
        (f"try:\n    {START}\nexcept ValueError:\n    raise\nelse:\n    xs()", START),
        (f"try:\n    {START}\nfinally:\n    xs()", START),
        (f"try:\n    {START}\nexcept ValueError:\n    {START}", "try:"),
        (f"try:\n    {START}\n    {START}\nexcept ValueError:\n    raise", START),
        (f"if xs:\n    {START}\nelse:\n    {START}", "if xs:"),
        (f"if xs:\n    {START}\nelse:\n    xs()", START),
        (f"if xs:\n    {START}", START),
        (f"while True:\n    try:\n        {START}\n        break\n    except ValueError:\n        xs()", "while True:"),
        (f"while True:\n    try:\n        {START}\n    except ValueError:\n        xs()\n    else:\n        break", "while True:"),
        (f"while xs:\n    {START}\n    break", START),
        (f"for x in xs:\n    {START}\n    break\nelse:\n    raise ValueError", "for x in xs:"),
        (f"for x in xs:\n    {START}\n    break\nelse:\n    xs()", START),
        (f"while True:\n    {START}\n    break\n    break", START),
        (f"while True:\n    {START}\n    break\nelse:\n    xs()", "while True:"),
        (f"with xs:\n    {START}", "with xs:"),
        (f"async with xs.lock():\n    xs()\n    {START}", "async with xs.lock():"),
        (f"with xs:\n    {START}\n    xs()", START),
        (f"with xs:\n    if xs:\n        {START}", START),
        (f"if xs:\n    with xs:\n        {START}\nelse:\n    {START}", "if xs:"),
        (f"try:\n    with xs:\n        {START}\nexcept ValueError:\n    raise", "try:"),
        (f"with contextlib.suppress(OSError):\n    {START}", START),
        (f"with xs, contextlib.suppress(OSError):\n    {START}", START),
        (f"with xs.assertRaises(OSError):\n    {START}", START),
    ],
)
def test_entry_point(body: str, first_line: str) -> None:
    assert entered_below(body) == first_line
