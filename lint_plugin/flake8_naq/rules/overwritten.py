"""Attributes that are given a new resource while the old one is open.

The method has a name that says so, as `reconnect`, or it opens in the handler of an error of the old one. A `connect` overwrites
what the constructor has opened. A `close` that opens the attribute again leaves that one open.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import CLOSING_NAMES, CONSTRUCTOR
from flake8_naq.rules.attribute_releases import is_left_to_methods, releases_in, releasing_methods
from flake8_naq.rules.attributes import Kept, is_never_released, kept_on_self
from flake8_naq.syntax.nodes import FUNCTIONS, LOOPS, FunctionNode, lines_of, without_await
from flake8_naq.syntax.own_object import own_attribute, own_calls
from flake8_naq.syntax.walk import scope_nodes, walk, walk_scope

_AGAIN = re.compile(r"re_?(connect|open|new|fresh|start|try|cover|establish|set|dial)|lost|disconnect|rotate|switch|fail_?over")
_CONNECTS = ("connect", "open", "start", "establish", "login", "dial")
_TESTS = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.If, ast.While, ast.IfExp, ast.Assert, ast.withitem)


class Overwritten(NamedTuple):
    """An acquisition that overwrites the attribute, and the line on which another method opened what it holds."""

    kept: Kept
    first: int


def overwritten(facts: ModuleFacts) -> Iterator[Overwritten]:
    """Yield the acquisitions that overwrite an attribute which another method opened, and which nothing closes before."""
    every = kept_on_self(facts)
    for kept in every:
        method = method_around(kept)
        if method is None or len(kept.attributes) != 1:
            continue
        others = [one for one in every if one.owner is kept.owner and one.attributes == kept.attributes]
        if _AGAIN.search(method.name.lower()) is None and not _opens_after_an_error(kept, method):
            constructed = [one for one in others if _is_constructed(one)] if method.name in _CONNECTS else []
            if constructed and not is_never_released(facts, kept.call) and not _may_be_closed_first(facts, kept, method):
                yield Overwritten(kept, constructed[0].call.lineno)
            continue
        first = min((one.call.lineno for one in others if method_around(one) is not method), default=0)
        if first and not _may_be_closed(facts, kept, walk(method)):
            yield Overwritten(kept, first)


def reopened(facts: ModuleFacts) -> Iterator[tuple[Kept, str]]:
    """Yield the acquisitions behind the close of the same attribute in a closing method, which is named.

    No other method closes the attribute.
    """
    for kept in kept_on_self(facts):
        method = method_around(kept)
        if method is None or method.name not in CLOSING_NAMES or len(kept.attributes) != 1:
            continue
        closing = releasing_methods(facts, kept.owner, kept.attributes[0], kept.resource)
        if _closes_before(facts, kept) and set(closing) == {method.name}:
            if is_left_to_methods(facts, kept.owner, kept.attributes[0], kept.resource):
                yield kept, method.name


def _closes_before(facts: ModuleFacts, kept: Kept) -> bool:
    """Return whether a statement of the same block closes the attribute: before, as what is closed behind is not kept."""
    block = facts.parents.place(facts.parents.statement(kept.call)).block
    values = (without_await(statement.value) for statement in block if isinstance(statement, ast.Expr))
    called = (value.func for value in values if isinstance(value, ast.Call))
    return any(releases_in(facts, one, kept.attributes[0], kept.resource) for one in called)


def method_around(kept: Kept) -> FunctionNode | None:
    """Return the method of the class that has the call in its own statements."""
    for method in kept.owner.functions.values():
        if isinstance(method, FUNCTIONS) and any(node is kept.call for node in walk_scope(method)):
            return method
    return None


def _opens_after_an_error(kept: Kept, method: FunctionNode) -> bool:
    """Return whether a handler opens it whose `try` calls a method of the old one; one that says "closed" says that it is."""
    for tried in scope_nodes(method, ast.Try):
        used = any(
            isinstance(node, ast.Attribute) and own_attribute(node.value) == kept.attributes[0]
            for statement in tried.body
            for node in walk(statement)
        )
        for handler in tried.handlers if used else ():
            says_closed = handler.type is not None and "closed" in ast.unparse(handler.type).lower()
            if not says_closed and any(node is kept.call for node in walk_scope(handler)):
                return True
    return False


def _is_constructed(kept: Kept) -> bool:
    """Return whether the constructor opens it in any case."""
    constructor = kept.owner.functions.get(CONSTRUCTOR)
    body = constructor.body if constructor is not None else []
    return any(without_await(getattr(statement, "value", None)) is kept.call for statement in body)


def _may_be_closed_first(facts: ModuleFacts, kept: Kept, method: FunctionNode) -> bool:
    """Return whether the method, before it opens, or a method that calls it, may close what the constructor has opened."""
    line = kept.call.lineno
    loops = (node for node in walk_scope(method) if isinstance(node, LOOPS) and line in lines_of([node]))
    last = max((line, *(node.end_lineno or 0 for node in loops)))
    if _may_be_closed(facts, kept, (node for node in walk(method) if getattr(node, "lineno", 0) <= last)):
        return True
    closing = set(releasing_methods(facts, kept.owner, kept.attributes[0], kept.resource))
    for name, caller in kept.owner.functions.items():
        called = {one for one, _ in own_calls(walk(caller))}
        if method.name in called and not closing.isdisjoint({name, *called} - {method.name}):
            return True
    return False


def _may_be_closed(facts: ModuleFacts, kept: Kept, nodes: Iterable[ast.AST]) -> bool:
    """Return whether a node may close, test or hand on the old resource, or calls a method that may."""
    attribute, closed_tests = kept.attributes[0], kept.resource.closed_tests
    for node in nodes:
        if releases_in(facts, node, attribute, kept.resource):
            return True
        asked = isinstance(node, _TESTS) and any(
            isinstance(part, ast.Attribute) and part.attr == attribute for part in ast.iter_child_nodes(node)
        )
        asked |= isinstance(node, ast.Attribute) and node.attr in closed_tests and _reads(node.value, attribute)
        own = isinstance(node, ast.Call) and bool(own_attribute(node.func))
        taken = isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return)) and _reads(node.value, attribute)
        if asked or own or taken:
            return True
    return False


def _reads(value: ast.expr | None, attribute: str) -> bool:
    return isinstance(value, ast.Attribute) and value.attr == attribute
