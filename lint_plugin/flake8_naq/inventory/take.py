"""Takes the inventory of files on all cores, with flake8's selection and the priorities of the settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from flake8_naq.inventory.model import Connection, Inventory
from flake8_naq.project.paths import is_below, near, with_slashes
from flake8_naq.project.settings import PRIORITIES
from flake8_naq.run.check_files import Job, Result, examine, work_all
from flake8_naq.run.planned_fixes import with_planned_fixes

_DEFAULT = "medium"
Taken = tuple[list[Connection], tuple[str, str] | None]


def take(
    jobs: list[Job], unread: Iterable[tuple[str, str]], files: int, processes: int | None = None
) -> Inventory:
    """Return the inventory of `jobs`; `files` counts all files, `unread` are unreadable ones with the reason."""
    found: list[Connection] = []
    problems = list(unread)
    for connections, problem in work_all(take_one, jobs, processes):
        found += connections
        if problem is not None:
            problems.append(problem)
    found.sort(key=lambda connection: (PRIORITIES.index(connection.priority), connection.order))
    return Inventory(tuple(found), files, tuple(problems))


def take_one(job: Job) -> Taken:
    """Return the connections of one file, and why it could not be checked completely."""
    from flake8_naq.inventory.collect import connections

    examined = examine(job)
    path = _relative(job.path)
    if isinstance(examined, Result):
        return [], (path, examined.error)
    planned = examined.reported
    if job.cells is None:
        planned = with_planned_fixes(examined.reported, examined.facts, job.settings, job.path)
    fixes = {finding: one.fix for finding, one in zip(examined.reported, planned, strict=True)}
    level = priority_of(path, job.settings.priority)
    found = [replace(one, priority=level) for one in connections(examined.facts, examined.found, fixes, path)]
    if job.cells is not None:
        found = [replace(one, cell=job.cells.number(one.line), line=job.cells.line(one.line)) for one in found]
    unfollowed = examined.facts.unfollowed
    return found, (path, unfollowed) if unfollowed else None


def priority_of(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the first level with a pattern for the path: the name of a folder or file, or a path with a slash."""
    parts = PurePosixPath(path).with_suffix("").parts
    for level, pattern in pairs:
        if "/" in pattern.strip("/"):
            wanted = pattern.strip("/")
            spelled = (f"{before}{wanted}{after}" for before in ("", "*/") for after in ("", ".py", "/*"))
            if any(fnmatchcase(path, spelling) for spelling in spelled):
                return level
        elif any(fnmatchcase(part, pattern.strip("/").removesuffix(".py")) for part in parts):
            return level
    return _DEFAULT


def _relative(path: str) -> str:
    return with_slashes(near(path) if is_below(path, os.curdir) else path)
