"""Conditions that several fixes share. Each function raises CannotFix where its condition does not hold."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flake8_naq.edits.model import CannotFix
from flake8_naq.syntax.bindings import bindings, declared_names
from flake8_naq.syntax.name_flow import NameFlow
from flake8_naq.syntax.nodes import FUNCTIONS
from flake8_naq.syntax.reflection import calls_reading_names
from flake8_naq.syntax.text import Located, Text
from flake8_naq.syntax.tree import Tree, rebindings


def check_not_silenced(text: Text, node: Located) -> None:
    """No line of the node carries `# noqa`."""
    check_lines_not_silenced(text, range(node.lineno, (node.end_lineno or node.lineno) + 1))


def check_lines_not_silenced(text: Text, numbers: Iterable[int]) -> None:
    """None of the lines carries `# noqa`."""
    for number in numbers:
        if text.silenced(number):
            raise CannotFix(f"line {number} is under noqa")


def check_local(function: ast.AST, names: Iterable[str]) -> None:
    """The names are variables of the function itself, and no call in it may read them by their text."""
    for name in names:
        inner = (one for one in ast.walk(function) if one is not function and _only_reads(one, name))
        harmless = {node for one in inner if isinstance(one, FUNCTIONS) for node in one.body}
        if any(name in declared_names(node) for node in ast.walk(function) if node not in harmless):
            raise CannotFix(f"'{name}' belongs to an outer scope")
    for call in calls_reading_names(function):
        raise CannotFix(f"line {call.lineno} may read variables by name")


def check_bound_here(tree: Tree, function: ast.AST, name: str) -> None:
    """The name is a variable of the function itself, or a global name that no other function of the file binds."""
    declared = [node for node in ast.walk(tree.module) if isinstance(node, ast.Global) and name in node.names]
    check_local(function, () if [tree.function(one) for one in declared] == [function] else (name,))


def check_bound_once(statements: Iterable[ast.stmt], name: str) -> None:
    """The name holds the same in all the statements."""
    for node in rebindings(statements, name):
        raise CannotFix(f"'{name}' is bound again on line {node.lineno}")


def check_unused_after(tree: Tree, start: ast.stmt, inside: Iterable[ast.AST], name: str) -> None:
    """Nothing outside of `inside` reads the value that `start` binds to the name."""
    reader = NameFlow(tree, tree.function(start), name).reader(start, inside)
    if reader is not None:
        raise CannotFix(f"the name '{name}' is used after the block, on line {reader.lineno}")


def _only_reads(node: ast.AST, name: str) -> bool:
    """Whether the node is a function that binds the name nowhere: there, `nonlocal` changes nothing."""
    return isinstance(node, FUNCTIONS) and not any(bindings([node], name))
