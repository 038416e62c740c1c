"""Which modules of the project the imports of a file mean, and which of its imported names are not what they seem."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterator
from functools import cached_property

from flake8_naq.catalogue.library import ships
from flake8_naq.catalogue.model import Catalogue
from flake8_naq.linking.locate import module_name
from flake8_naq.linking.modules import Modules
from flake8_naq.syntax.definition_text import definitions
from flake8_naq.syntax.names import ModuleScopes, absolute_module, bound_name


class ImportTargets:
    """The modules of the project that a file imports.

    `paths` has the path of each by its canonical name, None where the name means two modules.
    """

    def __init__(self, modules: Modules, path: str, scopes: ModuleScopes) -> None:
        self._scopes = scopes
        self.paths: dict[str, str | None] = {}
        for node in scopes.imports:
            for name, target in _imported_modules(modules, path, node, scopes):
                if target is not None:
                    self.paths[name] = target if self.paths.get(name, target) == target else None

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """The canonical names behind names of the file that have another meaning elsewhere in the file."""
        meanings: dict[str, set[str]] = {}
        for node in self._scopes.imports:
            for alias, target in _bindings(node, self._scopes):
                meanings.setdefault(alias, set()).add(target)
        bound = {name for scope in self._scopes.by_node.values() for name in scope.imports.keys() & scope.bound}
        doubtful = (targets for alias, targets in meanings.items() if len(targets) > 1 or alias in bound)
        return frozenset(target for targets in doubtful for target in targets)

    def places(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the paths of the modules in which the name may be defined, with what is left of the name."""
        if any(name == one or name.startswith(f"{one}.") for one in self.doubtful):
            return
        module, rest = name, ""
        while "." in module:
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
            path = self.paths.get(module)
            if path is not None:
                yield path, rest


def library_names(
    modules: Modules, scopes: ModuleScopes, targets: ImportTargets, catalogue: Catalogue
) -> dict[str, str]:
    """Return the names that modules of the project import from libraries, and this module from them.

    So too for a name that the project itself declares: `app.bus.Bus`, which `app` imports from there.
    """
    found: dict[str, str] = {}
    own = _own_names(catalogue)
    libraries = catalogue.roots - own.keys()
    for target in {target for scope in scopes.by_node.values() for target in scope.imports.values()}:
        module, _, name = target.rpartition(".")
        path, root = targets.paths.get(module), target.partition(".")[0]
        if path is not None and root not in libraries:
            library = modules.given_on.library_name(modules.texts, path, name, libraries)
            known = library or _declared_name(modules, path, module, name, own.get(root, ()))
            if known is not None:
                found[target] = known
    return found


def _declared_name(modules: Modules, path: str, module: str, name: str, declared: Collection[str]) -> str | None:
    """Return the name that the project declares of what the module at `path` imports, None if it declares none."""
    if not declared:
        return None
    place, there = modules.given_on.origin(modules.texts, path, name)
    if not any(f".{there}." in f"{one}." for one in declared):  # as of most names: the folders need not be looked at
        return None
    above = module.removesuffix(module_name(path)[0])  # of a folder without `__init__.py`
    found = f"{above}{module_name(place)[0]}.{there}"
    return found if any(one == found or one.startswith(f"{found}.") for one in declared) else None


def hidden_libraries(
    modules: Modules, path: str, scopes: ModuleScopes, targets: ImportTargets, catalogue: Catalogue
) -> frozenset[str]:
    """Return the libraries in whose place a file of the project is imported, which defines what is called of them.

    A file `nats.py` without a `connect` cannot be what `nats.connect` means. A name that does not ship is the project's
    own: it means the project's file.
    """
    beside = modules.texts.finder.hiding(path)
    imported = {target.partition(".")[0] for scope in scopes.by_node.values() for target in scope.imports.values()}
    found: set[str] = set()
    for library in (imported & catalogue.roots) - _own_names(catalogue).keys():
        place = beside.get(library) or targets.paths.get(library)
        if place is not None and os.path.basename(place) == f"{library}.py" and place != os.path.abspath(path):
            names = {name.split(".")[1] for name in catalogue.called if name.startswith(f"{library}.")}
            source = modules.texts.source(place) or b""
            if any(not one["indent"] for name in names for one in definitions(source, name)):
                found.add(library)
    return frozenset(found)


def _own_names(catalogue: Catalogue) -> dict[str, set[str]]:
    """Return what the project declares, and its owner classes, by the first parts of their names."""
    found: dict[str, set[str]] = {}
    for one in catalogue.resources:
        for name in (*one.acquire, *one.construct) if not ships(one) else ():
            found.setdefault(name.partition(".")[0], set()).add(name)
    return found


def _bindings(node: ast.Import | ast.ImportFrom, scopes: ModuleScopes) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, with what each stands for."""
    if isinstance(node, ast.Import):
        yield from ((bound_name(alias), alias.name if alias.asname else bound_name(alias)) for alias in node.names)
        return
    module = absolute_module(node, scopes.package() if node.level else "")
    yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in node.names if alias.name != "*")


def _imported_modules(
    modules: Modules, path: str, node: ast.Import | ast.ImportFrom, scopes: ModuleScopes
) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            parts = alias.name.split(".")
            names = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
            yield from ((name, modules.texts.find(0, name, path)) for name in names)
        return
    canonical = absolute_module(node, scopes.package() if node.level else "")
    yield canonical, modules.texts.find(node.level, node.module or "", path)
    for alias in node.names:
        inner = f"{node.module}.{alias.name}" if node.module else alias.name
        yield f"{canonical}.{alias.name}", modules.texts.find(node.level, inner, path)
