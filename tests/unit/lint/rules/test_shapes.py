"""Another way to write the same statement changes no finding."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_naq.engine import lint
from lint.expectations import settings_of
from lint.rules.test_rules import FIXTURES


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_an_annotation_of_a_local_name_changes_no_finding(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert _found(source, _annotated(source)) == _found(source, source)


def test_names_are_annotated() -> None:
    source = "x = 1\n\n\ndef f(url):\n    nc = open(url)\n    nc.a = y = nc\n"
    assert _annotated(source) == source.replace("nc = open", "nc: object = open")


def _found(fixture: str, source: str) -> list[tuple[int, str, str]]:
    return [(one.line, one.code, one.message) for one in lint(source, "-", settings_of(fixture))]


def _annotated(source: str) -> str:
    """Annotate each local name that is the one target of an assignment; lines and their order stay."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    for target in sorted(_local_names(ast.parse(source)), key=lambda one: -one.col_offset):
        line = lines[target.lineno - 1]
        lines[target.lineno - 1] = line[: target.end_col_offset] + b": object" + line[target.end_col_offset :]
    return b"".join(lines).decode()


def _local_names(tree: ast.Module) -> Iterator[ast.Name]:
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    shared = {name for node in ast.walk(tree) if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    seen: set[ast.AST] = set()
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Assign) and node not in seen and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id not in shared:
                yield target
        seen.add(node)
