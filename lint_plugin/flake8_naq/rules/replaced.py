"""Whether a test replaces what a call reaches, so that it opens nothing real: `patch`, `setattr`, `module.name = `.

Knows the ways of `unittest.mock`, of pytest's `monkeypatch`, and of a plain assignment to an attribute of a module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.prescan.callees import Factory
from flake8_naq.syntax.bindings import assignments, leaf_targets
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.walk import scope_nodes

_PATCH: Final = re.compile(r"(?:\w+\.)*patch(?:\.object)?\(")  # of unittest.mock: `patch("app.nats.connect")`
_WORD: Final = re.compile(r"\w+")


def is_replaced(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether the function replaces what the acquiring call reaches, or what that opens in turn."""
    call = verdict.call
    called = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
    if called is None:
        return False
    canonical = function.names.of(call.func) or ""
    factory = verdict.summary.origin.factory
    opened = factory.acquired_by if factory is not None else canonical
    parts = {called, opened.partition(".")[0], opened.rpartition(".")[2]} - {""}
    patches = (text for text in _managers_around(function, call) if _PATCH.match(text))
    if any(not parts.isdisjoint(_WORD.findall(text)) for text in patches):
        return True
    modules = {canonical.rpartition(".")[0], _module_of(factory)} - {""}
    return any(
        any(_is_in(name, module) for module in modules) or _ends_with(name, opened) or name == f".{called}"
        for name in filter(None, _replaced(function, call.lineno))
    )


def _module_of(factory: Factory | None) -> str:
    """Return the name of the module in which another function makes the resource, by its path in messages."""
    return factory.path.removesuffix(".py").replace("/", ".") if factory is not None else ""


def _is_in(name: str, module: str) -> bool:
    """Return whether the name is one of the module, whose own name may lack the packages around it."""
    owner = name.rpartition(".")[0]
    return owner == module or owner.endswith(f".{module}")


def _ends_with(name: str, opened: str) -> bool:
    """`app.clients.nats.connect` names `nats.connect` by way of a module that imports it."""
    return name == opened or name.endswith(f".{opened}")


def _managers_around(function: FunctionFacts, call: ast.Call) -> Iterator[str]:
    """Yield the decorators of the function, and the managers of the `with` blocks around the call."""
    node = function.scope.node
    yield from map(ast.unparse, getattr(node, "decorator_list", ()))
    for block in scope_nodes(node, ast.With, ast.AsyncWith):
        if block.lineno <= call.lineno <= (block.end_lineno or 0):
            yield from (ast.unparse(item.context_expr) for item in block.items)


def _replaced(function: FunctionFacts, before: int) -> Iterator[str]:
    """Yield the canonical names of the module attributes that the function sets above a line."""
    root = function.scope.node
    for node in scope_nodes(root, ast.Assign, ast.AnnAssign):
        for assignment in assignments(node) if node.lineno < before else ():
            yield from (_attribute(one, function.names) for one in leaf_targets(assignment.targets))
    for call in scope_nodes(root, ast.Call):
        if call.lineno < before and isinstance(call.func, ast.Attribute) and call.func.attr == "setattr":
            yield _set_by_name(call, function.names)


def _attribute(target: ast.expr, names: Names) -> str:
    return (names.of(target) or "") if isinstance(target, ast.Attribute) else ""


def _set_by_name(call: ast.Call, names: Names) -> str:
    """Return what `monkeypatch.setattr("app.clients.connect", fake)` or `setattr(clients, "connect", fake)` sets."""
    texts = [one.value for one in call.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if not texts:
        return ""
    first = call.args[0]
    return texts[0] if isinstance(first, ast.Constant) else f"{names.of(first) or ''}.{texts[0]}"
