"""Other names of what acquires a resource: `connect = nats.connect`, or `Session = sessionmaker(engine)` by a call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from flake8_naq.catalogue.model import Catalogue, Maker
from flake8_naq.facts.doubles import has_doubles
from flake8_naq.syntax.bindings import assignments, binds_once, bound_names
from flake8_naq.syntax.names import ModuleScopes, Names, Scope
from flake8_naq.syntax.walk import walk_scope


def name_made_functions(scopes: Iterable[Scope], catalogue: Catalogue, text: str) -> dict[str, int]:
    """Give each name that always holds such a function the meaning of what the function acquires.

    Return those of the module, with the lines that make them.
    """
    found: dict[str, int] = {}
    if not any(f"{name.rpartition('.')[2]}(" in text for name in catalogue.makers):
        return found
    every = list(scopes)
    rebound = {name for scope in every for name in scope.outer}
    for scope in every:
        made = _made_in(scope, catalogue, rebound)
        if made:
            scope.imports = {**scope.imports, **{name: acquired for name, (acquired, _) in made.items()}}
        if scope.parent is None:
            found |= {name: line for name, (_, line) in made.items()}
    return found


def name_again(scopes: ModuleScopes, catalogue: Catalogue, text: str) -> None:
    """Give each name that always holds what acquires a resource, or makes a client, the meaning of that.

    A file that mentions mocks or patches is left out: there, `real_connect = nats.connect` is what a double calls.
    """
    for scope, node in scopes.renamings:
        target, meant = node.targets[0], Names(scope, catalogue.known).of(node.value)
        if meant is None or not (meant in catalogue.acquire or meant in catalogue.construct):
            continue
        if has_doubles(text):
            return
        if isinstance(target, ast.Name) and binds_once(target.id, walk_scope(scope.node)):
            if not any(target.id in other.outer for other in scopes.by_node.values()):
                scope.imports = {**scope.imports, target.id: meant}


def _made_in(scope: Scope, catalogue: Catalogue, rebound: set[str]) -> Mapping[str, tuple[str, int]]:
    """Return what the names of a scope acquire that one assignment binds to such a function, with its line."""
    nodes, names = list(walk_scope(scope.node)), Names(scope, catalogue.known)
    found: dict[str, tuple[str, int]] = {}
    for node in nodes:
        for targets, value in assignments(node) if isinstance(node, (ast.Assign, ast.AnnAssign)) else ():
            acquired = acquired_by_made(value, names, catalogue)
            if acquired and len(targets) == 1 and isinstance(targets[0], ast.Name):
                found[targets[0].id] = acquired, value.lineno
    bound = [name for node in nodes for name in bound_names(node)] if found else []
    return {name: made for name, made in found.items() if bound.count(name) == 1 and name not in rebound}


def acquired_by_made(value: ast.expr, names: Names, catalogue: Catalogue) -> str:
    """Return the canonical name of what the function acquires that the value makes; empty where that is not known."""
    called = names.of(value.func) if isinstance(value, ast.Call) else None
    maker = catalogue.makers.get(called or "")
    if maker is None or not isinstance(value, ast.Call):
        return ""
    return _of_class(value, maker, names, catalogue) if maker.argument else maker.acquired


def _of_class(call: ast.Call, maker: Maker, names: Names, catalogue: Catalogue) -> str:
    if any(keyword.arg is None for keyword in call.keywords):
        return ""
    given = next((one.value for one in call.keywords if one.arg == maker.argument), None)
    named = maker.acquired if given is None else names.of(given)
    return named if named is not None and named in catalogue.acquire else ""
