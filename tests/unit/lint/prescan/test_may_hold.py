"""Which expressions may have a resource as their value."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.prescan.may_hold import MayHoldResource, makes_tracked
from flake8_naq.prescan.types import annotation_parts, instance_call
from lint.cfg.graphs import Module, catalogue

HEADER = "import asyncio, contextlib, nats, pathlib, typing, nats.js\nfrom naq import nats_connection\n"


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ("held", True),
        ("other", False),
        ("None", False),
        ("open(x)", True),
        ("await nats.connect(x)", True),
        ("nats.NATS()", True),
        ("nats_connection(x)", True),
        ("nats.js.JetStreamContext(x)", True),
        ("(y := held)", True),
        ("[*held]", True),
        ("x if x else held", True),
        ("x or held", True),
        ("(x, held)", True),
        ("{held}", False),
        ("asyncio.wait_for(held, 1)", True),
        ("asyncio.wait_for(x, 1)", False),
        ("typing.cast(x, held)", True),
        ("contextlib.closing(held)", True),
        ("held.jetstream()", True),
        ("held.result()", True),
        ("held.flush()", False),
        ("x.jetstream()", False),
        ("stack.enter_context(held)", True),
        ("group.create_task(held)", True),
        ("group.create_task(x)", False),
        ("path.open()", True),
        ("pathlib.Path(x).open()", True),
        ("x.open()", False),
        ("make(x)", True),
        ("unknown(held)", False),
    ],
)
def test_may_hold(value: str, holds: bool) -> None:
    source = f"{HEADER}def make(x): pass\ndef f(x, stack, group): pass\n"
    module = Module(source, factories=frozenset({"make"}))
    answer = MayHoldResource(module.names, module.catalogue, module.callees, {"held"}, {"path": "pathlib.Path"})
    assert answer.may_hold(ast.parse(value, mode="eval").body) is holds


@pytest.mark.parametrize(("called", "makes"), [("open", True), ("nats.connect", True), ("print", False)])
def test_makes_tracked(called: str, makes: bool) -> None:
    assert makes_tracked(called, catalogue()) is makes


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("pathlib.Path(p).open", "pathlib.Path.open"),
        ("q.open", "pathlib.Path.open"),
        ("p.open", None),
        ("p[0].open", None),
        ("q.read", None),
    ],
)
def test_instance_call(call: str, name: str | None) -> None:
    function = ast.parse(call, mode="eval").body
    assert isinstance(function, ast.Attribute)
    module = Module("import pathlib\ndef f(p): pass\n")
    found = instance_call(function, module.names, {"q": "pathlib.Path"}, module.catalogue, module.callees)
    assert found == name


@pytest.mark.parametrize(("methods", "name"), [({"open"}, "pathlib.Path.open"), ({"connect"}, None)])
def test_other_modules_are_asked_for_methods_of_known_classes_alone(methods: set[str], name: str | None) -> None:
    function = ast.parse("known.open", mode="eval").body
    assert isinstance(function, ast.Attribute)
    module = Module("def f(): pass\n")
    known = module.catalogue._replace(instance_methods=frozenset(methods))
    assert instance_call(function, module.names, {}, known, module.callees) == name


@pytest.mark.parametrize(
    ("annotation", "parts"),
    [
        ("X", ["X"]),
        ("X | None", ["X"]),
        ("X | Y", ["X", "Y"]),
        ("Optional[X]", ["X"]),
        ("typing.Optional['X']", ["X"]),
        ("Union[X, 'Y', None]", ["X", "Y"]),
        ("Annotated[X, depends(Y)]", ["X"]),
        ("list[X]", []),
        ("dict[str, X]", []),
        ("None", []),
        ("'X | None'", ["X"]),
        ("'not a type'", []),
        ("'a\\0b'", []),
    ],
)
def test_annotation_parts(annotation: str, parts: list[str]) -> None:
    assert [ast.unparse(part) for part in annotation_parts(ast.parse(annotation, mode="eval").body)] == parts
