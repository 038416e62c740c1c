"""Which conditions of a function recur, and on which names they depend: a test and its opposite are one condition.

Says what is worth a slot, and judges nothing.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.bindings import Assignment, bound_names, declared_names, target_names
from flake8_naq.syntax.names import Names, Scope, is_builtin
from flake8_naq.syntax.nodes import FunctionNode, dotted, is_none, parameters
from flake8_naq.syntax.walk import walk, walk_scope, walk_statements

_MAX_FLAGS = 6
# What asks for the kind of a thing: another question (`is_done(job)`) may get another answer later.
_KIND_TEST = re.compile(r"isinstance|issubclass|callable|hasattr|_*is_?\w*(?:file|like|path|str|string|url)\w*")
_TYPE_TESTS = ("isinstance", "hasattr", "bool")
# Builtin types of what opens and of what holds it: a descriptor, a pair, or a list of clients.
_OF_RESOURCES = ("int", "object", "tuple", "list", "set", "dict")
_SAME = (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.NotEq: ast.Eq, ast.IsNot: ast.Is, ast.NotIn: ast.In}


class ConditionKey(NamedTuple):
    """A pure condition as text, and the names and `.attributes` on which its answer depends."""

    text: str
    depends: frozenset[str]


def condition_key(test: ast.expr) -> ConditionKey | None:
    """Return the key that a test shares with its opposite (see `is_opposite`), None if the test may have effects."""
    if isinstance(test, ast.Name):
        return ConditionKey(test.id, frozenset((test.id,)))
    if isinstance(test, ast.Constant):
        return ConditionKey(repr(test.value), frozenset())
    if isinstance(test, ast.Attribute):
        inner = condition_key(test.value)
        return None if inner is None else ConditionKey(f"{inner.text}.{test.attr}", inner.depends | {f".{test.attr}"})
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = condition_key(test.left), condition_key(test.comparators[0])
        if left is not None and right is not None and not (is_opposite(test.left) or is_opposite(test.comparators[0])):
            operator = type(test.ops[0])
            text = f"{left.text} {_OPPOSITES.get(operator, operator).__name__} {right.text}"
            return ConditionKey(text, left.depends | right.depends)
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and _KIND_TEST.fullmatch(test.func.id):
        return _kind_key(test)
    return None


def asks_for_none(test: ast.expr) -> ast.expr:
    """Return `self.nc is not None` for `self.nc`: an attribute that is false is taken to be None."""
    if not isinstance(test, ast.Attribute):
        return test
    return ast.Compare(test, [ast.IsNot()], [ast.Constant(None)], lineno=test.lineno, col_offset=test.col_offset)


def _kind_key(test: ast.Call) -> ConditionKey | None:
    """Return the key of `isinstance(path, (str, bytes))`, whose answer is the same as long as its names are."""
    given = [one for value in test.args for one in (value.elts if isinstance(value, ast.Tuple) else (value,))]
    keys = [condition_key(one) for one in (test.func, *given)]
    if not given or test.keywords or any(map(is_opposite, given)) or None in keys:
        return None
    return ConditionKey(ast.unparse(test), frozenset().union(*(key.depends for key in keys if key is not None)))


def asked_of(test: ast.expr, results: Mapping[str, ast.expr]) -> ast.expr:
    """Return `client.is_closed` for `client.is_closed is True`, and `not client.is_closed` for `is False`.

    A name that keeps one of the `results` of a resource asks what it keeps: `process.poll()`.
    """
    match test:
        case ast.Name(id=name) if name in results:
            return results[name]
        case ast.Compare(left=ast.Name(id=name), comparators=[other]) if name in results and is_none(other):
            return ast.copy_location(ast.Compare(results[name], test.ops, test.comparators), test)
    if isinstance(test, ast.Compare) and isinstance(test.left, (ast.Attribute, ast.Call)) and len(test.ops) == 1:
        answer = test.comparators[0]
        if isinstance(test.ops[0], _SAME) and isinstance(answer, ast.Constant) and isinstance(answer.value, bool):
            same = answer.value is not is_opposite(test)
            return test.left if same else ast.copy_location(ast.UnaryOp(ast.Not(), test.left), test)
    return test


def answer_of_resource(
    test: ast.Call, names: Names, catalogue: Catalogue, is_parameter: bool
) -> bool | None:
    """Return what `isinstance(nc, Client)`, `hasattr(nc, "close")` or `bool(nc)` says of a resource; None if nothing.

    No resource is a `str` or a path, as `is_string(nc)` asks, too. A parameter may bring an object that has a resource:
    where it is asked for a class of none of the libraries, as in `isinstance(given, Bucket)`, nothing is known.
    """
    if dotted(test.func).rpartition(".")[2].lstrip("_") in catalogue.calls.text_tests:
        return False
    called = names.of_name(test.func.id) if isinstance(test.func, ast.Name) else None
    if called not in _TYPE_TESTS:
        return None
    if called != "isinstance" or len(test.args) < 2:
        return True
    types, texts = [names.of(one) or dotted(one) for one in _classes(test.args[1])], catalogue.calls.text_types
    if types and all(one in texts or (is_builtin(one) and one not in _OF_RESOURCES) for one in types):
        return False
    is_of_library = any(one and one.partition(".")[0] in catalogue.roots for one in types)
    return True if is_of_library or not is_parameter else None


def _classes(types: ast.expr) -> list[ast.expr]:
    """Return the classes of `(str, pathlib.Path)` and of `str | None`."""
    named = [one for one in ast.walk(types) if isinstance(one, (ast.Name, ast.Attribute))]
    inside = [one.value for one in named if isinstance(one, ast.Attribute)]
    return [one for one in named if one not in inside]


def is_opposite(test: ast.expr) -> bool:
    """Return whether the test has the key of its opposite: `a != b` is the other answer to `a == b`."""
    return isinstance(test, ast.Compare) and type(test.ops[0]) in _OPPOSITES


def leaves(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the tests that `and`, `or` and `not` combine."""
    stack = [test]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.BoolOp):
            stack.extend(reversed(current.values))
        elif isinstance(current, ast.UnaryOp) and isinstance(current.op, ast.Not):
            stack.append(current.operand)
        else:
            yield current


