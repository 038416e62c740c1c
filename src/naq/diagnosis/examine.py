"""All checks in their order. A check that cannot be made says why, and the others are made nevertheless."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Final, TypeVar

import nats.errors

from naq.config import Config
from naq.connection import nats_jetstream
from naq.diagnosis.check import Check
from naq.diagnosis.clock import CLOCK, clock
from naq.diagnosis.code import CODE, code, refused
from naq.diagnosis.rights import RIGHTS, no_answers, rights
from naq.diagnosis.server import JETSTREAM, SERVER, jetstream, reached, unreachable
from naq.diagnosis.streams import CONSUMERS, STREAMS, consumers, streams
from naq.diagnosis.working import (
    FAILED,
    QUEUES,
    WORKERS,
    all_queues,
    failed,
    job_counts,
    present_workers,
    queues,
    workers,
)
from naq.error_text import error_text
from naq.errors import ConfigError, ConnectFailed, JetStreamDisabled, NaqError, PermissionDenied

T = TypeVar("T")

SETTINGS: Final = "settings"
# How many queues are tried for rights.
MOST_QUEUES: Final = 5
# Errors of a check that the report names, and that do not end the others.
EXPECTED: Final = (NaqError, nats.errors.Error, OSError)


async def examine(config: Config, names: Iterable[str] = (), roles: Iterable[str] = ()) -> list[Check]:
    """Return all checks of an installation.

    `names` are queues to look at besides those that have jobs or workers; `roles` are those that this user must have.
    """
    found = code(config)
    try:
        return [*await _examined(config, tuple(names), tuple(roles)), *found]
    except ConnectFailed as error:
        return [unreachable(error), *found]
    except ConfigError as error:
        return [Check(SETTINGS, "error", str(error), "correct the setting (`naq config`)"), *found]
    except EXPECTED as error:
        return [_problem(SERVER, error), *found]


async def _examined(config: Config, given: tuple[str, ...], roles: tuple[str, ...]) -> list[Check]:
    async with nats_jetstream(config) as (connection, js):
        found = reached(connection)
        try:
            found += await jetstream(connection, js)
        except PermissionDenied as denied:
            # What it may publish can be tried without answers.
            tried = await _made(RIGHTS, rights(connection, config, given or ("default",), roles))
            return [*found, no_answers(denied), *tried]
        except EXPECTED as error:
            return [*found, _problem(JETSTREAM, error)]
        counts, no_counts = await _tried(QUEUES, job_counts(js, config))
        present, no_workers = await _tried(WORKERS, present_workers(connection, js, config))
        every = all_queues(given, counts or {}, present or [])
        examined = (given or tuple(every) or ("default",))[:MOST_QUEUES]
        found += await _made(RIGHTS, rights(connection, config, examined, roles))
        found += await _made(STREAMS, streams(connection, js, config))
        found += await _made(CONSUMERS, consumers(js, config, every))
        found += await _made(CLOCK, clock(js, config))
        found += no_workers or await _made(WORKERS, workers(js, config, present or []))
        # Without the workers, it is unknown whether a queue is served.
        if not no_workers:
            found += no_counts or await _made(QUEUES, queues(connection, js, config, counts or {}, present or []))
        found += await _made(FAILED, failed(js, config))
        if "worker" in roles:
            found += await _made(CODE, refused(config, examined))
    return found


async def _made(check: str, checks: Awaitable[list[Check]]) -> list[Check]:
    """Return the checks, or a check that says why they cannot be made."""
    made, problem = await _tried(check, checks)
    return problem if made is None else made


async def _tried(check: str, reading: Awaitable[T]) -> tuple[T | None, list[Check]]:
    """Return what was read and no check, or None and the check that says why it cannot be read."""
    try:
        return await reading, []
    except EXPECTED as error:
        return None, [_problem(check, error)]


def _problem(check: str, error: Exception) -> Check:
    if isinstance(error, PermissionDenied):
        remedy = "permit it, or run `naq doctor` as a user who may do it"
        return Check(check, "warning", f"not checked: {error}", remedy)
    if isinstance(error, JetStreamDisabled):
        text, _, remedy = str(error).partition(": ")
        return Check(check, "error", text, remedy)
    if isinstance(error, TimeoutError):
        return Check(
            check, "error", "the server does not answer in time", "see its log: it may be overloaded or stalled"
        )
    return Check(check, "error", f"not checked: {error_text(error)}", "see the server's log")
