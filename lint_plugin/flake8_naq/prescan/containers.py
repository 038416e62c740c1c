"""Which containers of a function are only read in it: what they hold is neither closed, nor given to other code.

Containers are the lists, sets and dictionaries that it makes, and what other functions return to it, objects included.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple, TypeGuard

from flake8_naq.syntax.bindings import bound_names, plain_assignment
from flake8_naq.syntax.nodes import COMPREHENSIONS, FUNCTIONS, FunctionNode, taken_from, without_await
from flake8_naq.syntax.walk import walk, walk_scope

_DISPLAYS: Final = (ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple, ast.Dict, ast.DictComp)
_COPIES: Final = ("list", "tuple", "set")
_MEASURED: Final = ("len", "bool")


def read_only_displays(
    function: ast.AST, ending: Collection[str], lent: Collection[ast.expr] = ()
) -> frozenset[ast.expr]:
    """Return the displays and comprehensions whose only name is used for nothing but to read attributes of the items.

    `ending` are the methods after which an item need not be closed: a display is left out whose items have one called,
    or that a nested function uses, which may outlive the function. `lent` are arguments that calls only borrow; other
    modules may get what a module only reads, so its displays have to be lent.
    """
    if not isinstance(function, (*FUNCTIONS, ast.Module)) or (isinstance(function, ast.Module) and not lent):
        return frozenset()
    nodes = [node for statement in function.body for node in walk(statement)]
    stored: dict[str, list[ast.expr | None]] = {}
    for node in nodes:
        for name, value in _stored(node):
            stored.setdefault(name, []).append(value)
    uses, own = _Uses(nodes, ending, lent), set(map(id, walk_scope(function)))
    return frozenset(
        values[0]
        for name, values in stored.items()
        if len(values) == 1 and values[0] is not None and uses.only_read(name)
        if own.issuperset(map(id, uses.loads(name)))
        if isinstance(function, FUNCTIONS) or all(one in lent for one in uses.loads(name))
    )


class ContainerUse(NamedTuple):
    """A container or object that a function alone uses: its name, empty where it is dropped, and what closes it.

    `closings` are the loops, comprehensions and calls that close the items, or a field of the object.
    """

    name: str
    closings: tuple[ast.AST, ...] = ()


class ReturnedContainers:
    """What a function does with the containers and objects that other functions return to it."""

    def __init__(self, function: ast.AST, ending: Collection[str]) -> None:
        """`ending` are the methods after which an item need not be closed."""
        nodes = [node for statement in function.body for node in walk(statement)] if _is_function(function) else []
        self._uses = _Uses(nodes, ending)
        self._dropped = {id(without_await(node.value)) for node in nodes if isinstance(node, ast.Expr)}
        self._named = {id(without_await(value)): name for node in nodes for name, value in _assigned(node)}
        loops = (node for node in nodes if isinstance(node, (ast.For, ast.comprehension)))
        self._targets = {id(without_await(node.iter)): node.target for node in loops}
        self._own = set(map(id, walk_scope(function)))
        self._bound = Counter(name for node in nodes for name in _bound(node))

    def use_of(self, call: ast.Call, fields: Collection[str]) -> ContainerUse | None:
        """Return the use of what the call returns, None if other code may get hold of it.

        `fields` are the attributes of an object that have to be closed, none for a container.
        """
        if id(call) in self._dropped or (not fields and self._only_reads_each(self._targets.get(id(call)))):
            return ContainerUse("")
        name = self._named.get(id(call))
        if name is None or self._bound[name] != 1:
            return None
        if not self._own.issuperset(map(id, self._uses.loads(name))):  # a nested function may outlive this function
            return None
        closings = self._uses.closings_of_fields(name, fields) if fields else self._uses.closings_of_items(name)
        return None if closings is None else ContainerUse(name, tuple(closings))


    def _only_reads_each(self, target: ast.expr | None) -> bool:
        """Return whether a loop over what the call returns only reads the items, and nothing closes these."""
        if not isinstance(target, ast.Name) or self._bound[target.id] != 1:
            return False
        return self._own.issuperset(map(id, self._uses.loads(target.id))) and self._uses.only_looks_at(target.id)


def _is_function(node: ast.AST) -> TypeGuard[FunctionNode]:
    return isinstance(node, FUNCTIONS)


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds; those of `global` and `nonlocal` twice, as other code binds them, too."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from (*node.names, *node.names)
    else:
        yield from bound_names(node)


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the one plain name that an assignment binds, with the value."""
    found = plain_assignment(node)
    if found is not None and len(found.targets) == 1 and isinstance(found.targets[0], ast.Name):
        yield found.targets[0].id, found.value


