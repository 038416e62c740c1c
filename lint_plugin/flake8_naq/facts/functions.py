"""The functions of one module that may make a resource: which these are, their graphs, and the verdicts on them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.cfg.graph import Graph
from flake8_naq.cfg.lower import build_graph
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.problem import Function
from flake8_naq.dataflow.verdict import Verdict, analyse, verdicts
from flake8_naq.facts.derived import derived_factory
from flake8_naq.facts.factories import factory_of, is_only_target
from flake8_naq.facts.hardly_failing import without_hardly_failing
from flake8_naq.facts.made_functions import MadeFunctions
from flake8_naq.facts.other_values import is_judged
from flake8_naq.facts.owned_paths import OwnedPaths
from flake8_naq.facts.relevance import has_line, has_own_line, is_called, lines_with, spelling_of
from flake8_naq.facts.summaries import CalleeSummaries
from flake8_naq.prescan.callees import Effect, Factory, Imported
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.prescan.function import Owned, Prescan, prescan
from flake8_naq.prescan.settled import Settled
from flake8_naq.syntax.callees import Scopes
from flake8_naq.syntax.hierarchy import Base, Hierarchy
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, WITHS, Maker
from flake8_naq.syntax.walk import walk_scope

_MAKERS: Final = (*FUNCTIONS, ast.ClassDef)
_MAX_CHAIN: Final = 4  # factories that call factories


class FunctionFacts(NamedTuple):
    """What is known of one function, or of the module's own statements."""

    scope: Scope
    names: Names
    graph: Graph
    summaries: tuple[AcquisitionSummary, ...]
    verdicts: tuple[Verdict, ...]


class _Followed(NamedTuple):
    functions: tuple[FunctionFacts, ...]
    too_deep: tuple[Scope, ...]


