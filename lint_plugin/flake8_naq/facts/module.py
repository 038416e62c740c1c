"""Facts about one module: its names, classes and imports, and the analysis of its functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar, cast

from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.facts.bases import bases_are_known
from flake8_naq.facts.declared_here import declared_here
from flake8_naq.facts.functions import FunctionAnalysis, FunctionFacts
from flake8_naq.facts.known_kinds import KnownKinds
from flake8_naq.facts.known_values import KnownValues
from flake8_naq.facts.made_functions import MadeFunctions, name_again
from flake8_naq.facts.other_modules import NoOtherModules, OtherModules
from flake8_naq.facts.summaries import CalleeSummaries
from flake8_naq.model import named_line
from flake8_naq.prescan.callees import Imported, NothingImported
from flake8_naq.prescan.owner_classes import OwnerClass
from flake8_naq.syntax.callees import closes_for_process
from flake8_naq.syntax.hierarchy import Hierarchy
from flake8_naq.syntax.names import ModuleScopes, Names, Scope
from flake8_naq.syntax.tree import Tree
from flake8_naq.syntax.walk import DEFINITIONS, inner_nodes, walk_scope

_NO_CLASSES: Final[Mapping[str, str]] = MappingProxyType({})
_NO_OTHERS: Final = NoOtherModules()
Answer = TypeVar("Answer")


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
        others: OtherModules = _NO_OTHERS,
        judges_scripts: bool = False,
    ) -> None:
        """`module_name` returns the dotted names of the module and of its package; most modules never need them.

        `recommends_package` says that the project has the package whose managers are to be preferred. `imported`
        returns what the module imports from other modules of its project. `own_classes` are canonical names for classes
        of the module that its catalogue knows. `owners` returns what becomes of the objects of owner classes.
        `named_line` returns a line as messages name it. `others` are the modules that may use objects of this one.
        `judges_scripts`: what the module leaves open until its process ends counts as open.
        """
        self.tree = tree
        self.lines = lines
        self.catalogue = catalogue
        self.module_name = cache(module_name)
        self.named_line = named_line
        self.others = others
        self.judges_scripts = judges_scripts
        self._recommends_package = recommends_package
        self.text = "".join(lines)
        found = ModuleScopes(tree, lambda: self.package, walrus=":=" in self.text)
        self.root, self.scopes = found.root, found.by_node
        own_names = {**declared_here(found, catalogue, lambda: self.module), **own_classes}
        if own_names:
            self.root.imports = {**self.root.imports, **own_names}
        self._owners = owners
        self.imports, self.handlers = found.imports, found.handlers
        self.imported = imported(found)
        if self.root.stars:
            brought = {name: target for name, target in self.imported.starred.items() if name not in self.root.bound}
            self.root.imports = {**brought, **self.root.imports}
        for scope in self.scopes.values() if self.imported.hidden or self.imported.given_on else ():
            _hide(scope, self.imported.hidden)
            _rename(scope, self.imported.given_on)
        name_again(found, catalogue, self.text)
        made = MadeFunctions(catalogue, self.scopes, self.imported, self.text)
        self.made_functions = made.in_scopes()
        self.analysis = FunctionAnalysis(catalogue, self.scopes, self.imported, lines, self.text, made)
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

    @property
    def is_notebook(self) -> bool:
        """Whether the lines are those of a notebook, which are named by their cells."""
        return self.named_line is not named_line

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

    def scope_around(self, node: ast.AST) -> Scope:
        """Return the scope of the innermost function or class around a node, or that of the module."""
        return next((self.scopes[one] for one in self.parents.ancestors(node) if one in self.scopes), self.root)

    @property
    def hierarchy(self) -> Hierarchy:
        """The classes of the file."""
        return self.analysis.hierarchy

    @property
    def callees(self) -> CalleeSummaries:
        """What the functions that the file calls do."""
        return self.analysis.callees

    @property
    def functions(self) -> tuple[FunctionFacts, ...]:
        """The facts of each function that may make a resource, in the order of the file."""
        return self.analysis.functions

    @cached_property
    def known_values(self) -> KnownValues:
        """What the names of the module hold that one statement alone binds."""
        return KnownValues(self.scopes, self.catalogue)

    @cached_property
    def known_kinds(self) -> KnownKinds:
        """Which kinds of objects the expressions of the module give."""
        return KnownKinds(self.known_values, self.scopes, self.catalogue, self.text)

    def closes_for_process(self, resource: Resource) -> bool:
        """Return whether the file calls a release function without an argument that may hold the resource.

        Such a call closes the one connection of the process, whichever function holds it.
        """
        return not self.once(_process_closers).isdisjoint(resource.release_functions)

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
    def owned(self) -> OwnerFacts | None:
        """What becomes of the objects of owner classes, None if no such class is in sight."""
        return self._owners(self)

    def place(self, path: str, line: int) -> str:
        """Return a place as messages name it: `app/clients.py:9`, or `line 9` for an empty path, which is this file."""
        return f"{path}:{line}" if path else self.named_line(line)

    @cached_property
    def unfollowed(self) -> str:
        """Which functions were not analysed in full, and why, on one line; empty where all were."""
        cut = [one.scope for one in self.functions if not all(summary.complete for summary in one.summaries)]
        deep = self.analysis.too_deep
        why = [*((scope, "nested too deeply") for scope in deep), *((scope, "too long") for scope in cut)]
        return "; ".join(f"{self._described(scope)} is {reason} to be checked in full" for scope, reason in why)

    def _described(self, scope: Scope) -> str:
        if isinstance(scope.node, ast.Module):
            return "module code"
        return f"{self.named_line(scope.node.lineno)}: '{scope.qualname}'"


def _process_closers(facts: ModuleFacts) -> frozenset[str]:
    """Return the release functions of what the file closes by a call without an argument."""
    functions = facts.catalogue.release_functions
    if not any(name.rpartition(".")[2] in facts.text for name in functions):
        return frozenset()
    found: set[str] = set()
    for scope in facts.scopes.values():
        names = Names(scope, facts.catalogue.known)
        for node in walk_scope(scope.node):
            resource = functions.get(names.of(node.func) or "") if isinstance(node, ast.Call) else None
            if resource is not None and isinstance(node, ast.Call) and closes_for_process(node):
                found |= resource.release_functions
    return frozenset(found)