def recurring_conditions(
    tests: Iterable[ast.expr], assignments: Collection[Assignment], tracked: set[str]
) -> tuple[set[str], dict[str, frozenset[str]]]:
    """Return the names whose own value is tested, and the texts of other recurring tests with what each depends on."""
    counts: Counter[str] = Counter()
    depends: dict[str, frozenset[str]] = {}
    names: Counter[str] = Counter()
    for leaf in _all_leaves(tests, assignments):
        subject = _tested_name(leaf)
        if subject is not None:
            names[subject] += 1
        elif other := _compared_with(leaf, tracked):
            names[other] += 2  # a name that a resource is compared with always matters
        elif (key := condition_key(asks_for_none(leaf))) is not None and not isinstance(leaf, ast.Constant):
            counts[key.text] += 1
            depends[key.text] = key.depends
    decided = _decided_names(assignments, names, tracked)
    flags = [name for name, count in names.items() if count > 1 or name in decided]
    facts = [text for text, count in counts.items() if count > 1 and not (depends[text] & tracked)]
    return set(flags[:_MAX_FLAGS]) - tracked, {text: depends[text] for text in facts[:_MAX_FLAGS]}


def _all_leaves(tests: Iterable[ast.expr], assignments: Iterable[Assignment]) -> Iterator[ast.expr]:
    """Yield the tests of statements, and those of values: `nc = given or open(path)`, `own = given is None`."""
    for test in tests:
        yield from leaves(test)
    for _, value in assignments:
        if isinstance(value, ast.BoolOp):
            yield from value.values[:-1]
        elif isinstance(value, ast.Compare):
            yield value