class FunctionAnalysis:
    """Analyses the functions of one module, each once and when it is asked for."""

    def __init__(
        self,
        catalogue: Catalogue,
        scopes: Scopes,
        imported: Imported,
        lines: list[str],
        text: str,
        made: MadeFunctions,
    ) -> None:
        """`lines` and `text` are the source of the module; `made` answers for functions that calls in it return."""
        self._catalogue = catalogue
        self._scopes = scopes
        self._imported = imported
        self._lines = lines
        self._text = text
        self.callees = CalleeSummaries(catalogue, scopes, imported, made)
        self._prescans: dict[tuple[Scope, int], tuple[Names, Prescan]] = {}

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The classes of the file."""
        return Hierarchy(self._scopes.values(), self._catalogue.known)

    @cached_property
    def _owned_paths(self) -> OwnedPaths:
        return OwnedPaths(self._scopes, self._catalogue, self.hierarchy)

    @cached_property
    def relevant_lines(self) -> list[int]:
        """The lines (from 1) on which something of the catalogue, or a factory of the file, seems to be called."""
        spelling = spelling_of(self._scopes.values(), self._catalogue, self._imported.called)
        lines = lines_with(spelling, self._text, self._lines)
        lines = called = sorted({*lines, *self._calls_by_name(lines)})
        for _ in range(_MAX_CHAIN):
            new = self._factories(called)
            if not new:
                break
            self.callees.factories |= new
            named = {one.name for one in new} | {"cls" for one in new if isinstance(one, ast.ClassDef)}
            called = lines_with({name: {""} for name in named}, self._text, self._lines)
            lines = sorted({*lines, *called})
        return lines

    def _calls_by_name(self, lines: list[int]) -> list[int]:
        """Return the lines on which a name is called whose function is made on one of the lines.

        That is a lambda, a call of `partial`, or what returns a function to an attribute.
        """
        named = set(self.callees.made.attributes) if lines else set()
        if lines and ("lambda" in self._text or "partial" in self._text):
            every = self._scopes.values()
            near = (one for one in every if isinstance(one.node, ast.Module) or has_line(one.node, lines))
            functions = (named for one in near for named in self.callees.callings.functions_in(one).items())
            named.update(name for name, node in functions if has_line(node, lines))
        return lines_with({name: {""} for name in named}, self._text, self._lines)

    @cached_property
    def factories(self) -> dict[Maker, Factory]:
        """The functions and classes of the module that make a resource, also those that nothing in the module calls."""
        return self._factories(self.relevant_lines, uncalled=True) | self.callees.factories

    def effect_on(
        self, function: FunctionNode, parameter: str, resource: Resource | None, settled: Settled = ()
    ) -> Effect:
        """Return what a function of the module does with the value of its parameter, whatever was asked before."""
        return self.fresh_summaries.effect_on(function, parameter, resource, settled)

    def failures_on_none(self, function: FunctionNode, parameter: str) -> frozenset[ExceptionSet]:
        """Return what a function of the module raises where its parameter is None, if it has no normal end then."""
        return self.fresh_summaries.failures_on_none(function, parameter)

    @property
    def fresh_summaries(self) -> CalleeSummaries:
        """What functions of the module do with their arguments, whatever was asked before."""
        return CalleeSummaries(self._catalogue, self._scopes, self._imported, self.callees.made)

    def _factories(self, lines: list[int], uncalled: bool = False) -> dict[Maker, Factory]:
        """Return the functions and classes on these lines that make a resource and are not known to do so yet.

        Those that nothing in the module calls are left out unless `uncalled`.
        """
        found: dict[Maker, Factory] = {}
        for scope in self._scopes.values():
            node = scope.node
            if not isinstance(node, _MAKERS) or node in self.callees.factories or not has_line(node, lines):
                continue
            if isinstance(node, ast.ClassDef):
                derived = derived_factory(scope, self._catalogue, self.hierarchy, self._made_by_base)
                found |= {} if derived is None else {node: derived}
                continue
            if not uncalled and not is_called(node, self._text):
                continue
            try:
                factory = factory_of(scope, self._catalogue, self.callees, self._prescanned)
            except RecursionError:
                continue
            if factory is not None and is_only_target(
                scope, self._scopes.values(), self.hierarchy, self._lines, self._catalogue
            ):
                found[node] = factory
        return found

    def _made_by_base(self, base: Base) -> Factory | None:
        """Return what a call of the base makes, a class of this file or of another of the project."""
        if base.canonical is not None:
            return None if base.classes else self._imported.factory(base.canonical)
        node = base.classes[0].node if len(base.classes) == 1 else None
        return self.callees.factories.get(node) if isinstance(node, ast.ClassDef) else None

    @property
    def functions(self) -> tuple[FunctionFacts, ...]:
        """The facts of each function that may make a resource, in the order of the file."""
        return self._followed.functions

    @property
    def too_deep(self) -> tuple[Scope, ...]:
        """The functions that are nested too deeply to be analysed."""
        return self._followed.too_deep

    @cached_property
    def _followed(self) -> _Followed:
        found, too_deep = list[FunctionFacts](), list[Scope]()
        for scope in self._scopes.values():
            node = scope.node
            if isinstance(node, (ast.Module, *FUNCTIONS)) and self._is_relevant(node):
                try:
                    found.append(self._facts_of(node, scope))
                except RecursionError:
                    too_deep.append(scope)
        return _Followed(tuple(found), tuple(too_deep))

    def _is_relevant(self, node: ast.Module | FunctionNode) -> bool:
        lines = self.relevant_lines
        if isinstance(node, ast.Module):
            return bool(lines) and has_own_line(self._scopes[node], self._scopes.values(), lines)
        return has_line(node, lines)

    def _prescanned(self, scope: Scope) -> tuple[Names, Prescan]:
        """Return the names of a function and its prescan: made once, unless more factories are known by now."""
        key = (scope, len(self.callees.factories))
        if key not in self._prescans:
            names = Names(scope, self._catalogue.known)
            owned = self._owned_paths.of(scope, names)
            scanned = prescan(scope.node, scope, names, self._catalogue, self.callees, owned=owned)
            self._prescans[key] = names, scanned
        return self._prescans[key]

    def _facts_of(self, node: ast.Module | FunctionNode, scope: Scope) -> FunctionFacts:
        found = self._analysed(node, scope, *self._prescanned(scope), self.callees)
        likely = (without_hardly_failing(one, node) for one in found.summaries)
        judged = [(summary, list(verdicts(summary))) for summary in likely]
        sure = [(summary, given) for summary, given in judged if is_judged(summary, given)]
        return found._replace(
            summaries=tuple(summary for summary, _ in sure), verdicts=tuple(one for _, given in sure for one in given)
        )

    def _analysed(
        self, node: ast.Module | FunctionNode, scope: Scope, names: Names, scanned: Prescan, callees: CalleeSummaries
    ) -> FunctionFacts:
        """Return the facts of a function without the verdicts."""
        graph = build_graph(node, scope, names, self._catalogue, scanned, callees)
        return FunctionFacts(scope, names, graph, analyse(Function(graph, self._catalogue.kinds, callees, names)), ())

    def written_out(
        self, scope: Scope, node: FunctionNode, path: str, factories: Mapping[Maker, Factory]
    ) -> FunctionFacts | None:
        """Return the facts of a method for `node`, in which calls of methods are written as what they do.

        The method owns the attribute at `path`, and `factories` make resources besides those that are known. None where
        the method cannot be followed.
        """
        callees = self.fresh_summaries
        callees.factories = {**self.callees.factories, **factories}
        names, owned = Names(scope, self._catalogue.known), Owned(alone=frozenset({path}))
        try:
            scanned = prescan(node, scope, names, self._catalogue, callees, owned=owned)
            return self._analysed(node, scope, names, scanned, callees)
        except RecursionError:
            return None

    @cached_property
    def imprecise_acquisitions(self) -> Counter[str]:
        """Acquisitions per function whose analysis hit the state limit; leaks there may be missed.

        What a block enters where it is acquired cannot leak, and does not count.
        """
        return Counter(
            one.scope.qualname or "<module>"
            for one in self.functions
            for summary in one.summaries
            if not summary.precise and not (summary.saw(Event.MANAGED) and _is_entered(one, summary))
        )


def _is_entered(function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """Whether the header of a `with` acquires it, and the end of that block closes it."""
    headers = (one for one in walk_scope(function.scope.node) if isinstance(one, WITHS))
    entered = {node for one in headers for item in one.items for node in ast.walk(item.context_expr)}
    return not summary.saw(Event.KEPT_OPEN) and entered.issuperset(summary.acquired)
