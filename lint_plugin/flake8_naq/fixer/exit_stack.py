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
from typing import Final

from flake8_naq.fixer.apply import parsed
from flake8_naq.fixer.model import Edit, Need, Plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.rules.suggestion import spelled
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import WITHS
from flake8_naq.syntax.tree import last_line

_FEWEST: Final = 3
_NAMES: Final = ("stack", "exit_stack", "opened")
_With = ast.With | ast.AsyncWith


def stack_plans(snapshot: Snapshot, before: str) -> Iterator[Plan]:
    """Yield a plan for each nest of blocks that are not in `before`."""
    nests = list(_nests(snapshot.module))
    known = Counter(map(_key, _blocks(parsed(before)))) if nests else Counter()
    for nest in nests:
        for chain in _new_runs(nest, known):
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


def _new_runs(nest: list[_With], known: Counter[str]) -> Iterator[list[_With]]:
    """Yield the runs of blocks in a nest that enter one thing each, and that no block of the file before entered."""
    run: list[_With] = []
    for block in nest:
        if len(block.items) == 1 and not known[_key(block)]:
            run.append(block)
            continue
        if len(run) >= _FEWEST:
            yield run
        run = []
    if len(run) >= _FEWEST:
        yield run


def _plans(snapshot: Snapshot, chain: list[_With]) -> Iterator[Plan]:
    """Yield the plan for one chain; none where a name for the stack is not free, or blocks share a line."""
    scope, text = snapshot.scope_of(chain[0]), snapshot.text
    name = next((one for one in _NAMES if one not in _names(scope)), None)
    if name is None or any(block.body[0].lineno <= _colon_line(snapshot, block) for block in chain):
        return
    word, stack = "with", "ExitStack"
    if any(isinstance(block, ast.AsyncWith) for block in chain):
        word, stack = ("async with", "AsyncExitStack")
    called = spelled(f"contextlib.{stack}", scope)
    outer, inner = text.indent(chain[0].lineno), text.indent(chain[1].lineno)
    heads = [f"{inner}{_entered(snapshot, block, name)}" for block in chain]
    heads[0] = f"{outer}{word} {called.text}() as {name}:\n{heads[0]}"
    edits = [Edit(*_head_span(snapshot, block), head) for block, head in zip(chain, heads, strict=True)]
    edits += (Edit(*span, new) for span, new in _moved(snapshot, chain, inner).changes())
    yield Plan(tuple(edits), frozenset({Need(called.missing, "")} if called.missing else ()))


def _moved(snapshot: Snapshot, chain: list[_With], inner: str) -> Indents:
    """Return the new indentation of what is between the heads of the blocks, and of what the last block holds."""
    indents = Indents(snapshot.concrete)
    ends = [*(block.lineno for block in chain[1:]), _end(snapshot, chain[-1]) + 1]
    for block, end in zip(chain, ends, strict=True):
        deep = snapshot.text.indent(block.body[0].lineno)
        indents.shift(range(_colon_line(snapshot, block) + 1, end), deep, inner)
    return indents


def _names(scope: Scope) -> set[str]:
    """Return every name that occurs in the function, and those that it sees."""
    inside = {node.id for node in ast.walk(scope.node) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(scope.node) if isinstance(node, ast.arg)}
    return inside | arguments | scope.bound | scope.module.bound


def _entered(snapshot: Snapshot, block: _With, stack: str) -> str:
    """Return the statement that enters what a block enters."""
    item = block.items[0]
    call = snapshot.text.of(item.context_expr)
    bound = f"{snapshot.text.of(item.optional_vars)} = " if item.optional_vars is not None else ""
    if isinstance(block, ast.AsyncWith):
        return f"{bound}await {stack}.enter_async_context({call})"
    return f"{bound}{stack}.enter_context({call})"


def _head_span(snapshot: Snapshot, block: _With) -> tuple[int, int]:
    """Return the range of `with ... as name:` with its indentation; a comment behind it stays."""
    text = snapshot.text
    return text.start_of(block.lineno), _colon(snapshot, block) + 1


def _colon(snapshot: Snapshot, block: _With) -> int:
    item = block.items[0]
    end = snapshot.text.span(item.optional_vars or item.context_expr).end
    return snapshot.text.source.index(":", end)


def _colon_line(snapshot: Snapshot, block: _With) -> int:
    return snapshot.text.line_at(_colon(snapshot, block))


def _end(snapshot: Snapshot, block: _With) -> int:
    """Return the last line of a block, with the comments below it that are indented like it."""
    text, number = snapshot.text, last_line(block)
    deep = text.indent(block.body[0].lineno)
    found = number
    while number < len(text.lines) and (text.is_blank(number + 1) or text.indent(number + 1).startswith(deep)):
        number += 1
        found = found if text.is_blank(number) else number
    return found