def _decided_names(
    assignments: Iterable[Assignment], tested: Mapping[str, int], tracked: Collection[str]
) -> Collection[str]:
    """Return the names of which a single test says something: set from a test or constant, or copied from one."""
    decided: set[str] = set()
    for targets, value in assignments:
        names = {name.id for name in target_names(targets)}
        if isinstance(value, (ast.Constant, ast.Compare, ast.UnaryOp, ast.BoolOp)):
            decided |= names
        elif isinstance(value, ast.Name) and any(name in tested or name in tracked for name in names):
            decided |= {value.id, *names}
    return decided


def set_elsewhere(
    flags: set[str], assignments: Iterable[Assignment], nested: Iterable[ast.AST], scope: Scope
) -> set[str]:
    """Return those of the flags that only other code sets: `came = False`, and a nested function says `nonlocal came`.

    What the function itself sets twice, or to something, is taken to be as it has set it.
    """
    if not flags:
        return flags
    others = {name for one in nested for part in walk(one) for name in declared_names(part)}.union(scope.outer)
    own = [(name.id, value) for targets, value in assignments for name in target_names(targets) if name.id in others]
    times = Counter(name for name, _ in own)
    empty = {name for name, value in own if isinstance(value, ast.Constant) and not value.value}
    return {name for name in flags & empty if times[name] == 1}


def always_none(
    assignments: Iterable[Assignment], nested: Iterable[ast.AST], tracked: set[str], scope: Scope
) -> set[str]:
    """Return the names that are never set to anything but None, so that their attributes do not exist."""
    nones: set[str] = set()
    others: set[str] = set()
    for targets, value in assignments:
        (nones if is_none(value) else others).update(name.id for name in target_names(targets))
    nones -= others
    nones = {name for name in nones if name in scope.bound and name not in scope.outer and name not in tracked}
    if nones:  # what binds them in other ways
        nones.difference_update(name for one in nested for part in walk(one) for name in declared_names(part))
        parts = (part for part in walk_scope(scope.node) if not isinstance(part, (ast.Name, ast.arg)))
        nones.difference_update(name for part in parts for name in bound_names(part))
    return nones


def loop_invariant_conditions(function: FunctionNode, loops: Iterable[ast.AST]) -> set[str]:
    """Return the parameters that an `if` in a loop tests and that are only tested, so that no turn changes them."""
    inside = (part for loop in loops for part in walk_statements(loop))
    # A loop changes what its own `while` tests.
    turning = {name for part in inside if isinstance(part, ast.If) for name in tested_names(part)}
    turning &= {parameter.arg for parameter in parameters(function.args)}
    if not turning:
        return turning
    branches = (part for part in walk_statements(function) if isinstance(part, (ast.If, ast.While)))
    tested = Counter(name for branch in branches for name in tested_names(branch))
    uses = Counter(node.id for node in ast.walk(function) if isinstance(node, ast.Name))
    return {name for name in turning if tested[name] == uses[name]}


def tested_names(node: ast.If | ast.While) -> Iterator[str]:
    """Yield the names whose own value the condition of the statement asks for."""
    return (name for leaf in leaves(node.test) if (name := _tested_name(leaf)) is not None)


def _compared_with(leaf: ast.expr, tracked: Collection[str]) -> str | None:
    """Return the other name of `nc is other`, where `nc` may hold a resource."""
    if isinstance(leaf, ast.Compare) and len(leaf.ops) == 1 and isinstance(leaf.ops[0], _SAME):
        left, right = leaf.left, leaf.comparators[0]
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            if left.id in tracked:
                return right.id
            if right.id in tracked:
                return left.id
    return None


def _tested_name(leaf: ast.expr) -> str | None:
    """Return the name whose own value the test asks for: its truth, or whether it is None, True, or False."""
    if isinstance(leaf, ast.Name):
        return leaf.id
    if isinstance(leaf, ast.NamedExpr):
        return leaf.target.id
    if isinstance(leaf, ast.Compare) and isinstance(leaf.left, ast.Name) and len(leaf.ops) == 1:
        right = leaf.comparators[0]
        if isinstance(right, ast.Constant) and (right.value is None or isinstance(right.value, bool)):
            return leaf.left.id
    return None
