"""The functions that a worker may run: those registered with `@task`, and those of modules in `worker.modules`.

Every user who may publish to a queue chooses the function. So its path is checked before anything is imported for it,
and the imported object is checked again: `shop:os.system` is not a function of `shop`.
"""

import importlib.util
import sys
import sysconfig
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from naq.errors import NotAllowed
from naq.functions import resolve
from naq.tasks import has_tasks, is_task, named_task

# Special values instead of a prefix: every module, and the application's own code.
ANY = "*"
OWN = "."
# Folders of installed packages.
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_SETTING = "worker.modules (NAQ_WORKER__MODULES)"


class Allowed:
    """The functions that one worker may run, under its `worker.modules`."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._modules = tuple(modules)
        self._prefixes = tuple(prefix for prefix in self._modules if prefix not in (ANY, OWN))

    def __repr__(self) -> str:
        return f"Allowed({', '.join(self._modules)})"

    def describe(self) -> str:
        """Return a description of the functions that may be run."""
        if ANY in self._modules:
            return "any function of any module"
        named = [*self._prefixes, *(["the application's own code"] if OWN in self._modules else [])]
        return " and ".join(["functions registered with @task", *([f"those of {', '.join(named)}"] if named else [])])

    def resolve(self, path: str) -> Callable[..., Any]:
        """Return the function of an import path.

        Raises `NotAllowed`, in which case no module was imported that is not allowed, and what
        `naq.functions.resolve` raises. A module that does not exist here is an import error, because another worker
        may have it during a rolling deploy.
        """
        named = named_task(path)
        if named is not None:
            return named.function
        if ANY in self._modules:
            return _found(path)
        module, _, name = path.partition(":")
        if not is_task(module, name) and not self._includes(module):
            _raise_if_missing(module, name)
            raise self._refusal(path, f"{module} is none of them", module)
        function = _found(path)
        if not is_task(module, name) and named_task(path) is None:
            self._check_found(path, function)
        return function

    def _check_found(self, path: str, function: Callable[..., Any]) -> None:
        """Raise `NotAllowed` for a function that is imported into an allowed module, or not offered by its module."""
        home, name = _home(path, function), getattr(function, "__qualname__", "")
        if isinstance(name, str) and is_task(home, name):
            return
        if home is None or not self._includes(home):
            raise self._refusal(path, f"it comes from {home or 'an object of another module'}", home)
        if self._by_prefix(home):
            return
        if has_tasks(home):
            raise self._refusal(path, f"{home} registers its tasks with @task, and this is not among them", home)
        if any(part.startswith("_") for part in path.partition(":")[2].split(".")):
            raise self._refusal(path, "its name is private", home)

    def _includes(self, module: str) -> bool:
        return self._by_prefix(module) or (OWN in self._modules and is_own(module))

    def _by_prefix(self, module: str) -> bool:
        return any(module == prefix or module.startswith(f"{prefix}.") for prefix in self._prefixes)

    def _refusal(self, path: str, why: str, module: str | None) -> NotAllowed:
        remedy = f"add {module!r} to {_SETTING}" if module else f"name its module in {_SETTING}"
        return NotAllowed(
            f"{path} is not allowed: this worker runs {self.describe()}; {why}. To have it run, register it with "
            f"@task, or {remedy}; every user who may publish to the queue can then call it"
        )


def _found(path: str) -> Callable[..., Any]:
    """Import and return the function of a path, also if its module only registers a task by that name."""
    try:
        return resolve(path)
    except AttributeError:
        named = named_task(path)
        if named is None:
            raise
        return named.function


def is_own(module: str) -> bool:
    """Return whether a module is the application's own code: not Python's, not naq's, not of an installed package.

    Imports nothing. A module that does not exist counts as own; importing it then fails.
    """
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top == "naq" or "__main__" in module.split("."):
        return False
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        # A module that was made at run time has no origin.
        return False
    return spec is None or _is_own_spec(spec)


def _is_own_spec(spec: ModuleSpec) -> bool:
    places = list(spec.submodule_search_locations or ()) or [spec.origin or ""]
    return all(_is_own_place(place) for place in places)


@lru_cache(maxsize=1024)
def _is_own_place(place: str) -> bool:
    path = Path(place)
    if not path.is_absolute() or _INSTALLED.intersection(path.parts):
        # Built into the interpreter, or installed.
        return False
    return not any(path.is_relative_to(folder) for folder in _python_folders())


@lru_cache(maxsize=1)
def _python_folders() -> tuple[str, ...]:
    return tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})


def _home(path: str, function: Callable[..., Any]) -> str | None:
    """Return the module that defines a function; for an object without a name, the module in which it was found."""
    if isinstance(getattr(function, "__qualname__", None), str):
        home = getattr(function, "__module__", None)
        return home if isinstance(home, str) else None
    module, _, name = path.partition(":")
    found: Any = sys.modules.get(module)
    home = module
    for part in name.split("."):
        found = getattr(found, part, None)
        if isinstance(found, ModuleType):
            home = found.__name__
    return home


def _raise_if_missing(module: str, name: str) -> None:
    """Raise the import's exception for a module or a task that does not exist here, without importing anything."""
    loaded = sys.modules.get(module)
    if loaded is None:
        parent = module.rpartition(".")[0]
        if (not parent or parent in sys.modules) and not _exists(module):
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    elif has_tasks(module) and name.partition(".")[0] not in vars(loaded):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
