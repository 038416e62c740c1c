"""A parsed module with the way up, and questions about its nodes: what is around a node, what is in it.

The facts of the linter are about nodes of `ast`, so their parents and blocks come from here, also for the fixer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.nodes import CALLABLES, LOOPS, is_none
from flake8_naq.syntax.walk import LEAVES, walk_scope

_LOG_METHODS = frozenset(
    {"print", "print_exc", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
)
# The nodes in these fields are the same objects in the whole tree, so they have no parent.
_SHARED = frozenset({"ctx", "op", "ops"})
_fields: dict[type[ast.AST], tuple[str, ...]] = {}
Binding = ast.Name | ast.stmt | ast.ExceptHandler | ast.pattern
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement is: in which block of which owner, at which index."""

    owner: ast.AST
    field: str
    block: list[ast.stmt]
    index: int


class Tree:
    """A parsed module with the way up."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.parents = _parents_in(module)

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement around a node."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def place(self, statement: ast.stmt) -> Place:
        """Return the block that a statement is in."""
        owner = self.parents[statement]
        for field in _BLOCKS:
            block: list[ast.stmt] = getattr(owner, field, [])
            for index, one in enumerate(block if isinstance(block, list) else ()):
                if one is statement:
                    return Place(owner, field, block, index)
        raise AssertionError("every statement is in a block")

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, the nearest first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def user(self, node: ast.AST) -> ast.AST:
        """Return what uses the value of a node: its parent, and for the value of a keyword argument the call."""
        parent = self.parents[node]
        return self.parents[parent] if isinstance(parent, ast.keyword) else parent

    def answer(self, call: ast.Call) -> ast.expr:
        """Return the expression that gives what a call returns: its `await`, or the call itself."""
        parent = self.parents[call]
        return parent if isinstance(parent, ast.Await) else call

    def function(self, node: ast.AST) -> ast.AST:
        """Return the innermost function around a node, or the module."""
        return next((one for one in self.ancestors(node) if isinstance(one, CALLABLES)), self.module)

    def is_inside(self, node: ast.AST, around: Iterable[ast.AST]) -> bool:
        """Whether a node is one of `around` or in one of them."""
        wanted = set(around)
        return node in wanted or any(one in wanted for one in self.ancestors(node))

    def is_left_by_jump(self, body: list[ast.stmt]) -> bool:
        """Whether a return, break or continue may leave the statements, or a yield may."""
        for node in (node for one in body for node in (one, *walk_scope(one))):
            if isinstance(node, (ast.Break, ast.Continue)):
                loop = next(one for one in self.ancestors(node) if isinstance(one, LOOPS))
                if not self.is_inside(loop, body):
                    return True
            elif isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
                return True
        return False


def _parents_in(module: ast.Module) -> dict[ast.AST, ast.AST]:
    """Return the parent of each node: in half of the time that it takes with `ast.iter_child_nodes`."""
    found: dict[ast.AST, ast.AST] = {}
    nodes: list[ast.AST] = [module]
    for node in nodes:
        if type(node) in LEAVES:
            continue
        for field in _fields_of(type(node)):
            value = getattr(node, field, None)
            for inner in value if type(value) is list else (value,):
                if isinstance(inner, ast.AST):
                    found[inner] = node
                    nodes.append(inner)
    return found


def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields in which nodes of this type may have others."""
    found = _fields.get(kind)
    if found is None:
        found = _fields[kind] = tuple(field for field in kind._fields if field not in _SHARED)
    return found


def names_in(node: ast.AST, name: str) -> Iterator[ast.Name]:
    """Yield every occurrence of a plain name in a node, including nested functions."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == name:
            yield inner


def rebindings(roots: Iterable[ast.stmt], name: str) -> Iterator[Binding]:
    """Yield the nodes that bind or delete the name; parameters are names of other functions."""
    return (node for node in bindings(roots, name) if isinstance(node, Binding))


def rebinds(statement: ast.stmt, name: str) -> bool:
    """Whether the statement gives the name another value than None, and reads it nowhere before."""
    match statement:
        case ast.With(items=items, body=[*above, last]) | ast.AsyncWith(items=items, body=[*above, last]):
            if any(any(names_in(item.context_expr, name)) for item in items):
                return False
            entered = (item.optional_vars for item in items)
            if any(isinstance(one, ast.Name) and one.id == name for one in entered):
                return True
            return not any(any(names_in(one, name)) for one in above) and rebinds(last, name)
        case ast.Assign() | ast.AnnAssign(value=ast.expr()):
            named = list(names_in(statement, name))
            stored = all(isinstance(one.ctx, ast.Store) for one in named)
            return bool(named) and stored and not sets_none(statement, name)
    return False


def is_simple(node: ast.expr | None) -> bool:
    """Whether evaluating the expression has no side effects: constants and names, and tuples of them."""
    if isinstance(node, ast.Tuple):
        return all(map(is_simple, node.elts))
    return node is None or isinstance(node, (ast.Constant, ast.Name))


def is_log_call(statement: ast.stmt) -> bool:
    """Whether the statement is a logging call, a print, or a bare constant."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Constant)
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    return called in _LOG_METHODS


def is_path(node: ast.expr) -> bool:
    """Whether the node is a name or a chain of attributes of a name: `self.bucket`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def sets_none(statement: ast.stmt, name: str) -> bool:
    """Whether the statement is `name = None`, annotated or not, or `del name`."""
    if isinstance(statement, ast.Delete):
        return [one.id for one in statement.targets if isinstance(one, ast.Name)] == [name]
    return only_target(statement) == name and is_none(getattr(statement, "value", None))


def only_target(statement: ast.stmt) -> str | None:
    """Return the plain name that an assignment binds, if it binds one name and nothing else."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
    return None


def first_line(node: ast.stmt) -> int:
    """Return the first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def last_line(node: ast.AST) -> int:
    """Return the last line of a node."""
    end = getattr(node, "end_lineno", None)
    assert isinstance(end, int), "parsed nodes have an end"
    return end
