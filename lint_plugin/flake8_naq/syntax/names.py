"""Imports and scopes: the canonical name of a name at a place in the file.

A canonical name is the dotted path by which an object is imported (`nats.aio.client.Client`), whatever its local name.
Knows nothing of the meaning of the names.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flake8_naq.syntax.bindings import bound_name as bound_name
from flake8_naq.syntax.bindings import captured_names as captured_names
from flake8_naq.syntax.bindings import imported_names as imported_names
from flake8_naq.syntax.bindings import target_names as target_names
from flake8_naq.syntax.bindings import whole_names as whole_names
from flake8_naq.syntax.nodes import FunctionNode as FunctionNode
from flake8_naq.syntax.nodes import ScopeNode
from flake8_naq.syntax.nodes import parameters as parameters
from flake8_naq.syntax.walk import walk_scope

_BUILTINS = frozenset(dir(builtins))
# Shared by all scopes that have no such names, as most functions have; a scope gets a dict with its first name.
_NO_NAMES: dict[str, Any] = {}


class Scope:
    """Names bound in one module, class or function, and where each import leads.

    A scope refers to the scope around it and not to those inside: without cycles it is freed with its last user.
    """

    __slots__ = (
        *("bound", "classes", "complete", "declared", "functions", "imports", "node", "parent", "qualname"),
        *("before_stars", "stars"),
    )

    def __init__(self, node: ScopeNode, parent: Scope | None, qualname: str, complete: bool) -> None:
        self.node = node
        self.parent = parent
        self.qualname = qualname
        self.complete = complete
        self.bound: set[str] = set()
        self.imports: dict[str, str] = _NO_NAMES
        self.functions: dict[str, FunctionNode] = _NO_NAMES
        self.classes: dict[str, ast.ClassDef] = _NO_NAMES
        self.declared: tuple[str, ...] = ()  # by `global` or `nonlocal`
        self.stars: tuple[str, ...] = ()
        self.before_stars: tuple[str, ...] = ()  # the names that imports above the last star bind

    @property
    def outer(self) -> tuple[str, ...]:
        """The names of other scopes that this one binds; what is declared `nonlocal` and only read is like any name."""
        if not self.declared:
            return self.declared
        return tuple(name for name in self.declared if name in self.bound or name in self.imports)

    @property
    def enclosing_class(self) -> Scope | None:
        """The class around this function, also around the functions in which it is nested; None for other functions."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope.node, ast.ClassDef):
            scope = scope.parent
        return scope

    @property
    def around(self) -> Iterator[Scope]:
        """The scopes around this one, the innermost first."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
            yield scope

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class ModuleScopes:
    """All scopes of a module in the order of the file, its imports, and its exception handlers by their scope.

    `renamings` are the plain names that an assignment gives the value of another name: scope, name and that value.
    """

    def __init__(self, tree: ast.Module, package: Callable[[], str], walrus: bool) -> None:
        """`package` returns the package that relative imports start from; it may be empty.

        `walrus` is whether `:=` occurs in the module: then expressions bind names too.
        """
        self.root = Scope(tree, None, "", complete=not walrus)
        self.package = package
        self.by_node: dict[ast.AST, Scope] = {tree: self.root}
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.handlers: dict[Scope, list[ast.ExceptHandler]] = {}
        self.renamings: list[tuple[Scope, str, ast.expr]] = []
        self.pending: list[tuple[list[ast.stmt], Scope]] = [(tree.body, self.root)]
        while self.pending:
            body, scope = self.pending.pop()
            for statement in body:
                enter = _ENTER.get(type(statement))  # a look-up by type is quicker than a chain of isinstance
                if enter is not None:
                    enter(statement, scope, self)
        # No two definitions start on one line, and a module on none.
        self.by_node = dict(sorted(self.by_node.items(), key=lambda item: getattr(item[0], "lineno", 0)))


def _function(node: FunctionNode, scope: Scope, found: ModuleScopes) -> None:
    scope.functions = scope.functions or {}
    scope.functions[node.name] = node
    _define(node, scope, found).bound.update([parameter.arg for parameter in parameters(node.args)])


def _class(node: ast.ClassDef, scope: Scope, found: ModuleScopes) -> None:
    scope.classes = scope.classes or {}
    scope.classes[node.name] = node
    _define(node, scope, found)


def _define(node: FunctionNode | ast.ClassDef, scope: Scope, found: ModuleScopes) -> Scope:
    scope.bound.add(node.name)
    qualname = f"{scope.qualname}.{node.name}" if scope.qualname else node.name
    inner = found.by_node[node] = Scope(node, scope, qualname, scope.complete)
    found.pending.append((node.body, inner))
    return inner


def _import(node: ast.Import, scope: Scope, found: ModuleScopes) -> None:
    found.imports.append(node)
    scope.imports = scope.imports or {}
    for alias in node.names:
        name = bound_name(alias)
        scope.imports[name] = alias.name if alias.asname else name


def _import_from(node: ast.ImportFrom, scope: Scope, found: ModuleScopes) -> None:
    found.imports.append(node)
    scope.imports = scope.imports or {}
    module = absolute_module(node, found.package() if node.level else "")
    for alias in node.names:
        if alias.name == "*":
            scope.stars += (module,)
            scope.before_stars = (*scope.imports,)
        else:
            scope.imports[alias.asname or alias.name] = f"{module}.{alias.name}"


def _assign(node: ast.Assign, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets(node.targets, scope)
    if len(node.targets) == 1:
        _name(node.targets[0], node.value, scope, found)


def _name(target: ast.expr, value: ast.expr | None, scope: Scope, found: ModuleScopes) -> None:
    """Note what a plain name stands for if an assignment gives it another name, or a module that a call imports."""
    if type(target) is not ast.Name or value is None:
        return
    if type(value) is ast.Attribute or type(value) is ast.Name:
        found.renamings.append((scope, target.id, value))
    elif type(value) is ast.Call:
        module = _module_imported_by(value)
        if module:
            scope.imports = scope.imports or {}
            scope.imports[target.id] = module


def _module_imported_by(call: ast.Call) -> str:
    """Return the name of the module that `importlib.import_module("nats")` gives; empty for any other call."""
    function = call.func
    called = function.attr if type(function) is ast.Attribute else function.id if type(function) is ast.Name else ""
    if called != "import_module" or len(call.args) != 1 or call.keywords:
        return ""
    name = call.args[0].value if type(call.args[0]) is ast.Constant else None
    return name if isinstance(name, str) and all(part.isidentifier() for part in name.split(".")) else ""


def _annotated(node: ast.AnnAssign, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets((node.target,), scope)
    _name(node.target, node.value, scope, found)


def _augmented(node: ast.AugAssign, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets((node.target,), scope)


def _branches(node: ast.If | ast.While | ast.For | ast.AsyncFor, scope: Scope, found: ModuleScopes) -> None:
    found.pending.append((node.body, scope))
    if node.orelse:
        found.pending.append((node.orelse, scope))


def _for(node: ast.For | ast.AsyncFor, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets((node.target,), scope)
    _branches(node, scope, found)


def _with(node: ast.With | ast.AsyncWith, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets([item.optional_vars for item in node.items if item.optional_vars], scope)
    found.pending.append((node.body, scope))


def _declaration(node: ast.Global | ast.Nonlocal, scope: Scope, found: ModuleScopes) -> None:
    scope.declared += tuple(node.names)


def _delete(node: ast.Delete, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets(node.targets, scope)


def _try(node: ast.Try | ast.TryStar, scope: Scope, found: ModuleScopes) -> None:
    for handler in node.handlers:
        found.handlers.setdefault(scope, []).append(handler)
        if handler.name:
            scope.bound.add(handler.name)
        found.pending.append((handler.body, scope))
    found.pending += ((node.body, scope), (node.orelse, scope), (node.finalbody, scope))


def _match(node: ast.Match, scope: Scope, found: ModuleScopes) -> None:
    for case in node.cases:
        scope.bound.update(captured_names(case.pattern))
        found.pending.append((case.body, scope))


def _type_alias(node: Any, scope: Scope, found: ModuleScopes) -> None:
    _bind_targets((node.name,), scope)


_ENTER: dict[type[ast.stmt], Callable[[Any, Scope, ModuleScopes], None]] = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _branches,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _branches,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Global: _declaration,
    ast.Nonlocal: _declaration,
    ast.Delete: _delete,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
}
if hasattr(ast, "TypeAlias"):  # since Python 3.12
    _ENTER[ast.TypeAlias] = _type_alias


def _bind_targets(targets: Iterable[ast.expr], scope: Scope) -> None:
    for target in targets:
        if type(target) is ast.Name:
            scope.bound.add(target.id)
        elif type(target) is not ast.Attribute and type(target) is not ast.Subscript:  # these bind no name
            scope.bound.update(name.id for name in target_names([target]))


def absolute_module(node: ast.ImportFrom, package: str) -> str:
    """Return the module that `from ... import` names; a relative one whose package is unknown starts with a dot."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    keep = len(parts) - (node.level - 1)
    base = ".".join(parts[:keep]) if keep > 0 else ""
    return f"{base}.{node.module}" if node.module else base


