"""What is known of a function before its graph is built."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.prescan.known_function import KnownFunction
from lint.cfg.graphs import Module


def _function(source: str) -> KnownFunction:
    module = Module(source)
    return KnownFunction(module.node, module.scope, module.names, module.catalogue, module.prescan(), module.callees)


def _call(text: str) -> ast.Call:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    return call


@pytest.mark.parametrize(
    ("source", "answer"), [("async def f(): pass", True), ("def f(): pass", False), ("x = 1", False)]
)
def test_asynchronous(source: str, answer: bool) -> None:
    assert _function(source).asynchronous is answer


@pytest.mark.parametrize(
    ("decorator", "answer"),
    [("@pytest.fixture\n", True), ("@pytest.fixture(scope='module')\n", True), ("@other\n", False), ("", False)],
)
def test_resumed(decorator: str, answer: bool) -> None:
    assert _function(f"import pytest\n{decorator}def f(): yield\n").resumed is answer


@pytest.mark.parametrize(
    ("decorator", "answer"),
    [("@contextmanager\n", True), ("@contextlib.asynccontextmanager\n", True), ("@other\n", False), ("", False)],
)
def test_lends(decorator: str, answer: bool) -> None:
    imports = "import contextlib\nfrom contextlib import contextmanager\n"
    assert _function(f"{imports}{decorator}def f(): yield\n").lends is answer


@pytest.mark.parametrize(("call", "answer"), [("Box()", True), ("Crate()", True), ("Lid()", False), ("x.y()", False)])
def test_makes_object(call: str, answer: bool) -> None:
    function = _function("class Box: pass\ndef f():\n    crate: Crate | None = None\n")
    node = _call(call)
    assert function.makes_object(node, function.names.of(node.func)) is answer


@pytest.mark.parametrize(
    ("use", "answer"),
    [
        ("m.connect()", False),
        ("m.__aenter__()", True),
        ("use(m)", True),
        ("m = 1", False),
        ("global m", True),
        ("pass", False),
    ],
)
def test_is_used_whole(use: str, answer: bool) -> None:
    assert _function(f"def f():\n    {use}\n").is_used_whole("m") is answer
