"""NAQ302 url-instead-of-config.

## What it does

Reports an `__init__` that takes `nats_url` and keeps it.

## Why is this bad?

An address alone carries no credentials, no TLS and no timeouts, and a connection can be shared only by those who ask with
the same settings.

## Example

```python
from naq.job import Job


class Queue:
    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url
        self.jobs: list[Job] = []
```

## Use instead

```python
from naq.config import Config, get_config


class Queue:
    def __init__(self, config: Config | None = None) -> None:
        self.config = config or get_config()
```

## Options

Off by default; `extend-select = ["NAQ302"]` under `[tool.flake8-naq]`, or `--extend-select NAQ302`, turns it on.

## Fix safety

Unsafe: the signature changes, and the server is that of the Config. Calls of the class give it a Config, in this file and in
the others of the same run: `Config.for_servers(url)`. The attribute that held the URL stays while something reads it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety, Severity
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import parameters
from flake8_naq.syntax.walk import walk_scope


class Constructor(NamedTuple):
    """A class, and its `__init__` that keeps a URL."""

    owner: ast.ClassDef
    init: ast.FunctionDef


def check(facts: ModuleFacts) -> Iterator[Report]:
    migration = facts.catalogue.migration
    if not facts.uses_package:  # a Config to take there is only where the package is
        return
    for scope in facts.scopes.values():
        node = scope.node
        owner = scope.enclosing_class
        if isinstance(node, ast.FunctionDef) and node.name == "__init__" and owner is not None:
            parameter = _kept_url(node, migration.url_parameter)
            if parameter is not None and not _takes_config(node) and not _is_exception(facts, owner):
                message = f"'{parameter.arg}' is kept where a Config should be; take '{migration.url_replacement}'"
                subject = Constructor(owner.node, node) if isinstance(owner.node, ast.ClassDef) else None
                yield Report(parameter, message, subject=subject)


def _kept_url(function: ast.FunctionDef, name: str) -> ast.arg | None:
    """Return the parameter of that name if the function keeps its value on an object."""
    found = next((parameter for parameter in parameters(function.args) if parameter.arg == name), None)
    return found if found is not None and _is_kept(function, name) else None


def _is_kept(function: ast.FunctionDef, name: str) -> bool:
    """Whether the url itself, it `or` a default, or a list of it is stored on an object."""
    for node in walk_scope(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) for target in targets) and _is_url(node.value, name):
                return True
    return False


def _is_url(value: ast.expr, name: str) -> bool:
    if isinstance(value, ast.BoolOp):
        return any(_is_url(part, name) for part in value.values)
    if isinstance(value, (ast.List, ast.Tuple)):
        return any(_is_url(part, name) for part in value.elts)
    if isinstance(value, ast.IfExp):
        return _is_url(value.body, name) or _is_url(value.orelse, name)
    return isinstance(value, ast.Name) and value.id == name


def _takes_config(function: ast.FunctionDef) -> bool:
    return any(parameter.arg == "config" for parameter in parameters(function.args))


def _is_exception(facts: ModuleFacts, owner: Scope) -> bool:
    """An exception keeps the url for its message."""
    hierarchy = facts.hierarchy
    return any(_names_exception(base.canonical, facts) for base in hierarchy.ancestors(owner))


def _names_exception(name: str | None, facts: ModuleFacts) -> bool:
    module, _, last = (name or "").rpartition(".")
    if module in ("", "builtins"):
        found = getattr(builtins, last, None)
        return isinstance(found, type) and issubclass(found, BaseException)
    return last in facts.catalogue.exceptions.get(module, ())


RULE = Rule(
    "NAQ302",
    "url-instead-of-config",
    "An `__init__` that takes `nats_url` and keeps it, where it should take a Config.",
    check,
    default=False,
    severity=Severity.WARNING,
    fix=Fix("migration.fix_naq302.config_taken", FixSafety.UNSAFE, afterwards="migration.fix_naq302.stale_urls"),
)
