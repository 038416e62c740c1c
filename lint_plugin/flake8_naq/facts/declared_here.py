"""Functions and classes of a module that the project declares to acquire something: their canonical names there, too.

With `acquire = ["app.db.Database.session"]`, a method in `app/db.py` acquires one by `self.session()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flake8_naq.catalogue.index import BUILT_IN, index
from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import ModuleScopes


def declared_here(found: ModuleScopes, catalogue: Catalogue, module: Callable[[], str]) -> dict[str, str]:
    """Return by their names the canonical names of such functions, and of the classes of such methods."""
    shipped = {BUILT_IN, *index()}
    declared = [name for name, one in catalogue.acquire.items() if one.source not in shipped]
    defined = (one for name in declared for one in _definitions(found, name))
    return {name: canonical for canonical, name in defined if canonical == f"{module()}.{name}"}


def _definitions(found: ModuleScopes, name: str) -> Iterator[tuple[str, str]]:
    """Yield the canonical name and the name here of what may be defined: a function, or the class of a method."""
    owner, _, last = name.rpartition(".")
    if last in found.root.functions or last in found.root.classes:
        yield name, last
    inner = owner.rpartition(".")[2]
    definition = found.root.classes.get(inner)
    if definition is not None and last in found.by_node[definition].functions:
        yield owner, inner