def complete_scope(scope: Scope) -> None:
    """Add the names that only expressions bind (`:=`); done on demand, as few scopes need it."""
    if scope.complete:
        return
    scope.complete = True
    for node in walk_scope(scope.node):
        if isinstance(node, ast.NamedExpr):
            scope.bound.add(node.target.id)


def owner_of(name: str, scope: Scope | None) -> Scope | None:
    """Return the scope that binds a name as seen from `scope`, where no `global` or `nonlocal` gives it to another.

    A method does not see the names of its class.
    """
    first = scope
    while scope is not None:
        if scope is first or not isinstance(scope.node, ast.ClassDef):
            complete_scope(scope)
            if (name in scope.bound or name in scope.imports) and name not in scope.outer:
                return scope
        scope = scope.parent
    return None


class Names:
    """Finds the canonical names of expressions, as seen from one scope."""

    def __init__(self, scope: Scope, known: frozenset[str]) -> None:
        """`known` are the canonical names that a star import is assumed to bind."""
        self.scope = scope
        self.known = known
        self._cache: dict[str, str | None] = {}

    def of_name(self, name: str) -> str | None:
        """Return the canonical name of a plain name, or None if it is a variable of the program."""
        try:
            return self._cache[name]
        except KeyError:
            answer = self._cache[name] = self._look_up(name)
            return answer

    def _look_up(self, name: str) -> str | None:
        scope: Scope | None = self.scope
        first = True
        while scope is not None:
            if first or not isinstance(scope.node, ast.ClassDef):
                first = False
                if name in scope.imports:
                    starred = self._starred(name, scope) if name in scope.before_stars else None
                    return starred or scope.imports[name]
                if name in scope.outer:
                    pass
                elif name in scope.bound:
                    return None
                else:
                    complete_scope(scope)
                    if name in scope.bound:
                        return None
            starred = self._starred(name, scope) if scope.parent is None else None
            if starred is not None:
                return starred
            scope = scope.parent
        return name

    def _starred(self, name: str, scope: Scope) -> str | None:
        """Return what the name stands for if one of the scope's star imports brings it."""
        found = (f"{module}.{name}" for module in scope.stars)
        return next((one for one in found if one in self.known), None)

    def of(self, node: ast.expr) -> str | None:
        """Return the canonical dotted name of a name or attribute chain, or None."""
        if type(node) is ast.Name:
            return self.of_name(node.id)
        if type(node) is ast.Attribute:
            attributes = [node.attr]
            value = node.value
            while type(value) is ast.Attribute:
                attributes.append(value.attr)
                value = value.value
            if type(value) is ast.Name:
                base = self.of_name(value.id)
                if base is not None:
                    attributes.append(base)
                    return ".".join(reversed(attributes))
        return None


def is_builtin(name: str) -> bool:
    """Return whether `name` is a builtin of Python."""
    return name in _BUILTINS
