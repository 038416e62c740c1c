"""A first look over one function: which names may hold a resource, which tests recur, what nested functions capture.

Everything here is an over-approximation that decides what the lowering keeps track of; it judges nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from flake8_naq.analysis.program import Maker
from flake8_naq.analysis.questions import Assignment, always_none, asked_each_turn, recurring
from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import Names, Scope, parameters, target_names, whole_names
from flake8_naq.syntax.walk import inner_nodes, walk

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_NOTED = frozenset(
    {ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.If, ast.While, ast.IfExp, ast.Assert, ast.With}
    | {ast.AsyncWith, ast.For, ast.AsyncFor, ast.Match, ast.match_case}
)


class LocalEffects(Protocol):
    """What callables that are defined in the same file do with their arguments."""

    def is_local(self, call: ast.Call, names: Names) -> bool:
        """Whether the call reaches a function of the same file."""

    def is_coroutine(self, call: ast.Call, names: Names) -> bool:
        """Whether the call only makes a coroutine."""

    def is_class(self, name: str, scope: Scope) -> bool:
        """Whether the name is a class of the same file, as seen from *scope*."""

    def of_argument(self, call: ast.Call, key: int | str, names: Names) -> str:
        """What that function does with one argument: `releases`, `may release`, `keeps` or `borrows` it."""

    def made_by(self, call: ast.Call, names: Names) -> Maker | None:
        """The function that the call reaches, if that makes a resource."""

    def fails_with_none(self, call: ast.Call, key: int | str, names: Names) -> frozenset[str]:
        """What that function raises where None is given for that argument, if it has no normal end then."""


@dataclass(slots=True, eq=False, repr=False)
class Survey:
    """What the lowering of one function keeps track of."""

    tracked: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    facts: dict[str, frozenset[str]] = field(default_factory=dict)
    captured: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=dict)
    annotations: list[ast.expr] = field(default_factory=list)
    calls: int = 0


def survey(
    node: ast.AST,
    scope: Scope,
    names: Names,
    catalogue: Catalogue,
    effects: LocalEffects,
    given: Iterable[str] = (),
) -> Survey:
    """Look over *node*; *given* are parameters that are known to bring a resource."""
    found = Survey(tracked=set(given))
    assignments: list[Assignment] = []
    tests: list[ast.expr] = []
    nested: list[ast.AST] = []
    _collect(node, assignments, tests, nested, found.annotations)
    for targets, value in assignments:
        if type(value) is ast.Call and len(targets) == 1 and type(targets[0]) is ast.Name:
            called = names.of(value.func)
            if called is not None:
                found.types[targets[0].id] = called
    _annotated_types(node, names, found.types)
    carrier = Carrier(names, catalogue, effects, found.tracked, found.types)
    changed = True
    while changed:
        changed = False
        for targets, value in assignments:
            if carrier.carries(value):
                for name in target_names(targets):
                    if name.id not in found.tracked:
                        found.tracked.add(name.id)
                        changed = True
    found.flags, found.facts = recurring(tests, assignments, found.tracked)
    if found.tracked and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        found.flags |= always_none(assignments, nested, found.tracked, scope)
        found.flags |= asked_each_turn(node) - found.tracked
    _survey_captures(nested, names, catalogue, effects, found)
    return found


def _collect(
    root: ast.AST,
    assignments: list[Assignment],
    tests: list[ast.expr],
    nested: list[ast.AST],
    annotations: list[ast.expr],
) -> None:
    stack = inner_nodes(root)
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Name or kind is ast.Constant:
            continue
        if kind in _DEFINITIONS:
            nested.append(node)
            continue
        stack += inner_nodes(node)
        if kind in _NOTED:
            assignments.extend(_assigned(node))
            annotations += [node.annotation] if isinstance(node, ast.AnnAssign) else []
            if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
                tests.append(node.test)
            elif isinstance(node, ast.match_case) and node.guard is not None:
                tests.append(node.guard)


def _assigned(node: ast.AST) -> Iterable[Assignment]:
    """What a statement or expression assigns, and to which targets."""
    if isinstance(node, ast.Assign):
        yield node.targets, node.value
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
        if node.value is not None:
            yield [node.target], node.value
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield from (([item.optional_vars], item.context_expr) for item in node.items if item.optional_vars)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield [node.target], node.iter
    elif isinstance(node, ast.Match):
        for case in node.cases:
            for name in whole_names(case.pattern):
                yield [ast.Name(name, ast.Store())], node.subject


def _annotated_types(node: ast.AST, names: Names, types: dict[str, str]) -> None:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    for parameter in parameters(node.args):
        if parameter.annotation is not None:
            for part in annotation_parts(parameter.annotation):
                called = names.of(part)
                if called is not None:
                    types[parameter.arg] = called
                    break


def annotation_parts(annotation: ast.expr) -> Iterable[ast.expr]:
    """The classes that an annotation may mean: `X`, `X | None`, `Optional[X]`, and the same as a string."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return []
    if isinstance(annotation, ast.BinOp):
        return [part for part in (annotation.left, annotation.right) if not isinstance(part, ast.Constant)]
    if isinstance(annotation, ast.Subscript):
        return [annotation.slice]
    return [annotation]


