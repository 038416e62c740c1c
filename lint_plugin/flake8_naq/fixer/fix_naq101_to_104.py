"""NAQ101, NAQ102, NAQ103 (and NAQ104 with them): from a connection by hand to the block of a context manager."""

from __future__ import annotations

import ast

from flake8_naq.analysis.module import FunctionFacts, ModuleFacts
from flake8_naq.analysis.ownership import Outcome, Verdict
from flake8_naq.fixer.block_edits import Rewriter
from flake8_naq.fixer.block_plan import BlockPlan, BlockPlanner
from flake8_naq.fixer.entry_point import EntryPoint
from flake8_naq.fixer.header import Header
from flake8_naq.fixer.model import CannotFix, Plan
from flake8_naq.fixer.name_flow import NameFlow
from flake8_naq.fixer.own_manager import OwnManagerHeader
from flake8_naq.fixer.package_manager import PackageManagerHeader
from flake8_naq.fixer.reflection import check_no_reflection
from flake8_naq.fixer.releases import Release, Releases
from flake8_naq.fixer.text import Text
from flake8_naq.fixer.tree import Place, Tree, is_async, names_in, only_target, sets_none
from flake8_naq.remedy import is_legacy
from flake8_naq.settings import Settings


class Lifetime:
    """Plans the fix of one acquisition in one version of a file."""

    def __init__(self, facts: ModuleFacts, tree: Tree, text: Text, settings: Settings) -> None:
        self._facts = facts
        self._tree = tree
        self._text = text
        self._settings = settings

    def plan(self, function: FunctionFacts, verdict: Verdict) -> tuple[Plan, ast.ClassDef | None]:
        """The plan, and the class whose constructor has to change with it; CannotFix where there is none."""
        statement, name = self._acquisition(function, verdict)
        statement, peers = self._entrance(function, verdict, statement, name)
        for one in peers:
            self._check(function, one, statement)
        releases = Releases(self._facts, function, self._tree, verdict.trace.origin.resource, name)
        place = self._tree.place(statement)
        seen = {node for one in peers for node in (*one.trace.released, *one.trace.unawaited)}
        found = releases.find(seen, *place.block[place.index + 1 :])
        legacy = self._is_legacy(function, verdict.call)
        removed = [one for one in found if one.closes or (legacy and self._drains(one))]
        kept = [one for one in found if one not in removed]
        self._check_releases(function, peers, removed, kept, legacy)
        layout = self._block_planner(function, peers, place, name).build(removed, kept)
        for one in peers:
            self._judge(layout, one, removed)
        header = self._header(function, verdict, layout, legacy)
        if not header.below:
            self._check_before(function, layout)
        edits = Rewriter(self._tree, self._text, function.scope.node, layout, header).edits()
        plan = Plan(tuple(edits), frozenset(header.needs), (*layout.caveats, *header.caveats))
        return plan, header.owner

    def _entrance(
        self, function: FunctionFacts, verdict: Verdict, statement: ast.stmt, name: str
    ) -> tuple[ast.stmt, list[Verdict]]:
        """The statement below which the block begins, and the verdicts on all that it acquires for the name."""
        resource = verdict.trace.origin.resource
        same = [one for one in function.verdicts if one.trace.origin.resource is resource]
        named = {self._tree.statement(one.call): one for one in same if self._is_for(one.call, one, name)}
        if self._is_legacy(function, verdict.call) or not resource.context_manager:
            return statement, [verdict]
        leaving = self._facts.catalogue.calls.never_returns.keys()
        below = EntryPoint(self._tree, function.names, leaving, named.keys()).of(statement)
        if below is statement:
            return statement, [verdict]
        return below, [one for stands, one in named.items() if self._tree.is_inside(stands, [below])]

    def _is_for(self, call: ast.Call, verdict: Verdict, name: str) -> bool:
        """Whether a call and no more gives the resource that name."""
        statement = self._tree.statement(call)
        if only_target(statement) == name:
            return self._is_whole(getattr(statement, "value", None), call)
        value = statement.value if isinstance(statement, ast.Expr) else None
        own = isinstance(call.func, ast.Attribute) and call.func.attr in verdict.trace.origin.resource.acquire_methods
        return own and isinstance(value, ast.Await) and value.value is call and verdict.trace.origin.name == name

    def units(self, function: FunctionFacts, verdict: Verdict) -> set[ast.stmt]:
        """The statements that go with the releases of an acquisition; none where they are not clear."""
        statement, trace = self._tree.statement(verdict.call), verdict.trace
        name = only_target(statement)
        if name is None:
            return set()
        releases = Releases(self._facts, function, self._tree, trace.origin.resource, name)
        try:
            return {one.unit for one in releases.find(set(trace.released)) if one.closes}
        except CannotFix:
            return set()

    def _check(self, function: FunctionFacts, verdict: Verdict, statement: ast.stmt) -> None:
        trace = verdict.trace
        maker = trace.origin.maker
        if maker is not None and maker.may_be_none:
            raise CannotFix(f"'{maker.function.name}' may return None")
        if maker is not None and is_legacy(maker.way, self._facts):
            raise CannotFix(f"'{maker.function.name}' acquires it by hand, on line {maker.call.lineno}")
        if len(trace.acquired) > 1 and not all(self._tree.is_inside(one, [statement]) for one in trace.acquired):
            raise CannotFix(f"'{trace.origin.name}' is acquired on lines {_lines(trace.acquired)}")
        if trace.managed:
            raise CannotFix("something else manages it on some paths")
        if trace.handed or trace.sites - trace.borrowed:
            raise CannotFix("it is handed on to somebody on some paths")
        if trace.origin.resource.asynchronous and not is_async(self._tree.function(verdict.call)):
            raise CannotFix("it is acquired outside of an async function")
        if self._tree.function(verdict.call) is not function.scope.node:
            raise CannotFix("it is acquired in a nested function")

    def _acquisition(self, function: FunctionFacts, verdict: Verdict) -> tuple[ast.stmt, str]:
        """The statement that acquires, and the one name that it gives to the resource."""
        statement = self._tree.statement(verdict.call)
        name = only_target(statement)
        if name is None:
            name = self._connected(statement, verdict)
        if any(name in getattr(node, "names", ()) for node in ast.walk(function.scope.node)):
            raise CannotFix(f"'{name}' belongs to an outer scope")
        check_no_reflection(function.scope.node)
        value = getattr(statement, "value", None)
        if only_target(statement) is not None and not self._is_whole(value, verdict.call):
            raise CannotFix(f"line {verdict.call.lineno} does more than to acquire it")
        return statement, name

    def _connected(self, statement: ast.stmt, verdict: Verdict) -> str:
        """The name of `nc` in `await nc.connect(...)`."""
        call = verdict.call
        value = statement.value if isinstance(statement, ast.Expr) else None
        alone = isinstance(value, ast.Await) and value.value is call
        if alone and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            origin = verdict.trace.origin
            made = origin.call is not None and origin.call is not call and origin.name == call.func.value.id
            if made and call.func.attr in origin.resource.acquire_methods:
                return call.func.value.id
        if isinstance(statement, ast.Expr):
            raise CannotFix("its result is thrown away")
        raise CannotFix(f"line {call.lineno} gives it no plain name")

    def _is_whole(self, value: ast.AST | None, call: ast.Call) -> bool:
        """Whether the value is the acquiring call, awaited and perhaps passed through `wait_for`, and no more."""
        while value is not call:
            if isinstance(value, ast.Await):
                value = value.value
            elif isinstance(value, ast.Call) and value.args and isinstance(self._tree.parents[value], ast.Await):
                value = value.args[0]
            else:
                return False
        return True

    def _is_legacy(self, function: FunctionFacts, call: ast.Call) -> bool:
        name = function.names.of(call.func)
        return name is not None and is_legacy(name, self._facts)

    def _drains(self, one: Release) -> bool:
        return isinstance(one.call.func, ast.Attribute) and isinstance(one.call.func.value, ast.Name)

    def _check_releases(
        self, function: FunctionFacts, peers: list[Verdict], removed: list[Release], kept: list[Release], legacy: bool
    ) -> None:
        mine = {one.call for one in (*removed, *kept)}
        origins = {one.trace.origin.call for one in peers}
        for trace in function.traces:
            if trace.origin.call not in origins and mine & trace.released:
                raise CannotFix(f"its release is shared with what is acquired on line {_lines(trace.acquired)}")
        drains = [one for one in removed if not one.closes]
        if any(other.call.lineno < one.call.lineno for one in drains for other in removed if other.closes):
            raise CannotFix(f"it is drained on line {drains[0].call.lineno}, where it may be closed already")
        for one in kept:
            if not self._drains(one):
                called = ast.unparse(one.call.func)
                raise CannotFix(f"'{called}' on line {one.call.lineno} releases it and may do more than that")
        if not removed and not kept and any(one.outcome is not Outcome.NEVER_CLOSED for one in peers):
            raise CannotFix("its release is not recognised")
        for one in kept:
            if one.unit.lineno and self._awaits_nothing(one):
                raise CannotFix(f"line {one.call.lineno} is not awaited")

    def _awaits_nothing(self, one: Release) -> bool:
        return not isinstance(self._tree.parents[one.call], ast.Await) and isinstance(
            self._tree.function(one.call), ast.AsyncFunctionDef
        )

    def _block_planner(self, function: FunctionFacts, peers: list[Verdict], place: Place, name: str) -> BlockPlanner:
        others: dict[ast.stmt, int] = {}
        mine = [one.trace for one in peers]
        for trace in function.traces:
            if trace.acquired and not any(trace is one for one in mine):
                for node in trace.released:
                    others[self._tree.statement(node)] = trace.acquired[0].lineno
        return BlockPlanner(self._tree, function.scope.node, place, name, others)

    def _judge(self, layout: BlockPlan, verdict: Verdict, removed: list[Release]) -> None:
        """What the fix changes by closing where nothing was closed."""
        if verdict.outcome is Outcome.NEVER_CLOSED:
            layout.caveats.append("it is closed at the end of the block, where it was not closed before")
            if layout.use_after_block is not None:
                raise CannotFix(
                    f"the name '{layout.name}' is used after the block, on line {layout.use_after_block.lineno}"
                )
            if not layout.body:
                raise CannotFix("nothing follows the acquisition in its block")
        open_on = [leak for leak in verdict.trace.leaks if not leak.exceptional or leak.how == "yields"]
        if open_on and verdict.outcome is Outcome.LEAKS:
            layout.caveats.append(f"line {open_on[0].line} leaves it open, perhaps on purpose")
            if layout.use_after_block is not None:
                raise CannotFix(
                    f"the name '{layout.name}' is used after the block, on line {layout.use_after_block.lineno}"
                )
        self._judge_failed(layout, verdict, removed)
        for one in removed:
            if not one.closes:
                layout.caveats.append(f"line {one.call.lineno} drains; the manager drains after success only")

    def _judge_failed(self, layout: BlockPlan, verdict: Verdict, removed: list[Release]) -> None:
        """Releases in the finally around that raised where the acquisition failed, unless NAQ104 says so already."""
        if layout.enclosing_try is None:
            return
        before = self._tree.place(layout.enclosing_try)
        is_none = any(sets_none(one, layout.name) for one in before.block[: before.index])
        for one in removed:
            if one.unit in layout.enclosing_try.finalbody and one.call not in verdict.trace.unbound:
                if not is_none or not one.asks_none:
                    text = f"where the acquisition failed, line {one.unit.lineno} raised an error of its own"
                    layout.caveats.append(text)

    def _header(self, function: FunctionFacts, verdict: Verdict, layout: BlockPlan, legacy: bool) -> Header:
        if legacy:
            return PackageManagerHeader(self._facts, function, self._tree, self._text, self._settings).make(
                layout, verdict
            )
        if verdict.outcome is not Outcome.NEVER_CLOSED and layout.use_after_block is not None:
            self._check_later(function, layout)
        return OwnManagerHeader(self._facts, function, self._tree, self._text).make(
            layout, verdict.call, verdict.trace.origin.resource
        )

    def _check_before(self, function: FunctionFacts, layout: BlockPlan) -> None:
        earlier = NameFlow(self._tree, function.scope.node, layout.name).overwritten(layout.statement, layout.removed)
        if earlier is not None:
            raise CannotFix(f"nothing uses what line {earlier.lineno} gives the name '{layout.name}'")

    def _check_later(self, function: FunctionFacts, layout: BlockPlan) -> None:
        """Uses after the release are as they were, unless the try around has handlers that could now see it closed."""
        if layout.enclosing_try is None:
            return
        inside = [layout.statement, *layout.body, *layout.removed]
        for root in (*layout.enclosing_try.handlers, *layout.enclosing_try.orelse, *layout.enclosing_try.finalbody):
            for node in names_in(root, layout.name):
                if not self._tree.is_inside(node, inside):
                    raise CannotFix(f"the name '{layout.name}' is used after the block, on line {node.lineno}")


def _lines(calls: list[ast.Call]) -> str:
    return ", ".join(str(call.lineno) for call in calls)
