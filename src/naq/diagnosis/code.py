"""Checks of the code that a worker with these settings would run, in this process."""

from __future__ import annotations

from typing import Final

from naq.allowed import ANY, Allowed
from naq.config import Config
from naq.diagnosis.check import Check, listed
from naq.errors import ConfigError
from naq.functions import import_tasks
from naq.tasks import task_modules

CODE: Final = "code"


def code(config: Config) -> list[Check]:
    """Return the checks of the modules that a worker imports and may run functions of. Imports `worker.imports`."""
    found: list[Check] = []
    for module in config.worker.imports:
        try:
            import_tasks([module])
        except ConfigError as error:
            remedy = "correct the module, or run the command where the module is: workers do not start without it"
            found.append(Check(CODE, "error", str(error), remedy))
            continue
        if module not in task_modules():
            text = f"worker.imports: {module} registers no function with @task"
            found.append(Check(CODE, "warning", text, "add @task to the functions that are jobs"))
    if ANY in config.worker.allowed:
        text = "worker.modules is '*': whoever may publish to a queue can run any function of any module"
        found.append(Check(CODE, "warning", text, "name the modules of jobs, or register the functions with @task"))
    if config.serializer == "cloudpickle":
        text = "serializer is cloudpickle: whoever may publish to a queue can run any code in a worker"
        found.append(Check(CODE, "warning", text, "use json where arguments allow it, and trust every producer"))
    if not found:
        imports = f"; imported: {listed(config.worker.imports)}" if config.worker.imports else ""
        found.append(Check(CODE, "ok", f"a worker here runs {Allowed(config.worker.allowed).describe()}{imports}"))
    return found
