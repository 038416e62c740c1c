"""Attributes that a method opens by another method of its object, and closes on some ways only: `self._open()`.

The same for what it opens itself, and closes by another method.

For the analysis of the method, the call is written as what it does, `self.nc = self._open()`, and so is a call of a
method that closes: `self.nc.close()`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Departure, Event, Leak
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.reached import state_of, surely_reaches
from flake8_naq.prescan.callees import Factory
from flake8_naq.prescan.owner_classes import EXITS, UNCERTAIN
from flake8_naq.rules.attribute_releases import is_released_elsewhere, nodes_naming, releasing_methods
from flake8_naq.rules.attributes import Kept, kept_on_self
from flake8_naq.syntax.bindings import assignments, attribute_values, leaf_targets
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, LOOPS, Maker, dotted, is_none, without_await
from flake8_naq.syntax.own_object import gives_self, methods_around, own_attribute, own_calls, with_callers
from flake8_naq.syntax.rewritten import rewritten
from flake8_naq.syntax.tree import Tree
from flake8_naq.syntax.walk import is_generator, walk, walk_scope

_BRANCHES = (*LOOPS, ast.ExceptHandler, ast.Match, ast.IfExp, ast.BoolOp)


class Opening(NamedTuple):
    """A call of a method that opens an attribute, in a method that leaves the attribute open on the way `leak`.

    `release` closes it: a call of a method that the other calls, or of the attribute's own.
    """

    call: ast.Call
    function: FunctionFacts
    leak: Leak
    release: str

    @property
    def summary(self) -> AcquisitionSummary:
        """What the method does with what the call opens."""
        return next(one for one in self.function.summaries if self.call in one.acquired)


def opened_by_methods(facts: ModuleFacts) -> Iterator[Opening]:
    """Yield the calls that open an attribute which the same method, and nothing else of the file, closes."""
    kept: dict[tuple[Scope, str], list[Kept]] = {}
    for one in kept_on_self(facts):
        if one.holder == "self" and len(one.attributes) == 1 and not one.client:
            kept.setdefault((one.owner, one.attributes[0]), []).append(one)
    for (owner, attribute), found in kept.items():
        resource = found[0].resource
        if any(one.resource != resource for one in found) or facts.closes_for_process(resource):
            continue
        if not resource.closed_with_owner:
            yield from _Attribute(facts, owner, attribute, found).openings()


class _Methods(NamedTuple):
    """The method that opens an attribute, and the methods that open or close it, themselves or by others."""

    opener: str
    opening: set[str]
    closing: set[str]


class _Attribute:
    """An attribute that one method of the class opens, by one of the acquisitions `kept`."""

    def __init__(self, facts: ModuleFacts, owner: Scope, attribute: str, kept: list[Kept]) -> None:
        self._facts = facts
        self._owner = owner
        self._name = attribute
        self._path = f"self.{attribute}"
        self._acquired = [one.call for one in kept]
        self._kept = kept[0]
        self._calls = {name: set(dict(own_calls(walk(function)))) for name, function in owner.functions.items()}

    def openings(self) -> Iterator[Opening]:
        """Yield the calls that open it in methods which close it on some ways only."""
        opener = self._opener()
        if opener is None or not self._is_simple():
            return
        resource = self._kept.resource
        direct = set(releasing_methods(self._facts, self._owner, self._name, resource))
        closing = with_callers(direct, self._calls)
        opening = with_callers({opener}, self._calls) - closing
        if opener in closing:
            yield from self._opened_and_closed(opener, direct, closing - {opener})
        if opener not in opening:
            return
        methods = _Methods(opener, opening, closing)
        found = [one for name in self._owner.functions for one in self._method(name, methods)]
        own = {one.name for one in found}  # such a method closes what it has opened itself, and nothing else
        calls = {name: called - own for name, called in self._calls.items()}
        inside = with_callers(direct - own, calls) - own
        if not found or not self._is_closed_inside(inside):
            return
        for method in found:
            yield from self._in_method(method, methods, sorted(direct & inside))

    def _opened_and_closed(self, opener: str, direct: set[str], closing: set[str]) -> Iterator[Opening]:
        """Yield the acquisitions of the method that opens the attribute itself, and closes it by another method."""
        if self._calls[opener] & closing and self._is_closed_inside(closing):
            methods = _Methods(opener, set(), closing)
            yield from self._in_method(self._owner.functions[opener], methods, sorted(direct & closing))

    def _opener(self) -> str | None:
        """Return the method that surely opens the attribute when it is called first."""
        around = {name for call in self._acquired for name in methods_around(self._owner, call)}
        name = around.pop() if len(around) == 1 else "__init__"
        function = self._owner.functions.get(name)
        if function is None or name.endswith("__") or function.decorator_list or is_generator(function):
            return None
        state = state_of(self._owner) | {self._name}
        return name if any(surely_reaches(function, call, state) for call in self._acquired) else None

    def _is_simple(self) -> bool:
        """Return whether nothing but the acquisition sets the attribute, and no code gets the attribute or `self`."""
        facts, owner = self._facts, self._owner
        if not facts.knows_bases(owner) or len(facts.hierarchy.related(owner)) > 1:
            return False
        if any(name in owner.functions for name in (*UNCERTAIN, *EXITS)):
            return False
        if is_released_elsewhere(facts, self._name, self._kept.resource):
            return False
        if gives_self(facts.nodes(owner.node)):
            return False
        return all(self._is_acquired_or_none(value) for value in self._values())

    def _values(self) -> Iterator[ast.expr | None]:
        for node in nodes_naming(self._facts, self._owner, [self._name]):
            for targets, value in assignments(node):
                if any(dotted(target) == self._path for target in leaf_targets(targets)):
                    yield value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None

    def _is_acquired_or_none(self, value: ast.expr | None) -> bool:
        if value is None:
            return False
        if isinstance(value, ast.Name):  # `nc = await connect()` in the line above
            nodes = self._facts.nodes(self._owner.node)
            return not any(isinstance(node, ast.arg) and node.arg == value.id for node in nodes)
        call = without_await(value)
        names = Names(self._owner, self._facts.catalogue.known)
        made = isinstance(call, ast.Call) and names.of(call.func) in self._facts.catalogue.construct
        return is_none(value) or call in self._acquired or made

    def _method(self, name: str, methods: _Methods) -> Iterator[FunctionNode]:
        """Yield the method of that name if it opens and closes the attribute."""
        method = self._owner.functions[name]
        if name.endswith("__") or method.decorator_list or is_generator(method):
            return
        if self._calls[name] & methods.opening and name in methods.closing:
            yield method

    def _is_closed_inside(self, closing: set[str]) -> bool:
        """Return whether code outside of the class surely calls none of the closing methods, nor gets one to call."""
        own = self._facts.nodes(self._owner.node)
        called = {id(node.func) for node in own if isinstance(node, ast.Call)}
        if any(own_attribute(node) in closing and id(node) not in called for node in own):
            return False
        if all(name.startswith("_") for name in closing):
            return True
        facts, owner = self._facts, self._owner.node
        inside = set(facts.nodes(owner))
        outside = [node for node in facts.nodes(facts.tree) if node not in inside]
        found = (node.value for node in outside if isinstance(node, ast.Attribute) and node.attr in closing)
        return any(map(self._makes, outside)) and all(map(self._is_of_another, found))

    def _makes(self, node: ast.AST | None) -> bool:
        """Return whether the node is a call of the class."""
        name = self._owner.node.name if isinstance(self._owner.node, ast.ClassDef) else ""
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name

    def _is_of_another(self, node: ast.expr) -> bool:
        """Return whether the expression is an attribute that other calls than that of the class make."""
        values = attribute_values(self._facts.tree, node.attr) if isinstance(node, ast.Attribute) else []
        made = [without_await(value) for value in values if not is_none(value)]
        return bool(made) and all(isinstance(one, ast.Call) and not self._makes(one) for one in made)

    def _in_method(self, method: FunctionNode, methods: _Methods, closers: list[str]) -> Iterator[Opening]:
        closing = methods.closing - {method.name}
        written = _Writing(self._owner, self._path, self._kept, methods.opening, closing).of(method)
        if written is None:
            return
        node, opened = written
        factories: dict[Maker, Factory] = {self._owner.functions[name]: self._factory(name) for name in opened.values()}
        found = self._facts.analysis.written_out(self._facts.scopes[method], node, self._path, factories)
        if found is None:
            return
        for summary in found.summaries:
            wanted = opened if methods.opening else self._acquired
            for call in summary.acquired if summary.origin.call in wanted and summary.saw(Event.RELEASED) else ():
                leaks = [one for one in summary.leaks if one.acquisition is call and one.departure is not Departure.CANCELLED]
                if summary.complete and leaks and all(self._is_lost(one, method, methods) for one in leaks):
                    yield Opening(call, found, first_leak(leaks), self._release(closers))

    def _is_lost(self, leak: Leak, method: FunctionNode, methods: _Methods) -> bool:
        """Return whether some run leaks there, and nothing is meant to use the attribute afterwards.

        Where the method ends normally, all other uses have to be in methods that it calls, and no setting or argument may
        decide about that end.
        """
        if not leak.certain or leak.exceptional:
            return leak.certain
        here = ast.Pass(lineno=leak.line, col_offset=0)
        if leak.departure is Departure.REBOUND or not surely_reaches(method, here, frozenset()):
            return False
        users = self._users() - methods.closing - {methods.opener}
        return self._is_closed_at_the_end(method, methods) and users <= _reached_from(method.name, self._calls)

    def _is_closed_at_the_end(self, method: FunctionNode, methods: _Methods) -> bool:
        """Return whether the method closes the attribute in its own block: in no branch, loop or handler."""
        tree = Tree(ast.Module([method], []))
        for node in walk_scope(method):
            if _closes(node, methods.closing, self._path, self._kept.resource):
                around = [one for one in tree.ancestors(node) if isinstance(one, (*_BRANCHES, ast.If))]
                if all(isinstance(one, ast.If) and self._asks_only(one.test) for one in around):
                    return True
        return False

    def _asks_only(self, test: ast.expr) -> bool:
        """Return whether the test asks for nothing but the attribute."""
        names = [dotted(node) for node in ast.walk(test) if isinstance(node, (ast.Name, ast.Attribute))]
        return all(name == "self" or name.startswith(self._path) for name in names)

    def _users(self) -> set[str]:
        """Return the methods that use the attribute."""
        found: set[str] = set()
        for name, function in self._owner.functions.items():
            if not name.endswith("__") and any(dotted(node) == self._path for node in walk(function)):
                found.add(name)
        return found

    def _factory(self, name: str) -> Factory:
        method, kept = self._owner.functions[name], self._kept
        asynchronous = isinstance(method, ast.AsyncFunctionDef)
        return Factory(name, kept.resource, asynchronous, kept.call.lineno, acquired_by="", may_be_none=False)

    def _release(self, closers: list[str]) -> str:
        if not closers:
            return self._kept.resource.release_of(self._path)
        method = self._owner.functions[closers[0]]
        return f"{'await ' if isinstance(method, ast.AsyncFunctionDef) else ''}self.{closers[0]}()"


class _Writing(NamedTuple):
    """Writes calls of opening and closing methods in a method as what they do."""

    owner: Scope
    path: str
    kept: Kept
    opening: set[str]
    closing: set[str]

    def of(self, method: FunctionNode) -> tuple[FunctionNode, dict[ast.Call, str]] | None:
        """Return the method as it is written then, and the opening calls with the names of their methods.

        None where one of the calls is not a whole statement, or depends on a setting or an argument. A statement may keep the
        answer in an attribute that nothing asks for: `self.connected = await self._open()`.
        """
        mentioned = {id(node) for node in walk(method) if self._mentions(node)}
        release = _statement(self.kept.resource, self.path)
        opened: dict[ast.Call, str] = {}
        if release is None:
            return None

        def written(node: ast.AST) -> ast.AST:
            call = without_await(node.value) if isinstance(node, (ast.Expr, ast.Assign)) else None
            name = own_attribute(call.func) if isinstance(call, ast.Call) else ""
            if not isinstance(node, (ast.Expr, ast.Assign)) or not isinstance(call, ast.Call):
                return node
            if id(call.func) not in mentioned or not self._is_unread(node, method):
                return node
            mentioned.discard(id(call.func))
            if name in self.closing:
                return _placed(release, node)
            opened[call] = name
            target = _placed(ast.parse(self.path, mode="eval").body, node)
            assert isinstance(target, ast.Attribute)
            target.ctx = ast.Store()
            return ast.copy_location(ast.Assign([target], node.value), node)

        found = rewritten(method, written)
        resource = self.kept.resource
        closes = [node for node in walk_scope(method) if _closes(node, self.closing, self.path, resource)]
        sure = all(surely_reaches(method, node, frozenset({self.path.partition(".")[2]})) for node in closes)
        if mentioned or (self.opening and not opened) or not sure or not isinstance(found, FUNCTIONS):
            return None
        return found, opened

    def _is_unread(self, node: ast.Expr | ast.Assign, method: FunctionNode) -> bool:
        """Return whether the method does not ask for the value, nor does one that it may reach: at most `self` has it."""
        if isinstance(node, ast.Expr):
            return True
        answer = own_attribute(node.targets[0]) if len(node.targets) == 1 else ""
        named = {name: set(_own_loads(function)) for name, function in self.owner.functions.items()}
        return answer != "" and not any(answer in named.get(one, ()) for one in _reached_from(method.name, named))

    def _mentions(self, node: ast.AST) -> bool:
        return own_attribute(node) in (self.opening | self.closing)


def _closes(node: ast.AST, methods: Collection[str], path: str, resource: Resource) -> bool:
    """Return whether the node looks up one of the methods of `self`, or a release of what the path holds."""
    if not isinstance(node, ast.Attribute):
        return False
    return own_attribute(node) in methods or (node.attr in resource.release_methods and dotted(node.value) == path)


def _statement(resource: Resource, path: str) -> ast.stmt | None:
    """Return the statement that releases what the path holds, None where a method of that is not enough."""
    node = ast.parse(f"async def f():\n    {resource.release_of(path)}").body[0]
    body = node.body if isinstance(node, ast.AsyncFunctionDef) else []
    call = without_await(body[0].value) if body and isinstance(body[0], ast.Expr) else None
    method = call.func if isinstance(call, ast.Call) else None
    if not isinstance(method, ast.Attribute) or method.attr not in resource.release_methods:
        return None
    return body[0] if dotted(method.value) == path else None


def _placed(node: ast.AST, at: ast.stmt) -> ast.AST:
    """Return a copy of the node, all of which is at the place of the statement."""
    found = copy.deepcopy(node)
    for one in ast.walk(found):
        ast.copy_location(one, at)
    return found


def _own_loads(function: FunctionNode) -> Iterator[str]:
    """Yield the names of the attributes of `self` that the function reads, those of its methods among them."""
    for node in walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and own_attribute(node):
            yield node.attr


def _reached_from(name: str, calls: Mapping[str, set[str]]) -> set[str]:
    """Return the method and all methods that it calls, at any distance, with the other names that `calls` has."""
    found, pending = set[str](), [name]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += calls.get(one, ())
    return found
