"""Parts of methods that run only for objects which have made a resource themselves, as they were given none.

    def __init__(self, client=None):
        self._client = client or AsyncClient()
        self._owns_client = client is None

    async def close(self):
        if self._owns_client:
            await self._client.aclose()

An object that is given a client never closes that client.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import CONSTRUCTOR
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import is_none, missing_name
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.walk import walk_scope


def unreached_if_given(
    facts: ModuleFacts, owner: Scope, parameter: str, related: Iterable[Scope]
) -> frozenset[ast.AST]:
    """Return the nodes of the classes that do not run where the constructor is given the parameter."""
    init, every = owner.functions.get(CONSTRUCTOR), [node for one in related for node in facts.nodes(one.node)]
    flags = _false_flags(init, parameter, every) if init is not None else set()
    tests = (node for node in every if flags and isinstance(node, ast.If))
    bodies = (node.body for node in tests if not flags.isdisjoint(needed(node.test)))
    return frozenset(inner for body in bodies for statement in body for inner in facts.nodes(statement))


def _false_flags(init: FunctionNode, parameter: str, nodes: Iterable[ast.AST]) -> set[str]:
    """Return the attributes that are false for an object whose constructor is given the parameter."""
    own = set(walk_scope(init))
    branches = (node.body for node in own if isinstance(node, ast.If) and missing_name(node.test) == parameter)
    without = {inner for body in branches for statement in body for inner in ast.walk(statement)}
    set_so, others = set[str](), set[str]()
    for node in nodes:
        for target, value in stored_values(node):
            name = own_attribute(target)
            if name and node in own and value is not None and (node in without or missing_name(value) == parameter):
                set_so.add(name)
            elif name and not (isinstance(value, ast.Constant) and value.value is False):
                others.add(name)
    return set_so - others


def needed(test: ast.expr) -> Iterator[str]:
    """Yield the attributes that are set wherever the test is true."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from needed(value)
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot) and is_none(test.comparators[-1]):
        yield own_attribute(test.left)
    else:
        yield own_attribute(test)


def needed_not(test: ast.expr) -> Iterator[str]:
    """Yield the attributes that are set wherever the test is false."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        for value in test.values:
            yield from needed_not(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield own_attribute(test.operand)
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is) and is_none(test.comparators[-1]):
        yield own_attribute(test.left)
