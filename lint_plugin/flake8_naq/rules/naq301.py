"""NAQ301 legacy-connection-api.

## What it does

Reports an import of the by-hand functions of `naq.connection`, outside the modules that define them: once for each import
statement, at the first of its names.

## Why is this bad?

They are deprecated: each user of them is a connection that the context managers do not look after.

## Example

```python
from naq.connection import get_nats_connection

__all__ = ["get_nats_connection"]
```

## Use instead

```python
from naq.connection import nats_connection

__all__ = ["nats_connection"]
```

## Options

There are none.

## Fix safety

Safe: the names go from the import once nothing in the file uses them. `await get_jetstream_context(nc)` becomes
`nc.jetstream()`, which is all that it does. Unsafe where a comment beside the name would lose its place: it stays, on a
separate line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety, Severity
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.syntax.names import absolute_module


class LegacyImport(NamedTuple):
    """An import statement, and the names in it that are to go."""

    statement: ast.ImportFrom
    aliases: tuple[ast.alias, ...]


def check(facts: ModuleFacts) -> Iterator[Report]:
    migration = facts.catalogue.migration
    sources = migration.defining_modules
    if _defines(facts.module, sources, migration.package):
        return
    for node in (one for one in facts.imports if isinstance(one, ast.ImportFrom)):
        if _is_source(absolute_module(node, facts.package), sources):
            aliases = tuple(alias for alias in node.names if alias.name in migration.legacy)
            if aliases:
                yield Report(aliases[0], _message(aliases, sources[0]), subject=LegacyImport(node, aliases))


def _message(aliases: Sequence[ast.alias], module: str) -> str:
    *names, last = (f"'{alias.name}'" for alias in aliases)
    belong = f"{', '.join(names)} and {last} belong" if names else f"{last} belongs"
    return f"{belong} to the by-hand connection API; use the context managers of {module}"


def _is_source(module: str, defining: tuple[str, ...]) -> bool:
    return module in defining or module in (".connection", "") or module.startswith(f"{defining[0]}.")


def _defines(module: str, defining: tuple[str, ...], package: str) -> bool:
    return any(module == name or (name != package and module.startswith(f"{name}.")) for name in defining)


RULE = Rule(
    "NAQ301",
    "legacy-connection-api",
    "An import of the by-hand functions of `naq.connection`.",
    check,
    severity=Severity.WARNING,
    fix=Fix("migration.fix_naq301.import_removed", FixSafety.SAFE, along="migration.fix_naq301.is_left_unused"),
)
