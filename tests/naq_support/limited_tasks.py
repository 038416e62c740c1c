"""A task with a limit, in a module that no test imports: a worker does, for the first job."""

from __future__ import annotations

from naq import task
from naq_support.jobs import run_at_once


@task(limit=1)
async def one(key: str) -> None:
    await run_at_once(key, 0.02)
