"""Checks of the code that a worker with these settings would run, in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from naq.allowed import ANY, Allowed
from naq.config import Config
from naq.connection import nats_jetstream
from naq.diagnosis.check import Check, listed
from naq.errors import ConfigError, DeserializationError, NotAllowed
from naq.functions import import_tasks
from naq.queue.job_head import head_in
from naq.queue.stored_messages import read_page
from naq.queue.streams import names
from naq.tasks import task_modules

CODE: Final = "code"
# How many jobs of a queue are looked at.
LOOKED_AT: Final = 100


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
        text = "worker.modules is '*': every user who may publish to a queue can run any function of any module"
        found.append(Check(CODE, "warning", text, "name the modules of jobs, or register the functions with @task"))
    if config.serializer == "cloudpickle":
        text = "serializer is cloudpickle: every user who may publish to a queue can run any code in a worker"
        found.append(Check(CODE, "warning", text, "use json where arguments allow it, and trust every producer"))
    if not found:
        imports = f"; imported: {listed(config.worker.imports)}" if config.worker.imports else ""
        found.append(Check(CODE, "ok", f"a worker here runs {Allowed(config.worker.allowed).describe()}{imports}"))
    return found


async def refused(config: Config, queues: Iterable[str]) -> list[Check]:
    """Return a check for each function that waiting jobs name, and that a worker with these settings does not run.

    Looks at the first jobs of each queue. Imports the modules of the functions, as a worker does. Raises nats-py's
    errors and `PermissionDenied`.
    """
    where = names(config)
    found: dict[str, str] = {}
    async with nats_jetstream(config) as (connection, js):
        for queue in queues:
            for message in await read_page(connection, js, where.jobs, where.queue(queue), 1, LOOKED_AT):
                try:
                    found.setdefault(head_in(message.data, message.headers, message.seq).function, queue)
                except DeserializationError:
                    text = f"message {message.seq} of queue {queue} is not a job; a worker moves it to the failed store"
                    return [Check(CODE, "warning", text, "find the program that has sent it")]
    allowed = Allowed(config.worker.allowed)
    checks = ((path, queue, _problem(allowed, path)) for path, queue in found.items())
    remedy = "correct worker.imports or worker.modules here, or purge these jobs (naq purge QUEUE --function PATTERN)"
    return [
        Check(CODE, "warning", f"a job of queue {queue} names a function that does not run here: {problem}", remedy)
        for _, queue, problem in checks
        if problem
    ]


def _problem(allowed: Allowed, path: str) -> str:
    """Return why a worker does not run a function; empty if it does."""
    try:
        allowed.resolve(path)
    except NotAllowed as error:
        return str(error)
    # An import runs code, which may raise any exception.
    except Exception as error:
        return f"{path}: {type(error).__name__}: {error}"
    return ""
