"""Whether an expression surely gives a `str`: a literal, what is made with one, and what `json.dumps` and its like return."""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import dotted

_MAX_STEPS: Final = 4  # names that are followed


def is_text(facts: ModuleFacts, node: ast.expr, scope: Scope, steps: int = _MAX_STEPS) -> bool:
    """Return whether the expression gives a `str`; a name does where its only binding says so."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            return is_text(facts, left, scope, steps)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format" | "join")):
            return True
        case ast.Call():
            called = facts.known_values.called(node, scope)
            return called in facts.catalogue.calls.text_makers and _is_imported_once(facts, node)
        case ast.Name(id=name) if steps > 0:
            known = facts.known_values.of_name(name, scope)
            if known is None or known.position is not None or known.entered:
                return False
            return is_text(facts, known.value, known.scope, steps - 1)
    return False


def _is_imported_once(facts: ModuleFacts, call: ast.Call) -> bool:
    """Return whether the name means one function: `orjson` may be imported as `json` where it is installed."""
    root = dotted(call.func).partition(".")[0]
    names = [one.asname or one.name.partition(".")[0] for node in facts.imports for one in node.names]
    return names.count(root) <= 1
