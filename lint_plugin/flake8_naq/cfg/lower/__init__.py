"""From the syntax of a function to its control-flow graph: functions over a `Builder` and a `Context`."""

from __future__ import annotations

import ast

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.cfg.graph import Graph
from flake8_naq.cfg.instructions import Jump
from flake8_naq.cfg.lower import calls, expressions, loops, statements, try_, with_
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.dispatch import EXPRESSIONS, STATEMENTS, lower_block
from flake8_naq.cfg.lower.targets import hand_on_kept
from flake8_naq.cfg.lower.try_ import leave
from flake8_naq.cfg.values import NORMAL_EXIT, Value
from flake8_naq.prescan.callees import Callees
from flake8_naq.prescan.function import Prescan
from flake8_naq.prescan.known_function import KnownFunction
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import FunctionNode

EXPRESSIONS.update(expressions.EXPRESSIONS | calls.EXPRESSIONS)
STATEMENTS.update(statements.STATEMENTS | loops.STATEMENTS | try_.STATEMENTS | with_.STATEMENTS)


def build_graph(
    node: FunctionNode | ast.Module,
    scope: Scope,
    names: Names,
    catalogue: Catalogue,
    prescan: Prescan,
    callees: Callees,
    *,
    returning: bool = False,
    item: int | None = None,
) -> Graph:
    """Return the graph of a function, or of a module's statements.

    `returning`: a slot keeps what the function returns, or the `item` at a position of the tuple.
    """
    b = Builder(KnownFunction(node, scope, names, catalogue, prescan, callees))
    context = Context(returned=b.slots.new(Value.NONE), returned_item=item) if returning else Context()
    entry = b.new_label()
    b.place(entry)
    b.emit(Jump(node), context)
    lower_block(b, node.body, context)
    hand_on_kept(b, context)
    leave(b, NORMAL_EXIT, 0, node.body[-1] if node.body else node, context, falls=True)
    return b.graph(entry, context.returned)
