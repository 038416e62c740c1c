"""The hooks that a program gets before it is compiled: loops count their turns; captures, returns and globals are reported.

Lines and columns stay those of the source.
"""

from __future__ import annotations

import ast
from typing import TypeVar

from lint.truth.fake import PROGRAM, RELEASES, SUBJECT

_CLOSERS = (*RELEASES, "close_nats_connection")


class _Hooks(ast.NodeTransformer):
    def __init__(self) -> None:
        self.loops = 0
        self.depth = 0  # 1 in the function under test, more in a function inside it
        self.globals: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | list[ast.AST]:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | list[ast.AST]:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST | list[ast.AST]:
        nested = self.depth > 0
        self.depth += nested or node.name == SUBJECT
        self.generic_visit(node)
        self.depth -= nested or node.name == SUBJECT
        if nested and _releases(node):
            report = ast.Expr(_hook("__capture__", ast.Name(node.name, ast.Load())))
            return [node, _placed(report, node)]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return _placed(_hook("__capture__", node), node) if _releases(node) else node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if self.depth == 1 and node.value is not None:
            node.value = _placed(_hook("__returned__", node.value), node.value)
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        self.globals.update(node.names)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(target, ast.Name) and target.id in self.globals for target in node.targets):
            node.value = _placed(_hook("__given__", node.value), node.value)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        self.loops += 1
        count = ast.Expr(_hook("__turn__", ast.Constant(self.loops)))
        node.body.insert(0, _placed(count, node))
        return node


def _hook(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


_Node = TypeVar("_Node", ast.Expr, ast.Call)


def _placed(node: _Node, at: ast.stmt | ast.expr) -> _Node:
    return ast.fix_missing_locations(ast.copy_location(node, at))


def _releases(node: ast.AST) -> bool:
    return any(
        (isinstance(part, ast.Attribute) and part.attr in _CLOSERS)
        or (isinstance(part, ast.Name) and part.id in _CLOSERS)
        for part in ast.walk(node)
    )


def instrumented(source: str) -> ast.Module:
    """The program with its hooks, ready to compile."""
    tree = ast.parse(source, PROGRAM)
    _Hooks().visit(tree)
    return tree


def awaited_calls(source: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Where each `await` of a call begins, and where the call itself does; lines and columns from 1."""
    awaits = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Await))
    return {(one.lineno, one.col_offset + 1): (one.value.lineno, one.value.col_offset + 1) for one in awaits}
