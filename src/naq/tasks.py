"""The functions that a program offers to workers: `@task` registers a function by its import path.

Imports nothing heavy, so that a module of tasks loads as fast as without naq.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# Qualified names of the registered functions, by module.
_registered: dict[str, set[str]] = {}


def task(function: Function) -> Function:
    """Register a function, so that workers may run it; returns the function unchanged.

    Raises `InvalidJob` for a function that no worker could import: a lambda, or a function defined in another.
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        raise _invalid(f"{function!r} has no name to import it by; decorate a function defined at module level")
    if "<" in name:
        raise _invalid(f"{module}.{name} is not defined at module level, so no worker can import it; move it there")
    if module == "__main__":
        module = _name_of_main()
    _registered.setdefault(module, set()).add(name)
    return function


def is_task(module: str | None, name: str) -> bool:
    """Return whether the function `name` of `module` is registered."""
    return module is not None and name in _registered.get(module, ())


def has_tasks(module: str) -> bool:
    """Return whether any function of `module` is registered."""
    return module in _registered


def task_modules() -> list[str]:
    """Return the modules that have registered tasks in this process and that another process can import."""
    return [module for module in _registered if module != "__main__"]


def _name_of_main() -> str:
    """Return the name by which a worker imports the running module, `__main__` for a script, which has none."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return "__main__" if spec is None else str(spec.name)


def _invalid(message: str) -> Exception:
    # Imported here, because `naq.errors` needs nats-py, and a module of tasks does not.
    from naq.errors import InvalidJob

    return InvalidJob(message)
