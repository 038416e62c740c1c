"""Facts about one module: for each function in which something can be found, its program and what was seen in it."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import accumulate, islice
from typing import NamedTuple

from flake8_naq.analysis.effects import Effects
from flake8_naq.analysis.lowering import Lowering
from flake8_naq.analysis.makers import is_settled, maker_of
from flake8_naq.analysis.ownership import Verdict, verdicts
from flake8_naq.analysis.program import Maker, Program
from flake8_naq.analysis.solver import solve
from flake8_naq.analysis.state import Trace
from flake8_naq.analysis.survey import Survey, survey
from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import FunctionNode, ModuleScopes, Names, Scope
from flake8_naq.syntax.walk import DEFINITIONS, inner_nodes

_OPENS = re.compile(r"\s*\(")
_NEAR = 200  # characters in which the owner of an attribute is looked for, white space included
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAX_CHAIN = 4  # a function that makes what another one makes, and so on


class FunctionFacts(NamedTuple):
    """What was seen in one function (or in the module's own statements)."""

    scope: Scope
    names: Names
    program: Program
    traces: tuple[Trace, ...]
    verdicts: tuple[Verdict, ...]


class ModuleFacts:
    """Everything that the rules may ask about one module. Computed when asked for, once."""

    def __init__(
        self, tree: ast.Module, lines: list[str], catalogue: Catalogue, named: Callable[[], tuple[str, str]]
    ) -> None:
        """*named* tells the dotted names of the file and of what its relative imports start from; few need them."""
        self.tree = tree
        self.lines = lines
        self.catalogue = catalogue
        self._named = cache(named)
        self.text = "".join(lines)
        found = ModuleScopes(tree, lambda: self.package, walrus=":=" in self.text)
        self.root, self.scopes = found.root, found.by_node
        self.imports, self.handlers = found.imports, found.handlers
        self._effects = Effects(catalogue, self.scopes)
        self._surveys: dict[tuple[Scope, int], tuple[Names, Survey]] = {}
        self._too_deep: list[Scope] = []
        self._nodes: dict[ast.AST, tuple[ast.AST, ...]] = {}

    @property
    def module(self) -> str:
        """The dotted name of the file."""
        return self._named()[0]

    @property
    def package(self) -> str:
        """The dotted name of what its relative imports start from."""
        return self._named()[1]

    def nodes(self, root: ast.AST) -> tuple[ast.AST, ...]:
        """All nodes in *root* that can hold code, itself included; walked once."""
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
    def uses_package(self) -> bool:
        """Whether the file imports the package whose managers are to be preferred."""
        package = self.catalogue.migration.package
        return any(
            target == package or target.startswith((f"{package}.", "."))
            for scope in self.scopes.values()
            for target in (*scope.imports.values(), *scope.stars)
        )

    @cached_property
    def relevant_lines(self) -> list[int]:
        """Lines (from 1) on which something of the catalogue seems to be called: by a text search."""
        return self._with_makers(self._lines_with(self._spelled()))

    def _lines_with(self, spelled: dict[str, set[str]]) -> list[int]:
        found: set[int] = set()
        for name, owners in spelled.items():
            found.update(_calls(self.text, name, owners))
        if not found:
            return []
        starts = [0, *accumulate(map(len, self.lines))]
        return [bisect_right(starts, at) for at in sorted(found)]

    def _with_makers(self, lines: list[int]) -> list[int]:
        """The same, with the lines on which functions of the file seem to be called that make a resource."""
        called = lines
        for _ in range(_MAX_CHAIN):
            new = self._makers(called)
            if not new:
                break
            self._effects.makers |= new
            called = self._lines_with({function.name: {""} for function in new})
            lines = sorted({*lines, *called})
        return lines

    def _makers(self, lines: list[int]) -> dict[FunctionNode, Maker]:
        """The functions on these lines that make a resource and are not known to do so yet."""
        found: dict[FunctionNode, Maker] = {}
        for scope in self.scopes.values():
            node = scope.node
            if not isinstance(node, _FUNCTIONS) or node in self._effects.makers or not _stands_on(node, lines):
                continue
            if len(list(islice(_calls(self.text, node.name, {""}), 2))) < 2:  # its definition, and nobody's call
                continue
            try:
                maker = maker_of(scope, self.catalogue, self._effects, self._surveyed)
            except RecursionError:
                continue
            if maker is not None and is_settled(scope, self.scopes.values(), self.lines):
                found[maker.function] = maker
        return found

    def _spelled(self) -> dict[str, set[str]]:
        """How this file can spell what makes or releases a resource: each last name, and the names it may follow."""
        called = self.catalogue.called
        roots = self.catalogue.roots
        spelled: set[tuple[str, str]] = {("", name) for name in called if "." not in name}  # builtins, such as open
        for scope in self.scopes.values():
            for alias, target in scope.imports.items():
                if target.partition(".")[0] in roots:
                    spelled |= _spellings(alias, target, called)
            if scope.stars:
                spelled.update(("", name.rpartition(".")[2]) for name in called)
        owners: dict[str, set[str]] = {}
        for owner, name in spelled:
            owners.setdefault(name, set()).add(owner)
        return owners

    @cached_property
    def functions(self) -> tuple[FunctionFacts, ...]:
        """Facts of each function that may make a resource, in the order of the file."""
        return tuple(self._function_facts())

    def _function_facts(self) -> Iterator[FunctionFacts]:
        for scope in self.scopes.values():
            node = scope.node
            if isinstance(node, ast.ClassDef) or not self._is_relevant(scope):
                continue
            try:
                yield self._facts_of(scope)
            except RecursionError:
                self._too_deep.append(scope)

    @cached_property
    def unfollowed(self) -> str:
        """Which functions could not be followed to their ends, and why, on one line; empty where all could."""
        cut = [one.scope for one in self.functions if not all(trace.complete for trace in one.traces)]
        why = [(scope, "nested too deeply") for scope in self._too_deep] + [(scope, "too long") for scope in cut]
        return "; ".join(f"{_named(scope)} is {reason} to be checked in full" for scope, reason in why)

    @cached_property
    def blurred(self) -> Counter[str]:
        """By function, the acquisitions that have more ways than are told apart: what is not found there may be."""
        return Counter(
            one.scope.qualname or "<module>" for one in self.functions for trace in one.traces if not trace.precise
        )

    def _is_relevant(self, scope: Scope) -> bool:
        node = scope.node
        lines = self.relevant_lines
        if isinstance(node, ast.Module):
            return bool(lines) and self._has_own(lines)
        return _stands_on(node, lines)

    def _has_own(self, lines: list[int]) -> bool:
        """Whether one of the lines stands in the module's own statements, outside of functions and classes."""
        inner = [
            (scope.node.lineno, scope.node.end_lineno or scope.node.lineno)
            for scope in self.scopes.values()
            if scope.parent is self.root and not isinstance(scope.node, ast.Module)
        ]
        firsts = [first for first, _ in inner]
        for line in lines:
            at = bisect_right(firsts, line) - 1
            if at < 0 or line > inner[at][1]:
                return True
        return False

    def _surveyed(self, scope: Scope) -> tuple[Names, Survey]:
        """The first look over a function: once, unless more functions are known by now to make a resource."""
        key = (scope, len(self._effects.makers))
        if key not in self._surveys:
            names = Names(scope, self.catalogue.known)
            self._surveys[key] = names, survey(scope.node, scope, names, self.catalogue, self._effects)
        return self._surveys[key]

    def _facts_of(self, scope: Scope) -> FunctionFacts:
        node = scope.node
        names, looked = self._surveyed(scope)
        lowering = Lowering(node, scope, names, self.catalogue, looked, self._effects)
        program = lowering.build(node.body)  # type: ignore[arg-type]  # functions and modules only
        traces = tuple(solve(program, self.catalogue.kinds))
        found = tuple(verdict for trace in traces for verdict in verdicts(trace))
        return FunctionFacts(scope, names, program, traces, found)


def _named(scope: Scope) -> str:
    return f"line {scope.node.lineno}: '{scope.qualname}'" if not isinstance(scope.node, ast.Module) else "module code"


def _stands_on(node: FunctionNode | ast.Lambda | ast.ClassDef, lines: list[int]) -> bool:
    """Whether it has one of the lines in it, those of its documentation left out."""
    first, last = node.lineno, node.end_lineno or node.lineno
    index = bisect_left(lines, first)
    if index == len(lines) or lines[index] > last:
        return False
    skipped = _documentation(node)
    if lines[index] in skipped:
        index = bisect_left(lines, skipped.stop)
    return index < len(lines) and lines[index] <= last


def _documentation(node: FunctionNode | ast.Lambda | ast.ClassDef) -> range:
    """The lines that hold nothing but its documentation: examples in there call nothing."""
    body = node.body if isinstance(node.body, list) else []
    first = body[0] if body else None
    value = first.value if isinstance(first, ast.Expr) else None
    if first is None or not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return range(0)
    last = first.end_lineno or first.lineno
    shared = len(body) > 1 and body[1].lineno == last
    return range(first.lineno, last + 1 - shared)


@cache
def _spellings(alias: str, target: str, called: frozenset[str]) -> frozenset[tuple[str, str]]:
    """The calls that an import makes possible, as what stands before the last dot and what behind it.

    `n.connect` for `import nats as n`; of an imported class also `open` alone, whatever its object is called.
    """
    inner = [name[len(target) + 1 :] for name in called if name.startswith(f"{target}.")]
    dotted = [f"{alias}.{rest}".split(".") for rest in inner]
    spelled = {(parts[-2], parts[-1]) for parts in dotted}
    spelled |= {("", rest) for rest in inner if "." not in rest}
    return frozenset(spelled | {("", alias)} if target in called else spelled)


def _calls(text: str, name: str, owners: set[str]) -> Iterator[int]:
    """Where *name* is called, as an attribute of one of *owners*; one of them may be empty, for anything."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if (text.startswith("(", end) or _OPENS.match(text, end)) and not _is_part_of_a_name(text, at):
            before = text[max(0, at - _NEAR) : at].rstrip()
            if "" in owners or (before.endswith(".") and before[:-1].rstrip().endswith(tuple(owners))):
                yield at
        at = text.find(name, end)


def _is_part_of_a_name(text: str, at: int) -> bool:
    return at > 0 and f"_{text[at - 1]}".isidentifier()