class Carrier:
    """Whether an expression's value may be a resource, a view of it, or a coroutine that makes one."""

    def __init__(
        self, names: Names, catalogue: Catalogue, effects: LocalEffects, tracked: set[str], types: dict[str, str]
    ) -> None:
        self._names = names
        self._catalogue = catalogue
        self._effects = effects
        self._tracked = tracked
        self._types = types

    def carries(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Name):
            return value.id in self._tracked
        if isinstance(value, ast.Constant):
            return False
        if isinstance(value, (ast.Await, ast.NamedExpr, ast.Starred)):
            return self.carries(value.value)
        if isinstance(value, ast.Call):
            return self._call_carries(value)
        if isinstance(value, ast.IfExp):
            return self.carries(value.body) or self.carries(value.orelse)
        if isinstance(value, (ast.Tuple, ast.BoolOp, ast.List)):
            return any(map(self.carries, value.values if isinstance(value, ast.BoolOp) else value.elts))
        return False

    def _call_carries(self, call: ast.Call) -> bool:
        catalogue = self._catalogue
        called = self._names.of(call.func)
        if is_maker(called, catalogue) if called is not None else self._effects.made_by(call, self._names) is not None:
            return True
        calls = catalogue.calls
        if called is not None and (called in calls.pass_through or called in calls.casts or called in calls.closing):
            return any(map(self.carries, call.args))
        function = call.func
        if isinstance(function, ast.Attribute):
            typed = instance_call(function, self._names, self._types)
            if typed is not None and typed in catalogue.acquire:
                return True
            if function.attr in catalogue.view_methods | calls.result_methods and self.carries(function.value):
                return True
            if function.attr not in catalogue.calls.pass_through_methods | catalogue.calls.entering_methods:
                return False
            return any(map(self.carries, call.args))
        return False


def is_maker(called: str, catalogue: Catalogue) -> bool:
    """Whether a call of the canonical name *called* makes a resource, a view or a manager."""
    return (
        called in catalogue.acquire
        or called in catalogue.construct
        or called in catalogue.views
        or called in catalogue.managers
    )


def instance_call(function: ast.Attribute, names: Names, types: dict[str, str]) -> str | None:
    """`pathlib.Path.open` for `Path(p).open` and for `p.open` where p is known to be a Path."""
    value = function.value
    owner: str | None = None
    if isinstance(value, ast.Call):
        owner = names.of(value.func)
    elif isinstance(value, ast.Name):
        owner = types.get(value.id)
    return None if owner is None else f"{owner}.{function.attr}"


def _survey_captures(
    nested: list[ast.AST], names: Names, catalogue: Catalogue, effects: LocalEffects, found: Survey
) -> None:
    """Names that a nested function releases, rebinds or hands on: then it owns what they hold."""
    if not found.tracked:
        return
    releasing = frozenset().union(*(resource.release_methods for resource in catalogue.resources))
    for function in nested:
        for node in walk(function):
            if isinstance(node, ast.Name):
                if node.id in found.tracked:
                    found.mentioned.add(node.id)
                continue
            taken = found.tracked.intersection(_taken(node, releasing))
            if taken and isinstance(node, ast.Call):
                taken &= _kept(node, names, catalogue, effects)
            found.captured |= taken


def _taken(node: ast.AST, releasing: frozenset[str]) -> Iterable[str]:
    """The names that a node of a nested function may take over."""
    if isinstance(node, ast.Attribute):
        return _plain([node.value]) if node.attr in releasing else ()
    if isinstance(node, ast.Call):
        return _plain(node.args)
    if isinstance(node, (ast.Return, ast.Yield)):
        return _plain([node.value])
    if isinstance(node, ast.withitem):
        return _plain([node.context_expr])
    return node.names if isinstance(node, (ast.Nonlocal, ast.Global)) else ()


def _kept(call: ast.Call, names: Names, catalogue: Catalogue, effects: LocalEffects) -> set[str]:
    """The plain arguments that the function called does not merely borrow."""
    if _borrows(call, names, catalogue):
        return set()
    local = effects.is_local(call, names)
    return {
        argument.id
        for position, argument in enumerate(call.args)
        if isinstance(argument, ast.Name) and not (local and effects.of_argument(call, position, names) == "borrows")
    }


def _plain(nodes: Iterable[ast.expr | None]) -> list[str]:
    return [node.id for node in nodes if isinstance(node, ast.Name)]


def _borrows(call: ast.Call, names: Names, catalogue: Catalogue) -> bool:
    called = names.of(call.func)
    if called is not None and (called in catalogue.calls.borrows or called in catalogue.views):
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in catalogue.calls.borrowing_methods
