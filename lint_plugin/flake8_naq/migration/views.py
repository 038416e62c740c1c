"""JetStream views of a connection in a block, and the bucket that is bound with one: wider managers give them, too.

A JetStream view is pure and may move to the manager; binding a bucket talks to the server, and moves only where it is
the very next thing that happens.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_naq.edits.model import CannotFix
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.block import Block
from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.name_flow import NameFlow
from flake8_naq.syntax.tree import is_path, names_in, only_target

_JETSTREAM = "jetstream"
_BUCKET = "key_value"


@dataclass(frozen=True, slots=True)
class View:
    """An expression that makes a view, the statement around it, and the name that this binds, if it is simple."""

    node: ast.expr
    statement: ast.stmt
    name: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """The expression that names a bucket, the statement that binds it, and the name that this gives to it."""

    named: ast.expr
    statement: ast.stmt
    name: str
    call: ast.expr


def bucket_name(call: ast.expr) -> ast.expr | None:
    """Return the argument of `....key_value(bucket)`, where it can be evaluated at another place."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != _BUCKET:
        return None
    values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "bucket")]
    if len(values) != 1 or len(call.args) + len(call.keywords) != 1:
        return None
    return values[0] if isinstance(values[0], (ast.Constant, ast.JoinedStr)) or is_path(values[0]) else None


class Views:
    """The views of the connection that a block holds."""

    def __init__(self, block: Block, function: FunctionFacts) -> None:
        self._tree = block.snapshot.tree
        self._catalogue = block.snapshot.facts.catalogue
        self._names = function.names
        self._node = function.scope.node
        self._block = block

    def find(self) -> Iterator[View]:
        """Yield the expressions that make a view without options, of the connection by its name."""
        for statement in self._block.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.expr) and self._is_view(node):
                    if not self._block.is_removed(node):
                        yield self._view(node)

    def _is_view(self, node: ast.expr) -> bool:
        """Whether the node is `await get_jetstream_context(nc)` or `nc.jetstream()`."""
        if isinstance(node, ast.Await):
            call = node.value
            if not isinstance(call, ast.Call) or self._names.of(call.func) not in self._catalogue.views:
                return False
            given = arguments_of(call)
            return len(given) == 1 and _is_name(given[0], self._block.name)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        is_method = node.func.attr == _JETSTREAM and _is_name(node.func.value, self._block.name)
        return is_method and not node.args and not node.keywords

    def _view(self, node: ast.expr) -> View:
        statement = self._tree.statement(node)
        own = getattr(statement, "value", None) is node and self._tree.function(node) is self._node
        return View(node, statement, only_target(statement) if own else None)

    def is_only(self, name: str) -> bool:
        """Whether the block binds the name once, and nothing outside can read what it holds there."""
        named = [node for one in self._block.body for node in names_in(one, name)]
        bound = [node for node in named if not isinstance(node.ctx, ast.Load)]
        if len(bound) != 1 or any(name in getattr(node, "names", ()) for node in ast.walk(self._node)):
            return False
        is_captured = any(self._tree.function(node) is not self._node for node in named)
        if is_captured and sum(node is not self._node for node in bindings([self._node], name)) != 1:
            return False
        flow = NameFlow(self._tree, self._node, name)
        return flow.reader(self._tree.statement(bound[0]), self._block.body) is None

    # The bucket

    def bucket(self, views: list[View], merged: View | None) -> Bucket | None:
        """Return the bucket that is bound first of all and is all that the connection is used for, or None."""
        view_statement = merged.statement if merged is not None else None
        staying = (one for one in self._block.kept(self._block.unwrapped_body) if one is not view_statement)
        first = next(staying, None)
        found = _binding_of_bucket(first) if first is not None and len(views) == 1 else None
        if found is None or not self.is_only(found.name):
            return None
        used = (node for one in self._block.body for node in names_in(one, self._block.name))
        all_disappear = all(self._disappears(node, views) for node in used)
        return found if all_disappear and self._is_of(found.call, views[0], merged) else None

    def _is_of(self, call: ast.expr, view: View, merged: View | None) -> bool:
        """Whether the call binds a bucket of the view, which is used for nothing else."""
        source = _bucket_source(call)
        if merged is None:
            return source is view.node
        name = merged.name or ""
        return source is not None and _is_name(source, name) and sum(1 for _ in names_in(self._node, name)) == 2

    def _disappears(self, node: ast.Name, views: list[View]) -> bool:
        """Whether an occurrence of the connection disappears with its release or its view."""
        return self._block.is_removed(node) or self._tree.is_inside(node, [view.node for view in views])

    def check_no_bucket(self, views: list[View], merged: View | None) -> None:
        """Refuse where one bucket is all that is used but cannot be the manager's: a wider manager is a new finding."""
        made = [view.node for view in views]
        for node in (node for one in self._block.body for node in ast.walk(one)):
            source = _bucket_source(node)
            if source in made or (merged is not None and source is not None and _is_name(source, merged.name or "")):
                line = getattr(node, "lineno", 0)
                raise CannotFix(f"line {line} binds the bucket too late, or where a handler catches its errors")


def _binding_of_bucket(statement: ast.stmt) -> Bucket | None:
    """Return the bucket of `kv = await js.key_value(bucket)`."""
    name, value = only_target(statement), getattr(statement, "value", None)
    if name is None or not isinstance(value, ast.Await):
        return None
    named = bucket_name(value.value)
    return Bucket(named, statement, name, value.value) if named is not None else None


def _bucket_source(node: ast.AST) -> ast.expr | None:
    """Return `js` of `js.key_value` or of a call of it."""
    function = node.func if isinstance(node, ast.Call) else node
    return function.value if isinstance(function, ast.Attribute) and function.attr == _BUCKET else None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
