"""The functions that a program offers to workers: `@task` registers a function by its import path, with options.

Imports nothing heavy, so that a module of tasks loads as fast as without naq.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, overload

from naq.option_values import QUEUE_NAME, Priority, is_delay, is_path, problem_with

if TYPE_CHECKING:
    from naq.retry import Backoff

Function = TypeVar("Function", bound=Callable[..., Any])


# The options of jobs that `@task` takes, each a field of `JobOptions`.
OPTIONS: Final = ("max_retries", "retry_delay", "timeout", "result_ttl", "priority")


class Task(NamedTuple):
    """A registered function.

    `path` is the path by which jobs name it, which differs from its import path when the task has a `name`. `queue` is
    the queue of its jobs where the caller names none. `options` are the options of its jobs by name, as `JobOptions`
    has them, without those that were not given. `limits` are `limit` and `rate`, which only workers read.
    """

    path: str
    function: Callable[..., Any]
    queue: str | None = None
    options: tuple[tuple[str, Any], ...] = ()
    limits: tuple[tuple[str, Any], ...] = ()


# The options of `@task` that limit how many of its jobs run.
LIMITS: Final = ("limit", "rate")
# The tasks by import path and, where they have a name, by that too.
_tasks: dict[str, Task] = {}
# The paths of those that have a limit, or had one before their module was loaded again.
LIMITED_TASKS: Final[set[str]] = set()
# Qualified names of the registered functions, by module.
_registered: dict[str, set[str]] = {}


@overload
def task(function: Function, /) -> Function: ...


@overload
def task(
    *,
    queue: str | None = None,
    name: str | None = None,
    max_retries: int | None = None,
    retry_delay: "float | Sequence[float] | Backoff | None" = None,
    timeout: float | None = None,
    result_ttl: float | None = None,
    priority: Priority | None = None,
    limit: int | None = None,
    rate: str | None = None,
) -> Callable[[Function], Function]: ...


def task(
    function: Any = None,
    /,
    *,
    queue: str | None = None,
    name: str | None = None,
    **options: Any,
) -> Any:
    """Register a function, so that workers may run it; returns the function unchanged. Use it with or without options.

    `max_retries`, `retry_delay`, `timeout`, `result_ttl` and `priority` are the options of the function's jobs, see
    `JobOptions`; those of `Queue.options` win over them. `queue` is the queue of its jobs where `Queue()` has no name.
    `name`, of the form `package.module:name`, is the path by which jobs name the function in place of its import path,
    so that jobs of a function that was moved are still run. `limit` is how many of its jobs run at once, and `rate`,
    such as "100/min", how many start per time, over all workers that have this task.

    Raises `InvalidJob` for a wrong option, for a name that another function has, and for a function that no worker
    could import: a lambda, or a function defined in another.
    """
    given = tuple((key, _checked(key, value)) for key, value in options.items() if value is not None)
    if queue is not None and not (isinstance(queue, str) and QUEUE_NAME.fullmatch(queue)):
        raise _invalid(f"@task: queue name {queue!r}: use 1 to 64 letters, digits, '_' and '-'")
    if name is not None and not (isinstance(name, str) and is_path(name)):
        raise _invalid(f"@task: name {name!r}: write it like an import path, as 'package.module:name'")

    limits = tuple(one for one in given if one[0] in LIMITS)
    given = tuple(one for one in given if one[0] not in LIMITS)

    def register(decorated: Function) -> Function:
        _register(decorated, Task(name or "", decorated, queue, given, limits))
        return decorated

    if function is not None and not callable(function):
        raise _invalid(f"@task: {function!r} is not a function; options are given by name, as in @task(queue='mail')")
    return register if function is None else register(function)


def task_at(path: str) -> Task | None:
    """Return the task that jobs name by `path`, an import path or the `name` of a task; None for other functions."""
    return _tasks.get(path)


def is_task(module: str | None, name: str) -> bool:
    """Return whether the function `name` of `module` is registered."""
    return module is not None and name in _registered.get(module, ())


def has_tasks(module: str) -> bool:
    """Return whether any function of `module` is registered."""
    return module in _registered


def task_modules() -> list[str]:
    """Return the modules that have registered tasks in this process and that another process can import."""
    return [module for module in _registered if module != "__main__"]


def named_task(path: str) -> Task | None:
    """Return the task whose `name` is `path`; None when it is an import path."""
    found = _tasks.get(path)
    return None if found is None or _import_path(found.function) == path else found


def _register(function: Any, task: Task) -> None:
    module, qualified = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualified, str):
        raise _invalid(f"{function!r} has no name to import it by; decorate a function defined at module level")
    if "<" in qualified:
        raise _invalid(f"{module}.{qualified} is not at module level, so that no worker can import it; move it there")
    path = _import_path(function)
    module = path.partition(":")[0]
    registered = task._replace(path=task.path or path)
    for key in (registered.path, path):
        _check_free(key, path)
        _tasks[key] = registered
        if registered.limits:
            LIMITED_TASKS.add(key)
    _registered.setdefault(module, set()).add(qualified)


def _check_free(name: str, path: str) -> None:
    """Raise `InvalidJob` if another function has this name; a module that is loaded again has the same functions."""
    known = _tasks.get(name)
    other = path if known is None else _import_path(known.function)
    if other != path:
        raise _invalid(f"@task: {path} has the name {name!r}, by which jobs name {other}; each task needs its own")


def _checked(name: str, value: Any) -> Any:
    if name != "retry_delay":
        problem = problem_with(name, value) if name in OPTIONS + LIMITS else f"there is no option {name!r}"
        if problem is not None:
            raise _invalid(f"@task: {problem}")
        return value
    if is_delay(value):
        return float(value)
    if isinstance(value, (list, tuple)) and value and all(is_delay(item) for item in value):
        return tuple(float(item) for item in value)
    # Another value is a Backoff, whose module is imported by then, or wrong.
    return importlib.import_module("naq.retry").retry_delay(value)


def _import_path(function: Any) -> str:
    module: str = function.__module__
    return f"{_name_of_main() if module == '__main__' else module}:{function.__qualname__}"


def _name_of_main() -> str:
    """Return the name by which a worker imports the running module, `__main__` for a script, which has none."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return "__main__" if spec is None else str(spec.name)


def _invalid(message: str) -> Exception:
    # Imported here, because `naq.errors` needs nats-py, and a module of tasks does not.
    from naq.errors import InvalidJob

    return InvalidJob(message)
