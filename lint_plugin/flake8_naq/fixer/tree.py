"""Questions about Python's abstract syntax tree: what stands around a node, what stands in it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_naq.syntax.names import FunctionNode, bound_name, parameters

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
WITHS = (ast.With, ast.AsyncWith)
_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SAYING = frozenset({"print", "print_exc", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
Binding = ast.Name | ast.stmt | ast.ExceptHandler | ast.alias | ast.pattern
_BINDING = (ast.stmt, ast.ExceptHandler, ast.alias, ast.pattern)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: in which block of which owner, at which index."""

    owner: ast.AST
    field: str
    block: list[ast.stmt]
    index: int


class Tree:
    """A parsed module with the way up."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.parents: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(module):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement around a node."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def place(self, statement: ast.stmt) -> Place:
        """The block in which a statement stands."""
        owner = self.parents[statement]
        for field in _BLOCKS:
            block = getattr(owner, field, None)
            if isinstance(block, list) and any(one is statement for one in block):
                return Place(owner, field, block, next(i for i, one in enumerate(block) if one is statement))
        raise AssertionError("a statement stands in a block")

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, the nearest first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function(self, node: ast.AST) -> ast.AST:
        """The innermost function around a node, or the module."""
        return next((one for one in self.ancestors(node) if isinstance(one, (*FUNCTIONS, ast.Module))), self.module)

    def is_inside(self, node: ast.AST, around: Iterable[ast.AST]) -> bool:
        """Whether a node is one of *around* or in one of them."""
        wanted = set(around)
        return node in wanted or any(one in wanted for one in self.ancestors(node))


def names_in(node: ast.AST, name: str) -> Iterator[ast.Name]:
    """Every occurrence of a plain name in a node, nested functions included."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == name:
            yield inner


def mentions(node: ast.AST, name: str) -> bool:
    """Whether a name occurs in a node in any way: read, bound, parameter, import, handler, pattern, declaration."""
    return any(name in spelled(inner) for inner in ast.walk(node))


def spelled(node: ast.AST) -> Iterator[str]:
    """The names that this one node reads or binds by itself."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield bound_name(node)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield node.name or ""
    elif isinstance(node, ast.MatchMapping):
        yield node.rest or ""


def shadowed(function: ast.AST, name: str) -> bool:
    """Whether a nested scope binds the name for itself."""
    return any(node is not function and name in _bound_by(node) for node in ast.walk(function))


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, FUNCTIONS):
        yield from (parameter.arg for parameter in parameters(node.args))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    if isinstance(node, _SCOPES):
        body = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else [node]
        for statement in body:
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                    yield inner.id
                elif inner is not node and not isinstance(inner, ast.Name):
                    yield from spelled(inner)


def rebinding(roots: Iterable[ast.stmt], name: str) -> Iterator[Binding]:
    """What binds the name anew in these statements, or unbinds it; parameters are names of other functions."""
    for root in roots:
        for node in ast.walk(root):
            if isinstance(node, ast.Name):
                if node.id == name and not isinstance(node.ctx, ast.Load):
                    yield node
            elif isinstance(node, _BINDING) and name in spelled(node):
                yield node


def bindings(function: ast.AST, name: str) -> int:
    """How often the function binds a name, in whatever way."""
    count = 0
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            count += node.id == name and not isinstance(node.ctx, ast.Load)
        elif node is not function:
            count += name in spelled(node)
    return count


def is_simple(node: ast.expr | None) -> bool:
    """Whether evaluating the expression can be seen by nobody: constants and names, and tuples of them."""
    if isinstance(node, ast.Tuple):
        return all(map(is_simple, node.elts))
    return node is None or isinstance(node, (ast.Constant, ast.Name))


def is_log_call(statement: ast.stmt) -> bool:
    """A word to a log, to the terminal or to nobody."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Constant)
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    return called in _SAYING


def is_path(node: ast.expr) -> bool:
    """A name or a chain of attributes of one: `self.bucket`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def sets_none(statement: ast.stmt, name: str) -> bool:
    """`name = None`, annotated or not, or `del name`."""
    if isinstance(statement, ast.Delete):
        return [one.id for one in statement.targets if isinstance(one, ast.Name)] == [name]
    target = only_target(statement)
    value = getattr(statement, "value", None)
    return target == name and is_none(value)


def only_target(statement: ast.stmt) -> str | None:
    """The plain name that an assignment binds, if it binds one and nothing else."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
        return statement.target.id
    return None


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    found: int = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return found


def last_line(node: ast.AST) -> int:
    """The last line of a node."""
    end = getattr(node, "end_lineno", None)
    assert isinstance(end, int), "parsed nodes have an end"
    return end


def is_async(function: ast.AST) -> bool:
    return isinstance(function, ast.AsyncFunctionDef)


def as_function(node: ast.AST) -> FunctionNode | None:
    return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
