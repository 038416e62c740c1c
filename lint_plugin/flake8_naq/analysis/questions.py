"""Which questions of a function recur, and which names they ask about: a test and its opposite are one question.

Like the survey that it serves, it says what is worth keeping track of, and judges nothing.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from flake8_naq.syntax.names import Scope, imported_names, parameters, target_names
from flake8_naq.syntax.walk import walk, walk_scope, walk_statements

Assignment = tuple[list[ast.expr], ast.expr]
MAX_FLAGS = 6
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.NotEq: ast.Eq, ast.IsNot: ast.Is, ast.NotIn: ast.In}


def test_key(test: ast.expr) -> tuple[str, frozenset[str]] | None:
    """A pure test as text, and the names and attributes it depends on; None for anything else. See `is_opposite`."""
    if isinstance(test, ast.Name):
        return test.id, frozenset((test.id,))
    if isinstance(test, ast.Constant):
        return repr(test.value), frozenset()
    if isinstance(test, ast.Attribute):
        inner = test_key(test.value)
        return None if inner is None else (f"{inner[0]}.{test.attr}", inner[1] | {f".{test.attr}"})
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test_key(test.left), test_key(test.comparators[0])
        if left is not None and right is not None and not (is_opposite(test.left) or is_opposite(test.comparators[0])):
            operator = type(test.ops[0])
            return f"{left[0]} {_OPPOSITES.get(operator, operator).__name__} {right[0]}", left[1] | right[1]
    return None


def is_opposite(test: ast.expr) -> bool:
    """Whether the test has the key of its opposite: `a != b` is the other answer to `a == b`."""
    return isinstance(test, ast.Compare) and type(test.ops[0]) in _OPPOSITES


def leaves(test: ast.expr) -> Iterable[ast.expr]:
    """The tests that `and`, `or` and `not` combine."""
    stack = [test]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.BoolOp):
            stack.extend(reversed(current.values))
        elif isinstance(current, ast.UnaryOp) and isinstance(current.op, ast.Not):
            stack.append(current.operand)
        else:
            yield current


def recurring(
    tests: list[ast.expr], assignments: list[Assignment], tracked: set[str]
) -> tuple[set[str], dict[str, frozenset[str]]]:
    """The names whose value is asked for, and the other tests that recur, each with what it depends on."""
    counts: Counter[str] = Counter()
    depends: dict[str, frozenset[str]] = {}
    names: Counter[str] = Counter()
    for leaf in _all_leaves(tests, assignments):
        subject = _none_test_subject(leaf)
        if subject is not None:
            names[subject] += 1
        elif other := _compared_with(leaf, tracked):
            names[other] += 2  # who a resource is compared with always matters
        elif (key := test_key(leaf)) is not None and not isinstance(leaf, ast.Constant):
            counts[key[0]] += 1
            depends[key[0]] = key[1]
    settled = _settled_names(assignments, names, tracked)
    flags = [name for name, count in names.items() if count > 1 or name in settled]
    facts = [text for text, count in counts.items() if count > 1 and not (depends[text] & tracked)]
    return set(flags[:MAX_FLAGS]) - tracked, {text: depends[text] for text in facts[:MAX_FLAGS]}


def _all_leaves(tests: list[ast.expr], assignments: list[Assignment]) -> Iterable[ast.expr]:
    """The tests of statements, and of values: `nc = given or open(path)`, `own = given is None`."""
    for test in tests:
        yield from leaves(test)
    for _, value in assignments:
        if isinstance(value, ast.BoolOp):
            yield from value.values[:-1]
        elif isinstance(value, ast.Compare):
            yield value


def _settled_names(assignments: list[Assignment], tested: Counter[str], tracked: set[str]) -> set[str]:
    """Names whose one test says something: set from a test or constant, or copied from or to another such name."""
    settled: set[str] = set()
    for targets, value in assignments:
        names = {name.id for name in target_names(targets)}
        if isinstance(value, (ast.Constant, ast.Compare, ast.UnaryOp, ast.BoolOp)):
            settled |= names
        elif isinstance(value, ast.Name) and any(name in tested or name in tracked for name in names):
            settled |= {value.id, *names}
    return settled


def always_none(assignments: list[Assignment], nested: list[ast.AST], tracked: set[str], scope: Scope) -> set[str]:
    """Names that are never set to anything but None: what is asked of them fails."""
    nones: set[str] = set()
    others = {name for function in nested for part in walk(function) for name in _declared(part)}
    for targets, value in assignments:
        names = {name.id for name in target_names(targets)}
        is_none = isinstance(value, ast.Constant) and value.value is None
        (nones if is_none else others).update(names)
    nones = {name for name in nones - others - tracked if name in scope.bound and name not in scope.outer}
    if nones:
        nones.difference_update(name for part in walk_scope(scope.node) for name in _otherwise_bound(part))
    return nones


def asked_each_turn(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Parameters that an `if` in a loop asks about and that are only asked about: every turn gets the same answer."""
    statements = list(walk_statements(function))
    inside = (part for loop in statements if isinstance(loop, _LOOPS) for part in walk_statements(loop))
    # What a `while` asks is meant to change.
    turning = {name for part in inside if isinstance(part, ast.If) for name in _subjects(part)}
    turning &= {parameter.arg for parameter in parameters(function.args)}
    if not turning:
        return turning
    asked = Counter(name for part in statements if isinstance(part, (ast.If, ast.While)) for name in _subjects(part))
    uses = Counter(node.id for node in ast.walk(function) if isinstance(node, ast.Name))
    return {name for name in turning if asked[name] == uses[name]}


def _subjects(node: ast.If | ast.While) -> Iterator[str]:
    """The names that a statement asks about alone."""
    for leaf in leaves(node.test):
        name = _none_test_subject(leaf)
        if name is not None:
            yield name


def _declared(node: ast.AST) -> list[str]:
    return node.names if isinstance(node, (ast.Nonlocal, ast.Global)) else []


def _otherwise_bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds without an assignment."""
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield node.name or ""
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.MatchMapping):
        yield node.rest or ""
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from imported_names(node)


def _compared_with(leaf: ast.expr, tracked: set[str]) -> str | None:
    """The other name of `nc is other`, where *nc* may hold a resource."""
    if isinstance(leaf, ast.Compare) and len(leaf.ops) == 1 and isinstance(leaf.ops[0], (ast.Is, ast.IsNot)):
        left, right = leaf.left, leaf.comparators[0]
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            if left.id in tracked:
                return right.id
            if right.id in tracked:
                return left.id
    return None


def _none_test_subject(leaf: ast.expr) -> str | None:
    if isinstance(leaf, ast.Name):
        return leaf.id
    if isinstance(leaf, ast.NamedExpr):
        return leaf.target.id
    if isinstance(leaf, ast.Compare) and isinstance(leaf.left, ast.Name) and len(leaf.ops) == 1:
        right = leaf.comparators[0]
        if isinstance(right, ast.Constant) and (right.value is None or isinstance(right.value, bool)):
            return leaf.left.id
    return None
