"""Import paths of functions, and the functions of import paths.

A job names its function by `package.module:qualified.name`. A function without such a name exists in one process only;
it is refused when the job is made, not when a worker looks for it.
"""

import importlib
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from naq.errors import ConfigError, InvalidJob
from naq.option_values import is_path


def check_path(path: str) -> str:
    """Return `path`. Raises `InvalidJob` when it is not of the form `package.module:name`."""
    if not isinstance(path, str) or not _is_known_path(path):
        raise InvalidJob(f"function {str(path)[:80]!r}: write its import path as 'package.module:name'")
    return path


_is_known_path = lru_cache(maxsize=1024)(is_path)


def function_path(function: Callable[..., Any]) -> str:
    """Return the import path of a function. Raises `InvalidJob` when a worker could not import it."""
    # Callables that cannot be hashed are not cached; functions and classes can be hashed.
    return _known_path(function) if getattr(function, "__hash__", None) else _path_of(function)


def _path_of(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None)
    if not module or not name:
        raise InvalidJob(f"{function!r} has no name to import it by; enqueue a function defined at module level")
    if "<" in name:
        kind = "a lambda" if name.endswith("<lambda>") else "defined inside another function"
        raise InvalidJob(f"{module}.{name} is {kind}, so that no worker can import it; move it to module level")
    if module == "__main__":
        module = _main_module(name)
    # Compared by equality: each access to a method of a class makes another object.
    if _lookup(sys.modules.get(module) or sys.modules["__main__"], name) != function:
        raise InvalidJob(f"{module}:{name} is not this object when imported; enqueue the object with that name")
    return check_path(f"{module}:{name}")


_known_path = lru_cache(maxsize=1024)(_path_of)


@lru_cache(maxsize=1024)
def resolve(path: str) -> Callable[..., Any]:
    """Import and return the function of an import path.

    Raises the exceptions of the import, `AttributeError` for a missing name, and `TypeError` for an object that cannot
    be called.
    """
    module_name, _, name = path.partition(":")
    function = importlib.import_module(module_name)
    for part in name.split("."):
        function = getattr(function, part)
    if not callable(function):
        raise TypeError(f"{path} is not callable")
    found: Callable[..., Any] = function
    return found


def import_tasks(modules: Iterable[str]) -> None:
    """Import modules, so that their `@task` functions are registered. Raises `ConfigError` when an import fails."""
    for module in modules:
        try:
            importlib.import_module(module)
        # An import runs code, which may raise any exception.
        except Exception as error:
            message = f"worker.imports: {module} cannot be imported: {type(error).__name__}: {error}"
            raise ConfigError(message) from error


def _main_module(name: str) -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        raise InvalidJob(
            f"{name} is defined in the script that is being run, which a worker cannot import; move it to a module"
        )
    return str(spec.name)


def _lookup(module: Any, name: str) -> Any:
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
