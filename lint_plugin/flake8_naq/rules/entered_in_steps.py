"""Attributes that `__aenter__` opens by one of its methods, and loses where a later step fails: `__aexit__` is not called.

    async def __aenter__(self):
        await self.connect()  # which sets `self.nc`
        await self.subscribe()
        return self

A step may be a method that has steps itself. What the constructor has opened is lost likewise, if a step uses it. A step opens the
attribute, too, if it does so where there is none, `if self.nc is None:`, and the constructor leaves that to the steps.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import CONSTRUCTOR, ENTERS, EXITS
from flake8_naq.rules.attribute_releases import getters_of, is_left_to_methods, releasing_methods
from flake8_naq.rules.attributes import Kept, kept_on_self
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.handling import unhandled
from flake8_naq.syntax.nodes import DEFINITIONS, is_none, parameters, taken_from, without_await
from flake8_naq.syntax.own_object import gives_self, own_attribute, own_calls, with_callers
from flake8_naq.syntax.walk import walk_scope

_MAY_CALL: Final = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)


class LostInSteps(NamedTuple):
    """An acquisition that the method `entering` loses if what is on `line` fails."""

    kept: Kept
    line: int
    entering: str


def lost_in_steps(facts: ModuleFacts) -> Iterator[LostInSteps]:
    """Yield the attributes that are opened in one step of entering the object, and lost where a later one fails."""
    for kept in kept_on_self(facts):
        if len(kept.attributes) == 1 and kept.holder == "self" and not kept.client:
            for entering in sorted(ENTERS & kept.owner.functions.keys()):
                steps = _Steps(facts, kept)
                line = steps.failing_line(entering)
                if line and steps.leave_open(entering):
                    yield LostInSteps(kept, line, entering)


class _Steps:
    """The methods of a class that are called one after the other, as far as they open an attribute and use it."""

    def __init__(self, facts: ModuleFacts, kept: Kept) -> None:
        self._facts = facts
        self._kept = kept
        self._methods = kept.owner.functions
        self._opening: dict[str, int] = {}  # by method, the index of the statement that opens, -1 for none
        self._locals: set[str] = set()
        self._names = {kept.attributes[0]}  # of the attribute, and of those that are taken from it: `self.js`
        self._getters = {one.name for one in getters_of(kept.owner, kept.attributes[0])}
        stored = [pair for node in facts.nodes(kept.owner.node) for pair in stored_values(node)]
        for target, value in stored:
            if value is not None and self._uses(value) and (name := own_attribute(target)):
                self._names.add(name)
        self._locals = _only_stored(stored, self._uses)  # plain names of the methods: `session = self.get_session()`

    def leave_open(self, entering: str) -> bool:
        """Return whether no step closes the attribute or hands it on, and other code has nothing that closes it."""
        facts, kept, owner, attribute = self._facts, self._kept, self._kept.owner, self._kept.attributes[0]
        called = [entering]
        for name in called:
            calls = dict(own_calls(facts.nodes(self._methods[name]))) if name in self._methods else {}
            called += [one for one in calls if one not in called]
        steps = [self._methods[name] for name in called if name in self._methods]
        nodes = [node for step in steps for node in facts.nodes(step)]
        releasing = set(releasing_methods(facts, owner, attribute, kept.resource))
        if not self._is_closed_by_exit(releasing) or releasing & set(called):
            return False
        if not self._are_known(set(called) - self._methods.keys()):
            return False
        if gives_self(nodes) or any(step.decorator_list for step in steps):
            return False
        if any(isinstance(node, ast.Name) and node.id == "super" for node in nodes):
            return False
        return is_left_to_methods(facts, owner, attribute, kept.resource)

    def _is_closed_by_exit(self, releasing: set[str]) -> bool:
        """Return whether leaving the object closes the attribute; another method may run though entering has failed."""
        calls = {name: set(dict(own_calls(self._facts.nodes(one)))) for name, one in self._methods.items()}
        return not with_callers(releasing, calls).isdisjoint(EXITS)

    def _are_known(self, called: set[str]) -> bool:
        """Return whether the class sets the attributes that are called: they are no methods of a base."""
        stored = (target for node in self._facts.nodes(self._kept.owner.node) for target, _ in stored_values(node))
        return called <= set(map(own_attribute, stored))

    def failing_line(self, name: str) -> int:
        """Return the line of a step behind the one that opens, in the method or in one that it calls; 0 for none."""
        at, body = self._opens(name), self._methods[name].body
        if at < 0 and not self._is_constructed():
            return 0
        inner = self._called(body[at]) if at >= 0 else ""
        found = self.failing_line(inner) if inner in self._methods else 0
        return found or next((line for one in body[at + 1 :] for line in self._failing(one, [name])), 0)

    def _opens(self, name: str) -> int:
        """Return the index of the statement of a method that surely opens the attribute, -1 if it has none."""
        if name not in self._opening:
            self._opening[name] = -1  # of a method that calls itself
            found = (index for index, one in enumerate(self._methods[name].body) if self._is_opening(one))
            self._opening[name] = next(found, -1)
        return self._opening[name]

    def _is_opening(self, statement: ast.stmt) -> bool:
        """Return whether the statement surely opens the attribute, if a new object has none."""
        if isinstance(statement, ast.If):
            return self._asks_for_none(statement.test) and any(map(self._is_opening, statement.body))
        called = self._called(statement)
        if without_await(getattr(statement, "value", None)) is self._kept.call:
            return True
        return called in self._methods and self._opens(called) >= 0

    def _asks_for_none(self, test: ast.expr) -> bool:
        """Return whether the test is true of a new object: its attribute is None, or has what the constructor was given."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=asked):
                pass
            case ast.Compare(left=asked, ops=[ast.Is()], comparators=[other]) if is_none(other):
                pass
            case _:
                return False
        return own_attribute(asked) == self._kept.attributes[0] and self._is_left_to_steps()

    def _is_left_to_steps(self) -> bool:
        """Return whether the constructor sets the attribute to None, or to an argument."""
        constructor = self._methods.get(CONSTRUCTOR)
        if constructor is None:
            return False
        given = {one.arg for one in parameters(constructor.args)}
        stored = [pair for node in walk_scope(constructor) for pair in stored_values(node)]
        values = [value for target, value in stored if own_attribute(target) == self._kept.attributes[0]]
        return bool(values) and all(is_none(one) or (isinstance(one, ast.Name) and one.id in given) for one in values)

    def _is_constructed(self) -> bool:
        """Return whether the constructor opens the attribute, if perhaps only where it is given none."""
        constructor = self._methods.get(CONSTRUCTOR)
        return constructor is not None and any(node is self._kept.call for node in walk_scope(constructor))

    def _called(self, statement: ast.stmt) -> str:
        """Return the method of the object that a statement does nothing but call, empty for none."""
        value = without_await(statement.value) if isinstance(statement, _MAY_CALL) else None
        return own_attribute(value.func) if isinstance(value, ast.Call) else ""

    def _failing(self, statement: ast.stmt, inside: list[str]) -> Iterator[int]:
        """Yield the lines on which a use of the attribute may fail in a statement, and nothing takes the error."""
        for node in (statement, *unhandled(statement)) if not isinstance(statement, DEFINITIONS) else ():
            for call in _awaited(node):
                called = own_attribute(call.func)
                if called in self._methods and called not in inside:
                    for one in self._methods[called].body:
                        yield from self._failing(one, [*inside, called])
                elif isinstance(call.func, ast.Attribute) and self._uses_open(call.func):
                    yield call.lineno

    def _uses_open(self, method: ast.Attribute) -> bool:
        """Return whether the method is one of what is open: no method that opens it or enters it."""
        opens = method.attr in self._kept.resource.acquire_methods or method.attr in ENTERS
        return not opens and self._uses(method.value)

    def _uses(self, value: ast.expr) -> bool:
        """Return whether the expression is the attribute, or something that is taken from it."""
        return any(
            own_attribute(part) in self._names | self._getters or (isinstance(part, ast.Name) and part.id in self._locals)
            for part in taken_from(value)
        )


def _awaited(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that the node awaits, or whose values an `async with` enters."""
    match node:
        case ast.Await(value=ast.Call() as call):
            yield call
        case ast.AsyncWith(items=items):
            yield from (one.context_expr for one in items if isinstance(one.context_expr, ast.Call))


def _only_stored(stored: Iterable[tuple[ast.expr, ast.expr | None]], is_asked: Callable[[ast.expr], bool]) -> set[str]:
    """Return the plain names that only such values are stored in."""
    names = [(target.id, value) for target, value in stored if isinstance(target, ast.Name)]
    others = {name for name, value in names if value is None or not is_asked(value)}
    return {name for name, _ in names} - others
