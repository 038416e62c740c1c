"""Where a source can be mutated, and how: small changes that a test should notice.

A mutation replaces the text of one node and leaves the rest of the file as it is, so that line numbers stay.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

Text = Callable[[ast.stmt | ast.expr], str]
_SWAPS: dict[type[ast.AST], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
    ast.And: "or", ast.Or: "and",
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*",
    ast.BitOr: "&", ast.BitAnd: "|",
}  # fmt: skip
_CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutation(NamedTuple):
    """`before` at the character offset `start` of the file becomes `after`."""

    path: str
    line: int
    start: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {_short(self.before)}  ->  {_short(self.after)}"

    def applied(self, source: str) -> str:
        """Return the mutated text of the file."""
        end = self.start + len(self.before)
        assert source[self.start : end] == self.before
        return source[: self.start] + self.after + source[end:]

    def parses(self, source: str) -> bool:
        """Return whether the mutated file compiles: not so where a parenthesis or an f-string is in the way."""
        try:
            compile(self.applied(source), self.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
        return True


class _Source:
    """The text of a file, and that of its nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a place as `ast` gives it: its columns count UTF-8 bytes."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def of(self, node: ast.stmt | ast.expr) -> str:
        """Return a node as it is written."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.offset(node.lineno, node.col_offset)
        return self._text[start : self.offset(node.end_lineno, node.end_col_offset)]


def mutations(path: str, text: str) -> Iterator[Mutation]:
    """Yield every mutation of a file, in the order of its text; docstrings, annotations and asserts have none."""
    source = _Source(text)
    tree = ast.parse(text)
    conditions = set(_conditions(tree))
    for node in _mutable(tree):
        before = source.of(node)
        replacements = list(_REPLACEMENTS.get(type(node), _nothing)(node, before, source.of))
        if node in conditions and not isinstance(node, (ast.Compare, ast.UnaryOp)):
            replacements.append(f"not ({before})")
        for after in replacements:
            yield Mutation(path, node.lineno, source.offset(node.lineno, node.col_offset), before, after)


def function_lines(text: str) -> set[int]:
    """Return the lines of a file that are in the body of a function; the others run on import."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {line for node in functions for line in range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)}


def _nothing(node: ast.AST, before: str, text: Text) -> Iterator[str]:
    return iter(())


def _conditions(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While)):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs


def _mutable(tree: ast.Module) -> list[ast.stmt | ast.expr]:
    """Return the statements and expressions that a mutation may replace, in the order of the text."""
    found: list[ast.stmt | ast.expr] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        if isinstance(node, (ast.stmt, ast.expr)):
            found.append(node)
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns", "type_params", "decorator_list"):
                children = value if isinstance(value, list) else [value]
                stack += [child for child in children if isinstance(child, ast.AST)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _compare(node: ast.Compare, before: str, text: Text) -> Iterator[str]:
    if len(node.ops) == 1:
        yield f"{text(node.left)} {_SWAPS[type(node.ops[0])]} {text(node.comparators[0])}"


def _bool_op(node: ast.BoolOp, before: str, text: Text) -> Iterator[str]:
    own, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    values = [f"({text(value)})" for value in node.values]
    yield f" {other} ".join(values)
    for index in range(len(values)):
        yield f" {own} ".join(values[:index] + values[index + 1 :])


def _bin_op(node: ast.BinOp, before: str, text: Text) -> Iterator[str]:
    if type(node.op) in _SWAPS and not _is_text(node.left) and not _is_text(node.right):
        yield f"{text(node.left)} {_SWAPS[type(node.op)]} {text(node.right)}"


def _unary_op(node: ast.UnaryOp, before: str, text: Text) -> Iterator[str]:
    if isinstance(node.op, ast.Not):
        yield f"({text(node.operand)})"


def _constant(node: ast.Constant, before: str, text: Text) -> Iterator[str]:
    if isinstance(node.value, bool):
        yield str(not node.value)
    elif isinstance(node.value, (int, float)):
        yield repr(node.value + 1)


def _call(node: ast.Call, before: str, text: Text) -> Iterator[str]:
    if isinstance(node.func, ast.Name) and node.func.id in _CALLED:
        yield f"{_CALLED[node.func.id]}{before[len(node.func.id) :]}"


def _if_exp(node: ast.IfExp, before: str, text: Text) -> Iterator[str]:
    yield f"{text(node.orelse)} if {text(node.test)} else {text(node.body)}"


def _jump(node: ast.Continue | ast.Break, before: str, text: Text) -> Iterator[str]:
    yield "break" if isinstance(node, ast.Continue) else "continue"


def _return(node: ast.Return, before: str, text: Text) -> Iterator[str]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return None"


def _effect(node: ast.AugAssign | ast.Expr | ast.Assign, before: str, text: Text) -> Iterator[str]:
    """Leave out a statement that only has an effect; assignments to plain names are needed later."""
    stores = isinstance(node, ast.Assign) and all(
        isinstance(one, (ast.Attribute, ast.Subscript)) for one in node.targets
    )
    called = isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Yield, ast.YieldFrom, ast.Constant))
    if stores or called or isinstance(node, ast.AugAssign):
        yield "pass"


# By the class of a node, the texts that may stand in its place.
_REPLACEMENTS: dict[type[ast.AST], Callable[[Any, str, Text], Iterator[str]]] = {
    ast.Compare: _compare, ast.BoolOp: _bool_op, ast.BinOp: _bin_op, ast.UnaryOp: _unary_op, ast.Constant: _constant,
    ast.Call: _call, ast.IfExp: _if_exp, ast.Continue: _jump,
    ast.Break: _jump, ast.Return: _return, ast.AugAssign: _effect, ast.Expr: _effect, ast.Assign: _effect,
}  # fmt: skip


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _short(text: str) -> str:
    """Return the text on one line, its middle left out where it is long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 90 else f"{plain[:60]} ... {plain[-25:]}"
