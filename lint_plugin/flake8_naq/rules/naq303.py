"""NAQ303 unknown-nats-exception.

## What it does

Reports an `except` clause that names an exception which nats-py does not have.

## Why is this bad?

The name is looked up only when something was raised. Then Python raises `AttributeError` in place of the exception that was
to be handled, and the handler never runs.

## Example

```python
import nats
import nats.errors


async def info(js) -> None:
    try:
        await js.stream_info("orders")
    except nats.errors.StreamNotFound:
        print("no such stream")
```

## Use instead

```python
import nats
import nats.js.errors


async def info(js) -> None:
    try:
        await js.stream_info("orders")
    except nats.js.errors.NotFoundError:
        print("no such stream")
```

## Known problems

Where the list of requirements nearest to a file names `asyncio-nats-client`, which is nats-py before 2.0, what that has
counts, too. So it does in a file that needs it, where no list names a client.

## Options

There are none.

## Fix safety

Safe where the real name is known: the clause could not work as it stood. There is no fix where the same `try` handles the
real exception already.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.syntax.handling import types_of
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.spelling import nearest

_LIKENESS = 0.75  # below it a name is not suggested: a fix would write it


class Misnamed(NamedTuple):
    """The canonical name that a clause writes, and the name that was meant, where it is known."""

    node: ast.Name | ast.Attribute
    written: str
    real: str | None


def check(facts: ModuleFacts) -> Iterator[Report]:
    for scope, handlers in facts.handlers.items():
        names = Names(scope, facts.catalogue.known)
        for node in (node for handler in handlers for node in _types(handler)):
            name = names.of(node)
            if name is not None and _is_invented(name, facts.catalogue):
                misnamed = Misnamed(node, name, _real_name(name, facts.catalogue))
                yield Report(node, message(misnamed), subject=misnamed)


def _types(handler: ast.ExceptHandler) -> list[ast.Name | ast.Attribute]:
    """The exception types that a clause names."""
    return [node for node in types_of(handler) if isinstance(node, (ast.Name, ast.Attribute))]


def _is_invented(name: str, catalogue: Catalogue) -> bool:
    module, _, attribute = name.rpartition(".")
    known = catalogue.exceptions.get(module)
    if known is None or attribute in known or attribute.startswith("__"):
        return False
    if catalogue.older_client and name in catalogue.older_names:
        return False
    return name in catalogue.exceptions_instead or not name.startswith(catalogue.unsettled)


def message(misnamed: Misnamed) -> str:
    """What is wrong, and the exception to name where it is known."""
    use = f"; use '{misnamed.real}'" if misnamed.real else ""
    return f"'{misnamed.written}' does not exist, and naming it raises AttributeError{use}"


def _real_name(name: str, catalogue: Catalogue) -> str | None:
    """The canonical name of the exception that was meant, by the table or by its spelling."""
    return catalogue.exceptions_instead.get(name) or _nearest(name, catalogue)


def _nearest(name: str, catalogue: Catalogue) -> str | None:
    """The most similar name in the same module, or else in another one of the same package."""
    own, _, invented = name.rpartition(".")
    newer = name.startswith(catalogue.unsettled)
    own_names = {attribute: f"{own}.{attribute}" for attribute in catalogue.exceptions.get(own, ())}
    modules = [module for module in catalogue.exceptions if f"{module}.".startswith(catalogue.unsettled) == newer]
    modules.sort(key=lambda module: module.endswith(".errors"))  # where it is defined, before where it is imported
    package = {name: f"{module}.{name}" for module in modules for name in catalogue.exceptions[module]}
    for names in (own_names, package):
        close = nearest(invented, names, _LIKENESS)
        if close is not None:
            return names[close]
    return None


RULE = Rule(
    "NAQ303",
    "unknown-nats-exception",
    "An `except` clause names an exception that nats-py does not have.",
    check,
    fix=Fix("migration.fix_naq303.exception_named", FixSafety.SAFE),
)
