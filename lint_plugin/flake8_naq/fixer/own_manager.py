"""The line that enters a resource that is itself a context manager: `async with await nats.connect(url) as nc:`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.analysis.module import FunctionFacts, ModuleFacts
from flake8_naq.catalogue.model import Resource
from flake8_naq.fixer.block_plan import BlockPlan
from flake8_naq.fixer.header import Header, is_used
from flake8_naq.fixer.model import CannotFix, Edit
from flake8_naq.fixer.text import Text
from flake8_naq.fixer.tree import Tree, only_target, sets_none
from flake8_naq.syntax.names import is_builtin


class OwnManagerHeader:
    """Headings for resources that are context managers themselves, or whose manager takes the same arguments."""

    def __init__(self, facts: ModuleFacts, function: FunctionFacts, tree: Tree, text: Text) -> None:
        self._facts = facts
        self._function = function
        self._tree = tree
        self._text = text

    def make(self, layout: BlockPlan, call: ast.Call, resource: Resource) -> Header:
        word = "async with" if resource.asynchronous else "with"
        statement = layout.statement
        if only_target(statement) is None:  # it is made before, or inside of a larger statement
            if self._template(call, resource) is not None:
                raise CannotFix(f"its manager cannot be entered below line {call.lineno}")
            return Header(below=f"{word} {layout.name}:")
        if self._is_bound_before(layout) and self._template(call, resource) is None and resource.context_manager:
            return Header(below=f"{word} {layout.name}:")  # `as` would look as if that were for nothing
        value = statement.value  # type: ignore[attr-defined]  # only_target: an assignment
        span, inner = self._text.span(statement), self._text.span(value)
        used = is_used(self._tree, self._function.scope.node, layout, layout.name)
        ending = f" as {layout.name}:" if used else ":"
        template = self._template(call, resource)
        if template is None:
            if not resource.context_manager:
                raise CannotFix("it is no context manager, and its manager is not known here")
            head = Edit(span.start, inner.start, f"{word} ")
            moved = self._aligned(call, statement.lineno, len(head.text) - (inner.start - span.start))
            return Header([head, Edit(inner.end, span.end, ending), *moved])
        return Header([Edit(span.start, span.end, template + ending)])

    def _is_bound_before(self, layout: BlockPlan) -> bool:
        """Whether a `nc = None` above stays, for a nested function that may read it before."""
        earlier = layout.place.block[: layout.place.index]
        return any(sets_none(one, layout.name) and one not in layout.removed for one in earlier)

    def _aligned(self, call: ast.Call, line: int, by: int) -> Iterator[Edit]:
        """Arguments that stand under the first one go on doing so."""
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        if not given or given[0].lineno != line:
            return
        start = self._text.start_of(line)
        column = self._text.span(given[0]).start - start
        for number in range(line + 1, (call.end_lineno or line) + 1):
            indent = self._text.indent(number)
            if indent == " " * column and number not in self._text.frozen_lines:
                at = self._text.start_of(number)
                yield Edit(at, at + len(indent), " " * max(0, column + by))

    def _template(self, call: ast.Call, resource: Resource) -> str | None:
        """The manager's call, where it is another function than the one that acquires; it has to be bound already."""
        source = resource.manager.format(args=self._arguments(call), name="_")
        managed = _managed(source)
        if managed is None:
            raise CannotFix(f"its manager is not a with statement: {resource.manager}")
        called = managed.value if isinstance(managed, ast.Await) else managed
        if not isinstance(called, ast.Call):
            return None
        name = self._function.names.of(called.func)
        dotted = ast.unparse(called.func)
        if name in resource.acquire or dotted in resource.acquire:
            return None
        module = self._function.scope.module
        reached = name == dotted and (dotted.partition(".")[0] in module.imports or name in module.bound)
        if isinstance(called.func, ast.Attribute) and not reached:
            raise CannotFix(f"'{dotted}' is not imported under that name here; write '{resource.manager}'")
        if name is None:
            return None
        root = name.partition(".")[0]
        if root == name and not is_builtin(root) and root not in self._function.scope.module.bound:
            raise CannotFix(f"'{root}' is not defined here; write '{resource.manager}'")
        return source.rpartition(" as ")[0]

    def _arguments(self, call: ast.Call) -> str:
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        return ", ".join(self._text.of(one) for one in given)


def _managed(source: str) -> ast.expr | None:
    """The expression that a `with` statement enters."""
    try:
        function = ast.parse(f"async def _():\n    {source}:\n        pass").body[0]
    except SyntaxError:
        return None
    block = function.body[0] if isinstance(function, ast.AsyncFunctionDef) else None
    return block.items[0].context_expr if isinstance(block, (ast.With, ast.AsyncWith)) else None
