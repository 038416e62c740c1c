"""The facts of a module of a project, with all that it imports from other modules."""

from __future__ import annotations

import ast
from collections.abc import Callable

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.linking.callee_modules import CALLS
from flake8_naq.linking.exports import identity
from flake8_naq.linking.locate import module_name
from flake8_naq.linking.modules import Modules
from flake8_naq.linking.owners import owner_facts
from flake8_naq.linking.reaching_releases import AskedFor
from flake8_naq.linking.view import view
from flake8_naq.model import named_line


def linked_facts(
    modules: Modules,
    tree: ast.Module,
    lines: list[str],
    *,
    path: str,
    place: str,
    source: bytes,
    catalogue: Catalogue,
    rounds: int,
    recommends_package: bool,
    judges_scripts: bool,
    named_line: Callable[[int], str] = named_line,
) -> ModuleFacts:
    """Return the facts of the module at `path`, whose absolute path is `place`.

    What makes a resource is known after `rounds` rounds. Where the modules keep facts, these may come from an earlier
    analysis, which was for the files that import the module, or for the findings in it.
    """

    def make() -> ModuleFacts:
        return ModuleFacts(
            tree,
            lines,
            catalogue,
            lambda: module_name(path),
            recommends_package,
            lambda scopes: view(modules, place, source, scopes, catalogue, rounds, CALLS),
            owners=lambda facts: owner_facts(
                facts, lambda scopes, other, made: view(modules, place, source, scopes, other, 0, CALLS, made)
            ),
            named_line=named_line,
            others=AskedFor(modules.reaching_releases, place),
            judges_scripts=judges_scripts,
        )

    if modules.facts is None:
        return make()
    given = modules.exports.given(source, place, rounds)
    return modules.facts.of((place, module_name(path), source, named_line, identity(given)), make)
