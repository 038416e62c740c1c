"""Whether a class has a base that is not known: such a base may close what the class does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.bindings import bound_names, stored_values
from flake8_naq.syntax.hierarchy import Base, Hierarchy, metaclass
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.walk import walk_scope


def bases_are_known(owner: Scope, hierarchy: Hierarchy, catalogue: Catalogue) -> bool:
    """Return whether every base of a class is in the file or surely closes nothing."""
    return not any(True for _ in bases_elsewhere(owner, hierarchy, catalogue))


def bases_elsewhere(owner: Scope, hierarchy: Hierarchy, catalogue: Catalogue) -> Iterator[str | None]:
    """Yield the canonical names of bases that are not in the file and may close something, None for an unknown base.

    The bases of the bases in the file count, too, and a metaclass as a base that is not known.
    """
    pending = [owner]
    for scope in pending:
        for base in hierarchy.bases(scope):
            local = [one for one in base.classes if one.parent is owner.module and isinstance(base.node, ast.Name)]
            if base.canonical is None and local:
                pending += (one for one in local if one not in pending)
            elif not _is_inert(base, owner.module, catalogue):
                yield base.canonical
        given = metaclass(scope)
        names = Names(scope.parent or scope, catalogue.known)
        if given is not None and names.of(given) != "abc.ABCMeta":
            yield None


def _is_inert(base: Base, module: Scope, catalogue: Catalogue) -> bool:
    """Return whether a base surely closes nothing, by its name or by all that the module sets the name to.

    `ABC = abc.ABC` may be beside `ABC = abc.ABCMeta("ABC", (), {})` for another Python.
    """
    if base.canonical is not None or base.classes or not isinstance(base.node, ast.Name):
        return base.canonical in catalogue.calls.inert_bases
    name, names = base.node.id, Names(module, catalogue.known)
    nodes = [node for node in walk_scope(module.node) if name in bound_names(node)]
    given = [value for node in walk_scope(module.node) for target, value in stored_values(node) if target in nodes]
    return len(given) == len(nodes) > 0 and all(_makes_an_inert_base(value, names, catalogue) for value in given)


def _makes_an_inert_base(value: ast.expr | None, names: Names, catalogue: Catalogue) -> bool:
    if isinstance(value, ast.Call):
        bases = value.args[1] if len(value.args) > 1 else None
        return names.of(value.func) == "abc.ABCMeta" and isinstance(bases, ast.Tuple) and not bases.elts
    return value is not None and names.of(value) in catalogue.calls.inert_bases
