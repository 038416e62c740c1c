"""Attributes and globals that one function alone owns, so that they are followed there like local names.

`self.nc` is one where a function acquires it and releases it, and nothing else in the file may release it, assign it,
or take it. `__aenter__` and its like own what they keep on `self` until they return: where they raise, `__aexit__` is
never called. Where any other method sets the attribute to None, or acquires it again in a loop, what it has acquired
before is lost with that; and so is what a function puts into a global of the module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.facts.bases import bases_are_known
from flake8_naq.prescan.function import NOTHING_OWNED, Owned
from flake8_naq.syntax.bindings import assignments, leaf_targets, plain_assignment
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.handling import unhandled
from flake8_naq.syntax.hierarchy import Hierarchy
from flake8_naq.syntax.names import FunctionNode, Names, Scope, owner_of
from flake8_naq.syntax.nodes import FUNCTIONS, LOOPS, dotted, is_none, without_await
from flake8_naq.syntax.own_object import is_super, own_attribute
from flake8_naq.syntax.reached import Calls, called_methods, called_names, reached
from flake8_naq.syntax.walk import inner_nodes, scope_nodes, walk_scope

_ENTERING = ("__aenter__", "__enter__", "__init__")
_OWN = ("self", "cls")
_TESTS = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.If, ast.While, ast.IfExp, ast.Assert)
_OF_END = re.compile(r"clos|disconnect|EOF|IncompleteRead", re.IGNORECASE)
_RECEIVING = ("recv", "receive")
_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.With, ast.AsyncWith)


class _Use(NamedTuple):
    """An occurrence of an attribute or a name, with its parent, in the function or module of `scope`."""

    node: ast.Attribute | ast.Name
    parent: ast.AST
    scope: Scope


class OwnedPaths:
    """Answers for the functions of one module; it keeps no reference to the facts, which keep it."""

    def __init__(self, scopes: Mapping[ast.AST, Scope], catalogue: Catalogue, hierarchy: Hierarchy) -> None:
        self._scopes = scopes
        self._catalogue = catalogue
        self._hierarchy = hierarchy
        self._releases = frozenset().union(*(one.release_methods for one in catalogue.resources))

    def of(self, scope: Scope, names: Names) -> Owned:
        """Return what the function of `scope` owns."""
        if not isinstance(scope.node, FUNCTIONS):
            return NOTHING_OWNED
        stores = _stores(scope)
        if not stores:
            return NOTHING_OWNED
        acquired = set(stores)
        nodes = list(walk_scope(scope.node))
        released = {path for path in acquired if self._is_released_after(path, stores[path], nodes, names)}
        alone = {path for path in released if self._is_alone(path, scope, nodes)}
        entering = _is_entering(scope, scope.node)
        kept = {path for path in acquired - alone if entering and self._is_kept(path, scope, nodes)}
        others = acquired - alone - kept
        opened = {path: found for path in others if (found := [*filter(_gives_answer, stores[path])])}  # not by a name
        in_loop = {path for path in opened if _is_in_loop(opened[path], nodes)}
        replaced = in_loop | {path for path in opened if _is_set_to_none(path, opened[path], nodes)}
        left = {path for path in replaced if self._is_kept(path, scope, nodes) or self._is_left_alone(path, nodes)}
        methods = scope.enclosing_class.functions if left and scope.enclosing_class is not None else {}
        used = [*nodes, *reached(nodes, methods, called_methods, ast.walk)]
        lasting = {path for path in left if not (_waits_for_end(path, stores[path], nodes) or _receives(path, used))}
        if not (alone or kept or lasting):
            return NOTHING_OWNED
        return Owned(frozenset(alone), frozenset(kept), frozenset(lasting))

    def _is_released_after(self, path: str, stores: list[ast.stmt], nodes: list[ast.AST], names: Names) -> bool:
        """Return whether the function releases what it acquires, and nothing that an earlier call of it left there."""
        released = [line for node in nodes if (line := self._release_line(node, path, names))]
        acquired = [one.lineno for one in stores]
        return bool(released) and min(released) >= min(acquired) and not _in_other_arms(released, acquired, nodes)

    def _release_line(self, node: ast.AST, path: str, names: Names) -> int:
        """Return the line of a node that releases the path, 0 for any other."""
        if isinstance(node, ast.withitem) and dotted(node.context_expr) == path:
            return node.context_expr.lineno
        if not isinstance(node, ast.Call):
            return 0
        if isinstance(node.func, ast.Attribute) and node.func.attr in self._releases:
            if dotted(node.func.value) == path:
                return node.lineno
        if names.of(node.func) in self._catalogue.release_functions:
            if any(dotted(argument) == path for argument in arguments_of(node)):
                return node.lineno
        return 0

    # Who else may release it

    def _is_alone(self, path: str, scope: Scope, nodes: list[ast.AST]) -> bool:
        """Return whether nothing but this function may release, assign or take what the path holds."""
        root, _, attribute = path.rpartition(".")
        own, returned = {id(node) for node in nodes}, _returned_names(nodes)
        uses = (use for use in self._uses.get(attribute, []) if self._may_be(use, path, scope))
        if attribute in self._texts or not all(
            dotted(use.node) == path
            if id(use.node) in own
            else self._only_uses(use) and not _is_inside(use.scope, scope, returned)
            for use in uses
        ):
            return False
        if not root:
            return True
        base = root.partition(".")[0]
        return self._is_known_object(base, scope) and not self._passes(base, nodes)

    def _may_be(self, use: _Use, path: str, scope: Scope) -> bool:
        """Return whether both may mean the same: names of two functions do not, nor `self` of different classes."""
        if isinstance(use.node, ast.Name) != ("." not in path):
            return False
        if isinstance(use.node, ast.Name):
            owner = owner_of(use.node.id, use.scope)
            return owner is None or use.node.id in use.scope.outer or owner in scope.around
        both_own = path.partition(".")[0] in _OWN and dotted(use.node).partition(".")[0] in _OWN
        mine, other = scope.enclosing_class, use.scope.enclosing_class
        return not both_own or mine is None or other is None or other in self._hierarchy.related(mine)

    def _only_uses(self, use: _Use) -> bool:
        """Return whether code elsewhere only tests it, calls a method that keeps it open, or sets it to None."""
        node, parent, _ = use
        if isinstance(node.ctx, ast.Store):
            return isinstance(parent, (ast.Assign, ast.AnnAssign)) and (parent.value is None or is_none(parent.value))
        if isinstance(parent, ast.Attribute):
            return parent.attr not in self._releases
        return isinstance(parent, (*_TESTS, ast.Global))

    def _is_known_object(self, base: str, scope: Scope) -> bool:
        """Return whether the object is `self` of a class without unknown bases, or a name that is never rebound."""
        if base in _OWN:
            owner = scope.enclosing_class
            return owner is not None and bases_are_known(owner, self._hierarchy, self._catalogue)
        stored = (node for node in walk_scope(scope.node) if isinstance(node, ast.Name) and node.id == base)
        return base in scope.bound and sum(isinstance(node.ctx, ast.Store) for node in stored) <= 1

    def _passes(self, base: str, nodes: list[ast.AST]) -> bool:
        """Return whether the object itself goes to a call that may use it in any way."""
        calls = self._catalogue.calls
        for node in nodes:
            if isinstance(node, ast.Call) and any(dotted(argument) == base for argument in arguments_of(node)):
                method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                if dotted(node.func) not in calls.borrows and method not in calls.borrowing_methods:
                    return True
        return False

    # What stays on `self`

    def _is_kept(self, path: str, scope: Scope, nodes: list[ast.AST]) -> bool:
        """Return whether the method sets an attribute of `self`, and no method that it calls may release that."""
        root, _, attribute = path.rpartition(".")
        owner = scope.enclosing_class
        if root != "self" or owner is None or self._passes("self", nodes):
            return False
        called = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        if any(is_super(one.value) for one in called):
            if not bases_are_known(owner, self._hierarchy, self._catalogue):
                return False
        unknown = set(called_methods(nodes)) - owner.functions.keys()
        if unknown and not _are_given(unknown, owner.node):
            return False
        return self._only_use(attribute, nodes, owner.functions, called_methods)

    def _is_left_alone(self, path: str, nodes: list[ast.AST]) -> bool:
        """Return whether the function declares a global that the functions which it calls only use, at any distance."""
        if not any(isinstance(node, ast.Global) and path in node.names for node in nodes):
            return False
        return self._only_use(path, nodes, next(iter(self._scopes.values())).functions, called_names)

    def _only_use(self, name: str, nodes: list[ast.AST], functions: Mapping[str, FunctionNode], called: Calls) -> bool:
        """Return whether the functions that are called, at any distance, leave what `name` holds there, and open.

        A use of theirs has to be able to fail, where the nodes have no use themselves.
        """
        uses = self._uses_in(reached(nodes, functions, called, ast.walk), name)
        if not all(isinstance(use.node.ctx, ast.Load) and self._only_uses(use) for use in uses):
            return False
        own = (use.parent for use in self._uses_in(nodes, name))
        if not uses or any(isinstance(parent, ast.Attribute) for parent in own):
            return True
        failing = self._uses_in(reached(nodes, functions, called, unhandled), name)
        return any(isinstance(use.parent, ast.Attribute) for use in failing)

    def _uses_in(self, nodes: list[ast.AST], name: str) -> list[_Use]:
        inside = set(map(id, nodes))
        return [use for use in self._uses.get(name, ()) if id(use.node) in inside]

    @cached_property
    def _uses(self) -> dict[str, list[_Use]]:
        """The occurrences of each attribute, and of each name that is declared global, in the whole file."""
        found: dict[str, list[_Use]] = {}
        shared = {name for scope in self._scopes.values() for name in scope.outer}
        for scope in self._scopes.values():
            for parent in (scope.node, *walk_scope(scope.node)):
                below = ast.walk(parent) if isinstance(parent, ast.Lambda) else (parent,)
                for inner in below:
                    for node in inner_nodes(inner):
                        if isinstance(node, ast.Attribute):
                            found.setdefault(node.attr, []).append(_Use(node, inner, scope))
                        elif isinstance(node, ast.Name) and node.id in shared:
                            found.setdefault(node.id, []).append(_Use(node, inner, scope))
        return found

    @cached_property
    def _texts(self) -> frozenset[str]:
        """The strings of the file: an attribute may be read or set by its name."""
        root = next(iter(self._scopes))
        constants = (node.value for node in ast.walk(root) if isinstance(node, ast.Constant))
        return frozenset(value for value in constants if isinstance(value, str))


def _returned_names(nodes: list[ast.AST]) -> frozenset[str]:
    """Return the names that occur in what the function returns."""
    values = (node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None)
    return frozenset(node.id for value in values for node in ast.walk(value) if isinstance(node, ast.Name))


def _is_inside(inner: Scope | None, outer: Scope, names: frozenset[str]) -> bool:
    """Return whether `inner` is in a function of `outer` that has one of the names: that may outlive `outer`."""
    while inner is not None and inner is not outer:
        if inner.parent is outer:
            return getattr(inner.node, "name", "") in names
        inner = inner.parent
    return False


def _is_entering(scope: Scope, method: FunctionNode) -> bool:
    """Return whether an exception of the method comes out of `__aenter__` or its like, which is it or calls it."""
    owner = scope.enclosing_class
    if owner is None or owner is not scope.parent:
        return False
    if method.name in _ENTERING:
        return True
    entering = (owner.functions[name] for name in _ENTERING if name in owner.functions)
    return not method.decorator_list and any(_calls(each.body, method.name) for each in entering)


def _calls(block: list[ast.stmt], method: str) -> bool:
    """Return whether a statement of the block calls the method, and its errors come out as they are."""
    for statement in block:
        if isinstance(statement, ast.Try):
            if _only_tells(statement) and _calls(statement.body, method):
                return True
        elif isinstance(statement, (ast.Expr, ast.Return)):
            call = without_await(statement.value)
            if isinstance(call, ast.Call) and own_attribute(call.func) == method:
                return True
    return False


def _only_tells(tried: ast.Try) -> bool:
    """Return whether each handler raises in the end, and calls nothing of the object: it may log the error."""
    behind = [*(one for handler in tried.handlers for one in handler.body), *tried.finalbody]
    called = [node for one in behind for node in ast.walk(one) if isinstance(node, ast.Call)]
    used = [dotted(part).partition(".")[0] for node in called for part in (node.func, *arguments_of(node))]
    return all(isinstance(one.body[-1], ast.Raise) for one in tried.handlers) and not any(one in _OWN for one in used)


def _stores(scope: Scope) -> Mapping[str, list[ast.stmt]]:
    """Return the statements that give an attribute or a global the value of a call, or of a name that has it."""
    found: dict[str, list[ast.stmt]] = {}
    statements = [one for one in scope_nodes(scope.node, *_ASSIGNING) if isinstance(one, ast.stmt)]
    called = [one for one in statements if _gives_answer(one)]
    named = {target.id for one in called for target in _targets(one) if isinstance(target, ast.Name)}
    for statement in statements:
        if _gives_answer(statement) or _given_name(statement) in named:
            for path in map(dotted, _targets(statement)):
                if "." in path or path in scope.outer:
                    found.setdefault(path, []).append(statement)
    return found


def _gives_answer(statement: ast.AST) -> bool:
    return any(isinstance(one.value, (ast.Await, ast.Call)) for one in assignments(statement))


def _given_name(statement: ast.AST) -> str:
    """Return the name whose value a statement assigns, empty for any other statement."""
    found = plain_assignment(statement)
    return found.value.id if found is not None and isinstance(found.value, ast.Name) else ""


def _targets(statement: ast.AST) -> Iterator[ast.expr]:
    return (target for one in assignments(statement) for target in leaf_targets(one.targets))


def _in_other_arms(released: list[int], acquired: list[int], nodes: list[ast.AST]) -> bool:
    """Return whether an `else` releases what only the body of its `if` acquires, in another call of the function."""
    loops = [_lines([node]) for node in nodes if isinstance(node, LOOPS)]
    for test in nodes:
        if isinstance(test, ast.If) and test.orelse and not any(test.lineno in loop for loop in loops):
            arms = _lines(test.body), _lines(test.orelse)
            opens, closes = ([any(line in arm for line in lines) for arm in arms] for lines in (acquired, released))
            if opens == [True, False] and closes == [False, True]:
                return True
    return False


def _lines(block: Sequence[ast.stmt]) -> range:
    return range(block[0].lineno, (block[-1].end_lineno or 0) + 1)


def _is_set_to_none(path: str, stores: list[ast.stmt], nodes: list[ast.AST]) -> bool:
    """Return whether the function sets the path to None on a line below its first acquisition."""
    first = min(one.lineno for one in stores)
    return any(
        is_none(value) and isinstance(node, ast.stmt) and node.lineno > first and path in map(dotted, targets)
        for node in nodes
        if isinstance(node, _ASSIGNING)
        for targets, value in assignments(node)
    )


def _is_in_loop(stores: list[ast.stmt], nodes: list[ast.AST]) -> bool:
    """Return whether the function acquires the path on each turn of a loop."""
    lines = [one.lineno for one in stores]
    loops = [range(node.lineno, (node.end_lineno or 0) + 1) for node in nodes if isinstance(node, LOOPS)]
    return any(line in loop for line in lines for loop in loops)


def _waits_for_end(path: str, stores: list[ast.stmt], nodes: list[ast.AST]) -> bool:
    """Return whether the function seems to go on when the other side, or another task, has closed what the path holds.

    It reads to the end of that, takes an exception that says so, or gives a callback for it.
    """
    if any(isinstance(node, LOOPS) and dotted(getattr(node, "iter", node)) == path for node in nodes):
        return True
    taken = [ast.unparse(node.type) for node in nodes if isinstance(node, ast.ExceptHandler) and node.type is not None]
    opening = (part for one in stores for part in ast.walk(one))
    given = [part.arg or "" for part in opening if isinstance(part, ast.keyword)]
    return any(map(_OF_END.search, (*taken, *given)))


def _receives(path: str, nodes: list[ast.AST]) -> bool:
    """Return whether the nodes wait for what the other side sends: that raises when the other side has closed it."""
    waiting = (node.value.func for node in nodes if isinstance(node, ast.Await) and isinstance(node.value, ast.Call))
    methods = (one for one in waiting if isinstance(one, ast.Attribute) and dotted(one.value) == path)
    return any(one.attr.startswith(_RECEIVING) for one in methods)


def _are_given(names: set[str], owner: ast.AST) -> bool:
    """Return whether the attributes are callbacks that the objects are given, by which others hear of what happens."""
    nodes = list(ast.walk(owner))
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    given = set[str]()
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Name):
            if node.value.id in parameters:
                given.update(own_attribute(target) for one in assignments(node) for target in leaf_targets(one.targets))
    return names <= given and not any(map(_OF_END.search, names))
