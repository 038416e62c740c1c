"""Finding the function of a job: one import for all jobs that wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from naq.config import Config
from naq.job import Job
from naq.worker.execution import Executor
from naq.worker.settlement import Unimportable
from naq.worker.stragglers import Stragglers
from naq.worker.threads import Threads
from naq_support.aio import configured, on_loop, until

# Set while a module below is imported, and when it may go on.
ENTERED, GO_ON = threading.Event(), threading.Event()
GATED = f"from {__name__} import ENTERED, GO_ON\nENTERED.set()\nGO_ON.wait(20)\n"


@contextlib.asynccontextmanager
async def executor_of(config: Config) -> AsyncIterator[tuple[Executor, Threads]]:
    threads = Threads("test")
    executor = Executor(configured(config, worker={"modules": ("*",)}), threads, Stragglers(threads), 1_000)
    try:
        yield executor, threads
    finally:
        GO_ON.set()
        await executor.close()
        threads.close()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A module whose import waits for `GO_ON`."""
    ENTERED.clear()
    GO_ON.clear()
    monkeypatch.syspath_prepend(str(tmp_path))
    name = f"imported_for_{request.node.name}"
    (tmp_path / f"{name}.py").write_text(f"{GATED}def work():\n    return 1\n")
    return name


@on_loop
async def test_jobs_that_wait_for_one_import_share_its_thread(naq_config: Config, module: str) -> None:
    async with executor_of(naq_config) as (executor, threads):
        waiting = [asyncio.create_task(executor.find(Job.create(f"{module}:work"))) for _ in range(20)]
        await until(ENTERED.is_set)
        # A job that is cancelled leaves the import to the others.
        waiting[0].cancel()
        GO_ON.set()
        found: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert [function() for function in found[1:]] == [1] * 19
        assert repr(threads) == "<1 threads, 1 idle>"
        assert await executor.find(Job.create(f"{module}:work")) is found[1]


@on_loop
async def test_an_import_that_has_failed_is_tried_again(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    job = Job.create("imported_later:work")
    async with executor_of(naq_config) as (executor, _):
        assert isinstance(await executor.find(job), Unimportable)
        (tmp_path / "imported_later.py").write_text("def work():\n    return 2\n")
        importlib.invalidate_caches()
        found: Any = await executor.find(job)
        assert found() == 2


@on_loop
async def test_an_executor_that_is_closed_waits_for_no_import(naq_config: Config, module: str) -> None:
    async with executor_of(naq_config) as (executor, threads):
        waiting = asyncio.create_task(executor.find(Job.create(f"{module}:work")))
        await until(ENTERED.is_set)
        waiting.cancel()
        await executor.close()
        assert threads.abandoned == 1
