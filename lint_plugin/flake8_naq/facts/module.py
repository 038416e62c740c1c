"""Facts about one module: for each function that may make a resource, its graph and the verdicts on it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar, cast

from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.cfg.graph import Graph
from flake8_naq.cfg.lower import build_graph
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.problem import Function
from flake8_naq.dataflow.verdict import Verdict, analyse, verdicts
from flake8_naq.facts.bases import bases_are_known
from flake8_naq.facts.derived import derived_factory
from flake8_naq.facts.factories import factory_of, is_only_target
from flake8_naq.facts.known_values import KnownValues
from flake8_naq.facts.made_functions import name_made_functions
from flake8_naq.facts.owned_paths import OwnedPaths
from flake8_naq.facts.relevance import has_line, has_own_line, is_called, lines_with, spelling_of
from flake8_naq.facts.summaries import CalleeSummaries
from flake8_naq.model import named_line
from flake8_naq.prescan.callees import Effect, Factory, Imported, NothingImported
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.prescan.function import Owned, Prescan, prescan
from flake8_naq.prescan.owner_classes import OwnerClass
from flake8_naq.prescan.settled import Settled
from flake8_naq.syntax.callees import closes_for_process
from flake8_naq.syntax.hierarchy import Hierarchy
from flake8_naq.syntax.names import FunctionNode, ModuleScopes, Names, Scope
from flake8_naq.syntax.nodes import WITHS, Maker
from flake8_naq.syntax.tree import Tree
from flake8_naq.syntax.walk import DEFINITIONS, inner_nodes, walk_scope

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAKERS: Final = (*_FUNCTIONS, ast.ClassDef)
_NO_CLASSES: Final[Mapping[str, str]] = MappingProxyType({})
Answer = TypeVar("Answer")
_MAX_CHAIN = 4  # factories that call factories


def _nothing_imported(scopes: ModuleScopes) -> Imported:
    return NothingImported()


def _no_owners(facts: ModuleFacts) -> OwnerFacts | None:
    return None


def _hide(scope: Scope, libraries: Collection[str]) -> None:
    """Give the names of these libraries, which mean a module of the project, a meaning that no catalogue knows."""
    hidden = {alias: one for alias, one in scope.imports.items() if one.partition(".")[0] in libraries}
    if hidden:
        scope.imports = {**scope.imports, **{alias: f".{one}" for alias, one in hidden.items()}}


def _rename(scope: Scope, given_on: Mapping[str, str]) -> None:
    """Give names that come from a library through a module of the project the meaning that they have in the library."""
    renamed = {alias: given_on[one] for alias, one in scope.imports.items() if one in given_on}
    if renamed:
        scope.imports = {**scope.imports, **renamed}


class OwnerFacts(NamedTuple):
    """The facts of a module for objects of owner classes as resources, and the class of each resource."""

    facts: ModuleFacts
    classes: Mapping[Resource, OwnerClass]


class FunctionFacts(NamedTuple):
    """What is known of one function, or of the module's own statements."""

    scope: Scope
    names: Names
    graph: Graph
    summaries: tuple[AcquisitionSummary, ...]
    verdicts: tuple[Verdict, ...]


