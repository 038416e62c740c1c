"""Facts about one module: for each function in which something can be found, its program and what was seen in it."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate

from flake8_naq.analysis.effects import Effects
from flake8_naq.analysis.lowering import Lowering
from flake8_naq.analysis.ownership import Verdict, verdicts
from flake8_naq.analysis.program import Program
from flake8_naq.analysis.solver import solve
from flake8_naq.analysis.state import Trace
from flake8_naq.analysis.survey import survey
from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import Names, Scope, build_scopes
from flake8_naq.syntax.walk import DEFINITIONS, inner_nodes


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """What was seen in one function (or in the module's own statements)."""

    scope: Scope
    names: Names
    program: Program
    traces: tuple[Trace, ...]
    verdicts: tuple[Verdict, ...]


class ModuleFacts:
    """Everything that the rules may ask about one module. Computed when asked for, once."""

    def __init__(self, tree: ast.Module, lines: list[str], catalogue: Catalogue, module: str, package: str) -> None:
        """*module* and *package* are the dotted names of the file and of what its relative imports start from."""
        self.tree = tree
        self.lines = lines
        self.catalogue = catalogue
        self.module = module
        self._text = "".join(lines)
        self.root = build_scopes(tree, package, walrus=":=" in self._text)
        self.scopes: dict[ast.AST, Scope] = {scope.node: scope for scope in all_scopes(self.root)}
        self._effects = Effects(catalogue, self.scopes)
        self.too_deep: list[str] = []
        self._nodes: dict[ast.AST, tuple[ast.AST, ...]] = {}

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
            for target in (*scope.imports.values(), *scope.star_imports)
        )

    @cached_property
    def relevant_lines(self) -> list[int]:
        """Lines (from 1) on which something of the catalogue seems to be called: by a text search."""
        pattern = self._call_pattern()
        text = self._text
        if pattern is None:
            return []
        starts = [0, *accumulate(map(len, self.lines))]
        found = (match.start() for match in pattern.finditer(text))
        return [bisect_right(starts, at) for at in found if not f"_{text[at - 1 : at]}".isidentifier() or at == 0]

    def _call_pattern(self) -> re.Pattern[str] | None:
        """How this file can spell a call of what makes or releases a resource."""
        called = self.catalogue.called
        roots = {name.partition(".")[0] for name in called}
        spelled: set[str] = set()
        for scope in self.scopes.values():
            for alias, target in scope.imports.items():
                if target.partition(".")[0] in roots:
                    spelled.update(_spellings(alias, target, called))
            if scope.star_imports:
                spelled.update(name.rpartition(".")[2] for name in called)
        spelled.update(name for name in called if "." not in name)  # builtins, such as open
        text = self._text
        present = [name for name in spelled if name.rpartition(".")[2] in text]
        alternatives = "|".join(re.escape(name).replace(r"\.", r"\s*\.\s*") for name in sorted(present))
        return re.compile(rf"(?:{alternatives})\s*\(") if present else None  # no \b in front: several times slower

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
                self.too_deep.append(scope.qualname or "<module>")

    def _is_relevant(self, scope: Scope) -> bool:
        node = scope.node
        lines = self.relevant_lines
        if isinstance(node, ast.Module):
            return bool(lines) and self._has_own(lines)
        first, last = node.lineno, node.end_lineno or node.lineno
        index = bisect_left(lines, first)
        return index < len(lines) and lines[index] <= last

    def _has_own(self, lines: list[int]) -> bool:
        """Whether one of the lines stands in the module's own statements, outside of functions and classes."""
        inner = sorted(
            (scope.node.lineno, scope.node.end_lineno or scope.node.lineno)
            for scope in self.root.scopes
            if not isinstance(scope.node, ast.Module)
        )
        firsts = [first for first, _ in inner]
        for line in lines:
            at = bisect_right(firsts, line) - 1
            if at < 0 or line > inner[at][1]:
                return True
        return False

    def _facts_of(self, scope: Scope) -> FunctionFacts:
        names = Names(scope, self.catalogue.known)
        node = scope.node
        looked = survey(node, scope, names, self.catalogue, self._effects)
        lowering = Lowering(node, scope, names, self.catalogue, looked, self._effects)
        program = lowering.build(node.body)  # type: ignore[arg-type]  # functions and modules only
        traces = tuple(solve(program, self.catalogue.kinds))
        found = tuple(verdict for trace in traces for verdict in verdicts(trace))
        return FunctionFacts(scope, names, program, traces, found)


@cache
def _spellings(alias: str, target: str, names: frozenset[str]) -> frozenset[str]:
    """The calls that an import makes possible: `n.connect` for `import nats as n`, `open` of an imported class."""
    inner = [name[len(target) + 1 :] for name in names if name.startswith(f"{target}.")]
    spelled = {f"{alias}.{rest}" for rest in inner} | {rest for rest in inner if "." not in rest}
    return frozenset(spelled | {alias} if target in names else spelled)


def all_scopes(root: Scope) -> Iterable[Scope]:
    """A scope and all scopes in it, in the order of the file."""
    stack = [root]
    while stack:
        scope = stack.pop()
        yield scope
        stack.extend(reversed(scope.scopes))
