"""NAQ115 subscription-outlives-use.

## What it does

Reports a subscription or a watcher that a function makes from a connection of other code, uses for its own work, and
leaves registered when it ends. What is returned, stored or passed on is not reported, nor what has a callback.

## Why is this bad?

The connection goes on living, and with it the subscription: the server sends it every message, which the client keeps until
its limits are reached. Each call of the function adds another one; 100 calls left 100 subscriptions.

## Example

```python
import nats


class Orders:
    def __init__(self, nc: nats.NATS) -> None:
        self.nc = nc

    async def next(self):
        sub = await self.nc.subscribe("orders")
        return await sub.next_msg()
```

## Use instead

```python
import nats


class Orders:
    def __init__(self, nc: nats.NATS) -> None:
        self.nc = nc

    async def next(self):
        sub = await self.nc.subscribe("orders")
        try:
            return await sub.next_msg()
        finally:
            await sub.unsubscribe()
```

## Known problems

What a name holds is told from the method that made it and from what is used of it, not from types. About 170 public repositories
have no finding outside of tests, so its precision on real code is not known: that is why the rule is off.

## Options

The rule is off; `select` or `extend-select` turns it on.

## Fix safety

There is no fix: what the function still needs of the subscription cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.catalogue.model import Kind
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition, Severity
from flake8_naq.rules.base import Report, Rule
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.nodes import LOOPS, dotted, without_await
from flake8_naq.syntax.tree import only_target
from flake8_naq.syntax.walk import walk, walk_scope


def check(facts: ModuleFacts) -> Iterator[Report]:
    makers = _makers(facts)
    if not any(f".{name}(" in facts.text for name in makers):
        return
    for scope in facts.scopes.values():
        node = scope.node
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("test"):
            yield from _left_behind(facts, node, makers)


def _makers(facts: ModuleFacts) -> dict[str, list[Kind]]:
    """Return the methods that make what has to be ended, with the kinds of what they may make."""
    found: dict[str, list[Kind]] = {}
    kinds = facts.catalogue.kinds
    for kind in kinds.values():
        for name, method in kind.methods.items():
            made = kinds.get(method.returns)
            if method.asynchronous and made is not None and made.ends:
                found.setdefault(name, []).append(made)
    return found


def _left_behind(
    facts: ModuleFacts, function: ast.AsyncFunctionDef, makers: dict[str, list[Kind]]
) -> Iterator[Report]:
    statements = [node for node in walk_scope(function) if isinstance(node, (ast.Assign, ast.AnnAssign))]
    for statement in statements:
        name, awaited = only_target(statement), _awaited_call(statement.value)
        if name is None or awaited is None or sum(only_target(one) == name for one in statements) != 1:
            continue
        call, method = awaited
        owner = dotted(method.value)
        kind = _kind_by_use(function, name, makers.get(method.attr, ()))
        if kind is None or not owner or _has_callback(call) or not _is_shared(facts, function, owner):
            continue
        release = f"{'await ' if kind.methods[kind.ends[0]].asynchronous else ''}{name}.{kind.ends[0]}()"
        what = "watcher" if kind.name.endswith("watcher") else "subscription"
        message = f"{what} '{name}' of '{owner}' is left behind; call '{release}' in a 'finally'"
        yield Report(call, message, Acquisition(what, name, call.lineno))


def _awaited_call(value: ast.expr | None) -> tuple[ast.Call, ast.Attribute] | None:
    """Return the call of a method that the value awaits, and the method."""
    match value:
        case ast.Await(value=ast.Call(func=ast.Attribute() as method) as call):
            return call, method
    return None


def _has_callback(call: ast.Call) -> bool:
    """Whether messages go elsewhere, or the number of messages is limited."""
    return len(call.args) > 2 or any(one.arg in (None, "cb", "future", "max_msgs") for one in call.keywords)


def _kind_by_use(function: ast.AST, name: str, kinds: list[Kind] | tuple[()]) -> Kind | None:
    """Return the kind whose members are all that is used of the name; None where it is ended, kept, or in a loop."""
    nodes = [node for node in walk(function) if node is not function]
    loads = {id(node) for node in nodes if isinstance(node, ast.Name) and node.id == name and _is_load(node)}
    members = {id(node.value): node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used = {members.get(one, "") for one in loads}
    for kind in kinds:
        known = (kind.methods.keys() | kind.properties) - set(kind.ends)
        if used and used <= known and not any(_loops_with(node, loads) for node in nodes):
            return kind
    return None


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _loops_with(node: ast.AST, loads: set[int]) -> bool:
    """Whether a loop, a comprehension or a nested function uses the name: it may go on for as long as the connection."""
    around = (*LOOPS, ast.ListComp, ast.GeneratorExp, ast.Lambda, ast.AsyncFunctionDef, ast.FunctionDef)
    return isinstance(node, around) and not loads.isdisjoint(map(id, walk(node)))


def _is_shared(facts: ModuleFacts, function: ast.AsyncFunctionDef, owner: str) -> bool:
    """Whether the connection is that of other code, and is not closed in the function."""
    nodes = list(walk_scope(function))
    root = owner.partition(".")[0]
    assigned = (node for node in nodes if isinstance(node, ast.stmt) and only_target(node) == root)
    made = [one.value for one in map(plain_assignment, assigned) if one is not None]
    if made:
        source = _viewed(facts, made[0])
        return len(made) == 1 and source != "" and _is_shared(facts, function, source)
    arguments = function.args
    given = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    if root not in given or any(isinstance(one, ast.Name) and one.id == root and not _is_load(one) for one in nodes):
        return False
    closed = (node for node in nodes if isinstance(node, ast.Attribute) and node.attr in ("close", "drain"))
    return not any(dotted(node.value) and owner.startswith(dotted(node.value)) for node in closed)


def _viewed(facts: ModuleFacts, value: ast.expr) -> str:
    """Return `self.nc` of `self.nc.jetstream()`, empty for anything else."""
    call = without_await(value)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return ""
    pure = any(call.func.attr in kind.pure_views for kind in facts.catalogue.kinds.values())
    return dotted(call.func.value) if pure else ""


RULE = Rule(
    "NAQ115",
    "subscription-outlives-use",
    "A subscription that a function needs for itself stays registered when it ends.",
    check,
    default=False,
    severity=Severity.WARNING,
)
