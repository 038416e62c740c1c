"""Whether a class has a base that is not known: such a base may close what the class does not."""

from __future__ import annotations

import ast

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.hierarchy import Hierarchy, metaclass
from flake8_naq.syntax.names import Names, Scope


def bases_are_known(owner: Scope, hierarchy: Hierarchy, catalogue: Catalogue) -> bool:
    """Return whether every base of a class is in the file or surely closes nothing."""
    pending = [owner]
    for scope in pending:
        for base in hierarchy.bases(scope):
            local = [one for one in base.classes if one.parent is owner.module and isinstance(base.node, ast.Name)]
            if base.canonical is None and local:
                pending += (one for one in local if one not in pending)
            elif base.canonical not in catalogue.calls.inert_bases:
                return False
        given = metaclass(scope)
        names = Names(scope.parent or scope, catalogue.known)
        if given is not None and names.of(given) != "abc.ABCMeta":
            return False
    return True