class ModuleFacts:
    """Everything that the rules may ask about one module. Computed when it is asked for, once."""

    def __init__(
        self,
        tree: ast.Module,
        lines: list[str],
        catalogue: Catalogue,
        module_name: Callable[[], tuple[str, str]],
        recommends_package: bool = False,
        imported: Callable[[ModuleScopes], Imported] = _nothing_imported,
        *,
        own_classes: Mapping[str, str] = _NO_CLASSES,
        owners: Callable[[ModuleFacts], OwnerFacts | None] = _no_owners,
        named_line: Callable[[int], str] = named_line,
    ) -> None:
        """`module_name` returns the dotted names of the module and of its package; most modules never need them.

        `recommends_package` says that the project has the package whose managers are to be preferred. `imported`
        returns what the module imports from other modules of its project. `own_classes` are canonical names for classes
        of the module that its catalogue knows. `owners` returns what becomes of the objects of owner classes.
        `named_line` returns a line as messages name it.
        """
        self.tree = tree
        self.lines = lines
        self.catalogue = catalogue
        self.module_name = cache(module_name)
        self.named_line = named_line
        self._recommends_package = recommends_package
        self.text = "".join(lines)
        found = ModuleScopes(tree, lambda: self.package, walrus=":=" in self.text)
        self.root, self.scopes = found.root, found.by_node
        if own_classes:
            self.root.imports = {**self.root.imports, **own_classes}
        self._owners = owners
        self.imports, self.handlers = found.imports, found.handlers
        self.imported = imported(found)
        for scope in self.scopes.values() if self.imported.hidden or self.imported.given_on else ():
            _hide(scope, self.imported.hidden)
            _rename(scope, self.imported.given_on)
        self.made_functions = name_made_functions(self.scopes.values(), catalogue, self.text)
        self.callees = CalleeSummaries(catalogue, self.scopes, self.imported)
        self._prescans: dict[tuple[Scope, int], tuple[Names, Prescan]] = {}
        self._too_deep: list[Scope] = []
        self._nodes: dict[ast.AST, tuple[ast.AST, ...]] = {}
        self._answers: dict[Callable[[ModuleFacts], object], object] = {}

    def once(self, question: Callable[[ModuleFacts], Answer]) -> Answer:
        """Return the answer of a question about the module that several rules ask: it is looked for the first time."""
        if question not in self._answers:
            self._answers[question] = question(self)
        return cast(Answer, self._answers[question])

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.module_name()[0]

    @property
    def package(self) -> str:
        """The dotted name of the package at which relative imports start."""
        return self.module_name()[1]

    def nodes(self, root: ast.AST) -> tuple[ast.AST, ...]:
        """Return all nodes in `root` that can hold code, itself included; each root is walked once."""
        known = self._nodes.get(root)
        if known is None:
            found, nested = [root], []
            for node in found:
                if type(node) in DEFINITIONS and node is not root:
                    nested.append(node)
                else:
                    found += inner_nodes(node)
            known = self._nodes[root] = (*found, *(node for inner in nested for node in self.nodes(inner)[1:]))
        return known

    @cached_property
    def parents(self) -> Tree:
        """The tree with the way up from each node."""
        return Tree(self.tree)

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The classes of the file."""
        return Hierarchy(self.scopes.values(), self.catalogue.known)

    @cached_property
    def known_values(self) -> KnownValues:
        """What the names of the module hold that one statement alone binds."""
        return KnownValues(self.scopes, self.catalogue, self.text)

    @cached_property
    def _owned_paths(self) -> OwnedPaths:
        return OwnedPaths(self.scopes, self.catalogue, self.hierarchy)

    def closes_for_process(self, resource: Resource) -> bool:
        """Return whether the file calls a release function without an argument that may hold the resource.

        Such a call closes the one connection of the process, whichever function holds it.
        """
        return not self._process_closers.isdisjoint(resource.release_functions)

    @cached_property
    def _process_closers(self) -> frozenset[str]:
        functions = self.catalogue.release_functions
        if not any(name.rpartition(".")[2] in self.text for name in functions):
            return frozenset()
        found: set[str] = set()
        for scope in self.scopes.values():
            names = Names(scope, self.catalogue.known)
            for node in walk_scope(scope.node):
                resource = functions.get(names.of(node.func) or "") if isinstance(node, ast.Call) else None
                if resource is not None and isinstance(node, ast.Call) and closes_for_process(node):
                    found |= resource.release_functions
        return frozenset(found)

    def knows_bases(self, owner: Scope) -> bool:
        """Return whether every base of a class is in the file or surely closes nothing."""
        return bases_are_known(owner, self.hierarchy, self.catalogue)

    @cached_property
    def uses_package(self) -> bool:
        """Whether the project has the package whose managers are to be preferred: it says so, or the file imports it.

        A relative import of a name that the catalogue knows is an import of the package, and no other relative import.
        """
        package, called = self.catalogue.migration.package, self.catalogue.called
        return self._recommends_package or any(
            target == package or target.startswith(f"{package}.") or (target.startswith(".") and target in called)
            for scope in self.scopes.values()
            for target in (*scope.imports.values(), *scope.stars)
        )

    @cached_property
    def relevant_lines(self) -> list[int]:
        """The lines (from 1) on which something of the catalogue, or a factory of the file, seems to be called."""
        spelling = spelling_of(self.scopes.values(), self.catalogue, self.imported.called)
        lines = called = lines_with(spelling, self.text, self.lines)
        for _ in range(_MAX_CHAIN):
            new = self._factories(called)
            if not new:
                break
            self.callees.factories |= new
            named = {one.name for one in new} | {"cls" for one in new if isinstance(one, ast.ClassDef)}
            called = lines_with({name: {""} for name in named}, self.text, self.lines)
            lines = sorted({*lines, *called})
        return lines

    @cached_property
    def owned(self) -> OwnerFacts | None:
        """What becomes of the objects of owner classes, None if no such class is in sight."""
        return self._owners(self)

    @cached_property
    def factories(self) -> dict[Maker, Factory]:
        """The functions and classes of the module that make a resource, also those that nothing in the module calls."""
        return self._factories(self.relevant_lines, uncalled=True) | self.callees.factories

    def place(self, path: str, line: int) -> str:
        """Return a place as messages name it: `app/clients.py:9`, or `line 9` for an empty path, which is this file."""
        return f"{path}:{line}" if path else self.named_line(line)

    def effect_on(
        self, function: FunctionNode, parameter: str, resource: Resource | None, settled: Settled = ()
    ) -> Effect:
        """Return what a function of the module does with the value of its parameter, whatever was asked before."""
        return self._fresh_summaries.effect_on(function, parameter, resource, settled)

    def failures_on_none(self, function: FunctionNode, parameter: str) -> frozenset[ExceptionSet]:
        """Return what a function of the module raises where its parameter is None, if it has no normal end then."""
        return self._fresh_summaries.failures_on_none(function, parameter)

    @property
    def _fresh_summaries(self) -> CalleeSummaries:
        return CalleeSummaries(self.catalogue, self.scopes, self.imported)

    def _factories(self, lines: list[int], uncalled: bool = False) -> dict[Maker, Factory]:
        """Return the functions and classes on these lines that make a resource and are not known to do so yet.

        Those that nothing in the module calls are left out unless `uncalled`.
        """
        found: dict[Maker, Factory] = {}
        for scope in self.scopes.values():
            node = scope.node
            if not isinstance(node, _MAKERS) or node in self.callees.factories or not has_line(node, lines):
                continue
            if isinstance(node, ast.ClassDef):
                derived = derived_factory(scope, self.catalogue, self.hierarchy)
                found |= {} if derived is None else {node: derived}
                continue
            if not uncalled and not is_called(node, self.text):
                continue
            try:
                factory = factory_of(scope, self.catalogue, self.callees, self._prescanned)
            except RecursionError:
                continue
            if factory is not None and is_only_target(scope, self.scopes.values(), self.hierarchy, self.lines):
                found[node] = factory
        return found

    @cached_property
    def functions(self) -> tuple[FunctionFacts, ...]:
        """The facts of each function that may make a resource, in the order of the file."""
        return tuple(self._function_facts())

    def _function_facts(self) -> Iterator[FunctionFacts]:
        for scope in self.scopes.values():
            node = scope.node
            if isinstance(node, (ast.Module, *_FUNCTIONS)) and self._is_relevant(node):
                try:
                    yield self._facts_of(node, scope)
                except RecursionError:
                    self._too_deep.append(scope)

    def _is_relevant(self, node: ast.Module | FunctionNode) -> bool:
        lines = self.relevant_lines
        if isinstance(node, ast.Module):
            return bool(lines) and has_own_line(self.root, self.scopes.values(), lines)
        return has_line(node, lines)

    def _prescanned(self, scope: Scope) -> tuple[Names, Prescan]:
        """Return the names of a function and its prescan: made once, unless more factories are known by now."""
        key = (scope, len(self.callees.factories))
        if key not in self._prescans:
            names = Names(scope, self.catalogue.known)
            owned = self._owned_paths.of(scope, names)
            scanned = prescan(scope.node, scope, names, self.catalogue, self.callees, owned=owned)
            self._prescans[key] = names, scanned
        return self._prescans[key]

    def _facts_of(self, node: ast.Module | FunctionNode, scope: Scope) -> FunctionFacts:
        names, scanned = self._prescanned(scope)
        graph = build_graph(node, scope, names, self.catalogue, scanned, self.callees)
        summaries = analyse(Function(graph, self.catalogue.kinds, self.callees, names))
        found = tuple(verdict for summary in summaries for verdict in verdicts(summary))
        return FunctionFacts(scope, names, graph, summaries, found)

    def written_out(
        self, scope: Scope, node: FunctionNode, path: str, factories: Mapping[Maker, Factory]
    ) -> FunctionFacts | None:
        """Return the facts of a method for `node`, in which calls of methods are written as what they do.

        The method owns the attribute at `path`, and `factories` make resources besides those that are known. None where
        the method cannot be followed.
        """
        callees = CalleeSummaries(self.catalogue, self.scopes, self.imported)
        callees.factories = {**self.callees.factories, **factories}
        names, owned = Names(scope, self.catalogue.known), Owned(alone=frozenset({path}))
        try:
            scanned = prescan(node, scope, names, self.catalogue, callees, owned=owned)
            graph = build_graph(node, scope, names, self.catalogue, scanned, callees)
            summaries = analyse(Function(graph, self.catalogue.kinds, callees, names))
        except RecursionError:
            return None
        return FunctionFacts(scope, names, graph, summaries, ())

    @cached_property
    def unfollowed(self) -> str:
        """Which functions were not analysed in full, and why, on one line; empty where all were."""
        cut = [one.scope for one in self.functions if not all(summary.complete for summary in one.summaries)]
        why = [(scope, "nested too deeply") for scope in self._too_deep] + [(scope, "too long") for scope in cut]
        return "; ".join(f"{self._described(scope)} is {reason} to be checked in full" for scope, reason in why)

    def _described(self, scope: Scope) -> str:
        if isinstance(scope.node, ast.Module):
            return "module code"
        return f"{self.named_line(scope.node.lineno)}: '{scope.qualname}'"

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
