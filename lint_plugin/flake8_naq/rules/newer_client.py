"""Whether the client of a file is surely nats-py 2.0 or later, which takes fewer keywords than the one before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.walk import walk_scope


def has_newer_client(facts: ModuleFacts) -> bool:
    """Return whether the project lists the newer client, or the file names what only that has; never if it lists the older."""
    catalogue = facts.catalogue
    if catalogue.older_client or catalogue.newer_client:
        return not catalogue.older_client
    whole = frozenset(catalogue.newer_names)
    parts = tuple(f"{name}." for name in catalogue.newer_names)
    return any(one in whole or one.startswith(parts) for one in _named(facts))


def _named(facts: ModuleFacts) -> Iterator[str]:
    """Yield what the file imports and names, by canonical names, and each attribute with a dot before it."""
    for statement in facts.imports:
        yield from (alias.name for alias in statement.names if isinstance(statement, ast.Import))
    for scope in facts.scopes.values():
        yield from scope.imports.values()
        names = Names(scope, facts.catalogue.known)
        for node in walk_scope(scope.node):
            if isinstance(node, ast.Attribute):
                yield f".{node.attr}"
                yield names.of(node) or ""
