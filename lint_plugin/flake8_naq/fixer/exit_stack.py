"""Three or more blocks that the fixes nested become one block of an exit stack, which enters what they entered.

One or two nested blocks say more clearly what is open where. From three on, the body would move far to the right:

    async with contextlib.AsyncExitStack() as stack:
        source = await stack.enter_async_context(client(a))
        target = await stack.enter_async_context(client(b))
        log = stack.enter_context(open(path))

The stack leaves them in the same order, and hands exceptions on in the same way.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from flake8_naq.edits.apply import parsed
from flake8_naq.edits.model import Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan
from flake8_naq.rules.suggestion import spelled
from flake8_naq.syntax.concrete import span_of
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.name_flow import NameFlow
from flake8_naq.syntax.nodes import WITHS

_FEWEST: Final = 3
_NAMES: Final = ("stack", "exit_stack", "opened")
_With = ast.With | ast.AsyncWith


def stack_plans(snapshot: Snapshot, before: str) -> Iterator[Plan]:
    """Yield a plan for each nest of blocks that are not in `before`, and that enter one thing each."""
    nests = list(_nests(snapshot.module))
    known = Counter(map(_key, _blocks(parsed(before)))) if nests else Counter()
    for nest in nests:
        for is_new, run in groupby(nest, lambda block: len(block.items) == 1 and not known[_key(block)]):
            chain = list(run)
            if is_new and len(chain) >= _FEWEST:
                yield from _plans(snapshot, chain)


def _blocks(tree: ast.AST) -> Iterator[_With]:
    return (node for node in ast.walk(tree) if isinstance(node, WITHS))


def _key(block: _With) -> str:
    return ", ".join(ast.unparse(item) for item in block.items)


def _nests(tree: ast.AST) -> Iterator[list[_With]]:
    """Yield the nests of at least `_FEWEST` blocks in which each is all that is in the block around it."""
    inside: set[ast.AST] = set()
    for block in _blocks(tree):
        if block in inside:
            continue
        nest = [block]
        while isinstance(only := nest[-1].body[0], WITHS) and len(nest[-1].body) == 1:
            nest.append(only)
        inside.update(nest)
        if len(nest) >= _FEWEST:
            yield nest


def _plans(snapshot: Snapshot, chain: list[_With]) -> Iterator[Plan]:
    """Yield the plan for one chain; none where a name for the stack is not free, or blocks share a line."""
    scope, text = snapshot.scope_of(chain[0]), snapshot.text
    flows = {name: NameFlow(snapshot.tree, scope.node, name) for name in _NAMES}
    name = next((name for name, flow in flows.items() if flow.is_free(scope, chain)), None)
    nodes = [snapshot.concrete.statement(block) for block in chain]
    ends = [span_of(next(part for part in node.children() if part.kind() == ":")).end for node in nodes]
    first = [text.line_at(end) + 1 for end in ends]  # the lines below the heads
    if name is None or any(block.body[0].lineno < line for block, line in zip(chain, first, strict=True)):
        return
    is_async = any(isinstance(block, ast.AsyncWith) for block in chain)
    called = spelled("contextlib.AsyncExitStack" if is_async else "contextlib.ExitStack", scope)
    outer, inner = text.indent(chain[0].lineno), text.indent(chain[1].lineno)
    heads = [f"{inner}{_entered(snapshot, block, name)}" for block in chain]
    heads[0] = f"{outer}{'async with' if is_async else 'with'} {called.text}() as {name}:\n{heads[0]}"
    starts = [text.start_of(block.lineno) for block in chain]
    edits = [Edit(*edit) for edit in zip(starts, ends, heads, strict=True)]
    indents = Indents(snapshot.concrete)
    behind = [*(block.lineno for block in chain[1:]), nodes[-1].range().end.line + 2]
    for block, line, end in zip(chain, first, behind, strict=True):
        indents.shift(range(line, end), text.indent(block.body[0].lineno), inner)
    edits += (Edit(*span, new) for span, new in indents.changes())
    yield Plan(tuple(edits), frozenset({Need(called.missing, "")} if called.missing else ()))


def _entered(snapshot: Snapshot, block: _With, stack: str) -> str:
    """Return the statement that enters what a block enters."""
    item = block.items[0]
    call = snapshot.text.of(item.context_expr)
    bound = f"{snapshot.text.of(item.optional_vars)} = " if item.optional_vars is not None else ""
    if isinstance(block, ast.AsyncWith):
        return f"{bound}await {stack}.enter_async_context({call})"
    return f"{bound}{stack}.enter_context({call})"