def _stored(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that a node binds, with the display that one gets by an assignment alone."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from ((name, None) for name in node.names for _ in range(2))
    yield from ((name, _display(value)) for name, value in _assigned(node))


def _display(value: ast.expr) -> ast.expr | None:
    """Return the display or comprehension of the value: `list(x for x in y)` says the same as `[x for x in y]`."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _COPIES:
        inner = value.args[0] if len(value.args) == 1 and not value.keywords else None
        return inner if isinstance(inner, (*_DISPLAYS, ast.GeneratorExp)) else None
    return value if isinstance(value, _DISPLAYS) or is_dict(value) else None


def is_dict(value: ast.expr) -> bool:
    """Return whether the value is `dict(nc=nc)`, which says the same as `{"nc": nc}`."""
    if not isinstance(value, ast.Call) or value.args or not value.keywords:
        return False
    return isinstance(value.func, ast.Name) and value.func.id == "dict"


class _Uses:
    """How the names of a function are used."""

    def __init__(self, nodes: list[ast.AST], ending: Collection[str], lent: Collection[ast.expr] = ()) -> None:
        self._ending = ending
        self._nodes = nodes
        self._loads = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        self._allowed = set(map(id, lent))  # the names that are only looked at
        self._items: dict[int, ast.expr] = {}  # the target of the loop over a name
        self._loops: dict[int, ast.AST] = {}  # that loop or comprehension
        self._closed: dict[int, ast.Call] = {}  # the call that closes the value of an expression
        for node in nodes:
            self._note(node)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ending:
                self._closed[id(node.func.value)] = node
        ended = (node for node in nodes if isinstance(node, ast.Attribute) and node.attr in ending)
        self._ended = {id(part) for node in ended for part in taken_from(node.value)}
        self._allowed -= self._ended
        self._note_loops()

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and isinstance(node.iter, ast.Name):
            self._items[id(node.iter)] = node.target
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and isinstance(node.iter, ast.Call):
            self._note_dictionary(node.iter, node.target)
        elif isinstance(node, ast.Attribute) and node.attr not in self._ending:
            self._allowed.add(id(node.value))
            if isinstance(node.value, ast.Subscript):
                self._allowed.add(id(node.value.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MEASURED:
            self._allowed.update(map(id, node.args))

    def _note_loops(self) -> None:
        for node in self._nodes:
            generators = getattr(node, "generators", None) if isinstance(node, COMPREHENSIONS) else None
            for part in generators or ([node] if isinstance(node, ast.For) else ()):
                over = part.iter
                if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute):
                    over = over.func.value
                self._loops[id(over)] = node

    def _note_dictionary(self, call: ast.Call, target: ast.expr) -> None:
        """Note a loop over `clients.values()` or `clients.items()`."""
        function = call.func
        if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name) or call.args:
            return
        if function.attr == "items" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            self._items[id(function.value)] = target.elts[1]
        elif function.attr == "values":
            self._items[id(function.value)] = target

    def loads(self, name: str) -> list[ast.Name]:
        """Return the uses of a name."""
        return [node for node in self._loads if node.id == name]

    def closings_of_fields(self, name: str, fields: Collection[str]) -> list[ast.AST] | None:
        """Return the calls that close a field of an object, None unless the others only read its attributes."""
        own = self.loads(name)
        parents = {id(node.value): node for node in self._nodes if isinstance(node, ast.Attribute)}
        closings: list[ast.AST] = []
        for node in own:
            field = parents.get(id(node))
            closing = self._closed.get(id(field))
            if field is None or not isinstance(field.ctx, ast.Load) or field.attr.startswith("_"):
                return None
            if closing is not None and field.attr in fields:
                closings.append(closing)
            elif id(node) in self._ended or (field.attr in fields and id(field) not in self._allowed):
                return None
        return closings if own else None

    def closings_of_items(self, name: str) -> list[ast.AST] | None:
        """Return the loops and comprehensions that close the items, None unless the other uses only read them."""
        own = self.loads(name)
        closings: list[ast.AST] = []
        for node in own:
            loop = self._loops.get(id(node))
            target = self._items.get(id(node))
            if target is None or loop is None:
                if not self._is_read(node):
                    return None
                continue
            items = [one for one in self._loads if isinstance(target, ast.Name) and one.id == target.id]
            if not isinstance(target, ast.Name) or not all(self._is_looked_at(one) for one in items):
                return None
            inside = {id(one) for one in walk(loop)}
            if any(id(one) in self._closed and id(one) in inside for one in items):
                closings.append(loop)
        return closings if own else None

    def only_looks_at(self, name: str) -> bool:
        """Return whether each use of the name reads an attribute, and none closes its value."""
        return all(id(one) in self._allowed for one in self.loads(name))

    def _is_looked_at(self, item: ast.Name) -> bool:
        return id(item) in self._allowed or id(item) in self._closed

    def only_read(self, name: str) -> bool:
        """Return whether each use of a list measures it, or reads its items."""
        own = self.loads(name)
        return bool(own) and all(self._is_read(node) for node in own)

    def _is_read(self, node: ast.Name) -> bool:
        target = self._items.get(id(node))
        if target is None:
            return id(node) in self._allowed and not self._is_of_list(node)
        return isinstance(target, ast.Name) and all(
            id(one) in self._allowed for one in self._loads if one.id == target.id
        )

    def _is_of_list(self, node: ast.Name) -> bool:
        """Return whether an attribute of the list itself is used: `files.append` changes what it holds."""
        return any(isinstance(one, ast.Attribute) and one.value is node for one in self._nodes)
