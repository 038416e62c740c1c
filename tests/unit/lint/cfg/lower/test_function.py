"""What the builder knows of a function from the start."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.cfg.lower.builder import Slots
from flake8_naq.cfg.lower.function import Function
from flake8_naq.cfg.values import Parameter, Value
from lint.cfg.graphs import Module


def _function(source: str) -> Function:
    module = Module(source)
    return Function(module.node, module.scope, module.names, module.catalogue, module.prescan(), module.callees)


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


def test_slots() -> None:
    slots = Slots(
        _function(
            "def f(p, own):\n    file = own or open(p)\n    if own: pass\n    if x: pass\n    if x: pass\n    if y.z: pass\n    if y.z: pass\n"
        )
    )
    held = {name: slots.initial[slot] for name, slot in slots.by_name.items()}
    assert held == {"file": Value.UNBOUND, "own": Parameter("own"), "x": Value.UNKNOWN}
    assert list(slots.facts) == ["y.z"]
    assert slots.initial[0] is None
    end = slots.end
    temporary = slots.temporary()
    assert (temporary, slots.end) == (end, end + 1)
    slots.free(temporary)
    assert slots.temporary() == temporary
