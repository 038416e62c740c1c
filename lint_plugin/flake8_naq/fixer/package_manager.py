"""The line that enters one of the package's managers, and the views that it makes superfluous.

A JetStream view is pure and may move to the manager; binding a bucket talks to the server, and moves only where it is
the very next thing that happens.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_naq.analysis.module import FunctionFacts, ModuleFacts
from flake8_naq.analysis.ownership import Verdict
from flake8_naq.catalogue.model import Manager
from flake8_naq.fixer.block_plan import BlockPlan
from flake8_naq.fixer.header import Header, is_used
from flake8_naq.fixer.model import CannotFix, Edit, Need
from flake8_naq.fixer.name_flow import NameFlow
from flake8_naq.fixer.reflection import is_shown
from flake8_naq.fixer.server_config import Server, server_of
from flake8_naq.fixer.text import Text
from flake8_naq.fixer.tree import Tree, bindings, is_path, names_in, only_target, shadowed
from flake8_naq.remedy import suggested
from flake8_naq.settings import Settings

_JETSTREAM = "jetstream"
_BUCKET = "key_value"


@dataclass(frozen=True, slots=True)
class View:
    """An expression that makes a view, the statement around it, and the name that this binds, if it is simple."""

    node: ast.expr
    statement: ast.stmt
    name: str | None


class PackageManagerHeader:
    """Headings for connections of the by-hand functions: what suits, under which names, for which server."""

    def __init__(self, facts: ModuleFacts, function: FunctionFacts, tree: Tree, text: Text, settings: Settings) -> None:
        self._facts = facts
        self._function = function
        self._tree = tree
        self._text = text
        self._settings = settings
        self._node = function.scope.node
        self._managers = {one.suits: one for one in facts.catalogue.managers.values() if not one.borrows}

    def make(self, layout: BlockPlan, verdict: Verdict) -> Header:
        call = verdict.call
        statement = layout.statement
        value = getattr(statement, "value", None)
        if not isinstance(value, ast.Await) or value.value is not call:
            raise CannotFix(f"line {call.lineno} does more than to await {ast.unparse(call.func)}(...)")
        if layout.use_after_block is not None:
            line = getattr(layout.use_after_block, "lineno", 0)
            raise CannotFix(f"the name '{layout.name}' is used after the block, on line {line}")
        server = server_of(call, self._facts, self._function.scope, self._text, self._settings)
        header = Header(caveats=list(server.caveats), owner=server.owner)
        header.needs |= server.needs
        self._check_bound(server)
        suits, bucket = self._choose(layout, header, verdict)
        self._write(layout, header, call, server, suits, bucket)
        return header

    def _check_bound(self, server: Server) -> None:
        for need in server.needs:
            meaning = self._function.names.of_name(need.name)
            if meaning is None or (meaning != need.name and not meaning.endswith(f".{need.name}")):
                raise CannotFix(f"the name '{need.name}' means something else here")

    # What suits

    def _choose(self, layout: BlockPlan, header: Header, verdict: Verdict) -> tuple[str, View | None]:
        views = list(self._views(layout))
        if not views:
            return "connection", None
        merged = next((view for view in views if view.name and self._is_only(layout, view.name)), None)
        bucket = self._bucket(layout, views, merged)
        if bucket is not None:
            layout.removed.add(bucket.statement)
            layout.removed.update(view.statement for view in views)
            return "bucket", bucket
        if suggested(self._facts, self._function, verdict.trace).suits == "bucket":
            self._check_bucket(layout, views, merged)
        return self._choose_jetstream(layout, header, views, merged), None

    def _check_bucket(self, layout: BlockPlan, views: list[View], merged: View | None) -> None:
        """Where one bucket is all that is used but cannot be the manager's, a wider manager would be a new finding."""
        names = {merged.name} if merged is not None else set()
        for statement in layout.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Attribute) and node.attr == _BUCKET:
                    source = node.value
                    if (isinstance(source, ast.Name) and source.id in names) or any(v.node is source for v in views):
                        raise CannotFix(
                            f"line {node.lineno} binds the bucket too late, or where a handler sees it fail"
                        )

    def _choose_jetstream(self, layout: BlockPlan, header: Header, views: list[View], merged: View | None) -> str:
        """Let the manager make the view: the one that has a name, else all that have none."""
        own = f"{layout.name}.jetstream()"
        header.replaced.update({view.node: own for view in views if view is not merged})
        if merged is not None:
            layout.removed.add(merged.statement)
            self._rename(layout, header, merged.name or "", "js")
            return "jetstream"
        if any(view.name for view in views) or not self._is_free(layout, "js"):
            return "connection"
        header.replaced.update(dict.fromkeys(header.replaced, "js"))
        return "jetstream"

    def _views(self, layout: BlockPlan) -> Iterator[View]:
        """The expressions that make a JetStream view without options, of the connection by its name."""
        for statement in layout.body:
            for node in ast.walk(statement):
                if isinstance(node, (ast.Await, ast.Call)) and self._is_view(node, layout.name):
                    if not layout.is_removed(self._tree, node):
                        yield self._view(node)

    def _is_view(self, node: ast.Await | ast.Call, name: str) -> bool:
        if isinstance(node, ast.Await):
            call = node.value
            if not isinstance(call, ast.Call) or self._function.names.of(call.func) not in self._facts.catalogue.views:
                return False
            return len(call.args) == 1 and not call.keywords and _is_name(call.args[0], name)
        function = node.func
        plain = isinstance(function, ast.Attribute) and function.attr == _JETSTREAM and _is_name(function.value, name)
        return plain and not node.args and not node.keywords

    def _view(self, node: ast.expr) -> View:
        statement = self._tree.statement(node)
        name = only_target(statement) if getattr(statement, "value", None) is node else None
        if self._tree.function(node) is not self._node:
            name = None
        return View(node, statement, name)

    def _is_only(self, layout: BlockPlan, name: str) -> bool:
        """Whether the block binds the name once, and nothing outside can read what it holds there."""
        bound = [node for one in layout.body for node in names_in(one, name) if not isinstance(node.ctx, ast.Load)]
        if len(bound) != 1 or any(name in getattr(node, "names", ()) for node in ast.walk(self._node)):
            return False
        if bindings(self._node, name) != 1 and self._is_captured(layout, name):
            return False
        statement = self._tree.statement(bound[0])
        flow = NameFlow(self._tree, self._node, name)
        return flow.reader(statement, layout.body) is None

    def _is_captured(self, layout: BlockPlan, name: str) -> bool:
        return any(self._tree.function(node) is not self._node for one in layout.body for node in names_in(one, name))

    def _bucket(self, layout: BlockPlan, views: list[View], merged: View | None) -> View | None:
        """The bucket that is bound first of all and is all that is used, or None."""
        if len(views) != 1:
            return None
        gone = {merged.statement} if merged is not None else set()
        first = next((one for one in self._in_block(layout) if one not in gone and one not in layout.removed), None)
        name = only_target(first) if first is not None else None
        value = getattr(first, "value", None)
        if first is None or name is None or not self._is_only(layout, name) or not isinstance(value, ast.Await):
            return None
        call = value.value
        if not isinstance(call, ast.Call) or not self._binds_bucket(call, views[0], merged):
            return None
        used = [
            node for one in layout.body for node in names_in(one, layout.name) if not self._leads(layout, node, views)
        ]
        if used:
            return None
        return View(self._bucket_name(call), first, name)

    def _in_block(self, layout: BlockPlan) -> Iterator[ast.stmt]:
        """The statements of the block itself, those of the try that is dropped included."""
        for statement in layout.body:
            if statement is layout.dropped_try:
                yield from layout.dropped_try.body
            else:
                yield statement

    def _binds_bucket(self, call: ast.Call, view: View, merged: View | None) -> bool:
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr != _BUCKET:
            return False
        source = function.value
        if merged is not None:
            count = sum(1 for _ in names_in(self._node, merged.name or ""))
            if not _is_name(source, merged.name or "") or count != 2:
                return False
        elif source is not view.node:
            return False
        values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "bucket")]
        bucket = values[0] if len(values) == 1 and len(call.args) + len(call.keywords) == 1 else None
        return bucket is not None and (isinstance(bucket, (ast.Constant, ast.JoinedStr)) or is_path(bucket))

    def _bucket_name(self, call: ast.Call) -> ast.expr:
        return call.args[0] if call.args else call.keywords[0].value

    def _leads(self, layout: BlockPlan, node: ast.Name, views: list[View]) -> bool:
        """Whether an occurrence of the connection is one that disappears with its release or its view."""
        return layout.is_removed(self._tree, node) or any(self._tree.is_inside(node, [view.node]) for view in views)

    # Names and text

    def _is_free(self, layout: BlockPlan, name: str) -> bool:
        """Whether the block may bind the name."""
        block = [layout.statement, *layout.body]
        return NameFlow(self._tree, self._node, name).is_free(self._function.scope, block)

    def _rename(self, layout: BlockPlan, header: Header, old: str, new: str) -> None:
        """Let the manager's own name stand for the author's, where it is free and no other scope is touched."""
        free = old != new and self._is_free(layout, new)
        if free and not shadowed(self._node, old) and not is_shown(self._node, old):
            header.renamed[old] = new

    def _write(
        self, layout: BlockPlan, header: Header, call: ast.Call, server: Server, suits: str, bucket: View | None
    ) -> None:
        manager = self._managers[suits]
        kept = {"conn": layout.name, "js": "js", "kv": "kv"}
        if bucket is None:
            if not self._has_another(layout):
                self._rename(layout, header, layout.name, "conn")
            kept["conn"] = header.renamed.get(layout.name, layout.name)
            kept["js"] = self._js_name(layout, header)
            if suits == "connection" and not self._reads(layout, header):
                kept["conn"] = ""
        else:
            self._rename(layout, header, bucket.name or "", "kv")
            kept["kv"] = header.renamed.get(bucket.name or "", bucket.name or "")
            if not is_used(self._tree, self._node, layout, bucket.name or ""):
                kept["kv"] = ""
        text = _text(manager, server.text, self._text.of(bucket.node) if bucket else "", kept)
        text = self._imported(header, manager, call, text)
        header.edits.append(Edit(*self._text.span(layout.statement), f"{text}:"))
        new = kept["conn"] or layout.name
        for node, plain in header.replaced.items():
            if plain == f"{layout.name}.jetstream()":
                header.replaced[node] = f"{new}.jetstream()"

    def _has_another(self, layout: BlockPlan) -> bool:
        """Whether the function has another connection at the same time: then the author's names tell them apart."""
        inside = [one.origin.call for one in self._function.traces if one.origin.call is not None]
        around = {layout.statement, *self._tree.ancestors(layout.statement)}
        held = [self._tree.statement(one) for one in inside]
        return any(
            one is not layout.statement and (self._tree.is_inside(one, layout.body) or self._enters(one, around))
            for one in held
        )

    def _enters(self, statement: ast.stmt, around: set[ast.AST]) -> bool:
        return isinstance(statement, (ast.With, ast.AsyncWith)) and statement in around

    def _reads(self, layout: BlockPlan, header: Header) -> bool:
        return bool(header.replaced) or is_used(self._tree, self._node, layout, layout.name)

    def _js_name(self, layout: BlockPlan, header: Header) -> str:
        """The name under which the block knows the JetStream context that the manager gives."""
        for view in self._gone_views(layout):
            if view.name:
                return header.renamed.get(view.name, view.name)
        return "js"

    def _gone_views(self, layout: BlockPlan) -> Iterator[View]:
        for statement in layout.removed:
            value = getattr(statement, "value", None)
            if isinstance(value, (ast.Await, ast.Call)) and self._is_view(value, layout.name):
                yield self._view(value)

    def _imported(self, header: Header, manager: Manager, call: ast.Call, text: str) -> str:
        """The text with the manager under the name by which this file reaches it."""
        name = manager.name.rpartition(".")[2]
        if isinstance(call.func, ast.Attribute):
            return text.replace(f"{name}(", f"{self._text.of(call.func.value)}.{name}(", 1)
        meaning = self._function.names.of_name(name)
        if meaning not in (name, *(m for m, one in self._facts.catalogue.managers.items() if one is manager)):
            raise CannotFix(f"the name '{name}' means something else here")
        if meaning == name or name not in self._function.scope.module.imports:
            module = manager.name.rpartition(".")[0]
            header.needs.add(Need(module, name, call.func.id if isinstance(call.func, ast.Name) else ""))
        return text


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _text(manager: Manager, config: str, bucket: str, names: dict[str, str]) -> str:
    """The manager's `with` with its arguments and names filled in."""
    filled = manager.text.format(config=config, bucket=bucket).replace(", )", ")")
    head, _, target = filled.rpartition(" as ")
    for documented in ("conn", "js", "kv"):
        if target == documented:
            return f"{head} as {names[documented]}" if names[documented] else head
    return f"{head} as ({names['conn']}, {names['js']})"
