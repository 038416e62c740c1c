"""Jobs that could bring their worker down: each fails alone, and the worker goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import JobFailed
from naq.queue.core import Queue
from naq.queue.streams import names
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (jobs.raise_base, "BaseOnly: no Exception"),
        (jobs.raise_base_later, "BaseOnly: no Exception"),
        (jobs.raise_base_in_group, "BaseExceptionGroup: unhandled errors in a TaskGroup"),
        (jobs.leave, "SystemExit: 3"),
        (jobs.exit_generator, "GeneratorExit"),
        (jobs.interrupt, "KeyboardInterrupt"),
        (jobs.cancel_itself, "CancelledError"),
        (jobs.raise_without_words, "Wordless: <exception str() failed>"),
    ],
)
@on_loop
async def test_whatever_a_job_raises_is_its_own_failure(naq_config: Config, function: object, error: str) -> None:
    queue = Queue(config=naq_config)
    bad, after = await queue.enqueue(function), await queue.enqueue(jobs.add, 1, 1)  # type: ignore[arg-type]
    counts = await Worker(config=naq_config, burst=True).run()
    assert (counts.succeeded, counts.failed) == (1, 1)
    assert await queue.result(after) == 2
    with pytest.raises(JobFailed) as caught:
        await queue.result(bad)
    assert error in str(caught.value)


@on_loop
async def test_an_error_that_is_no_text_is_kept_in_words(naq_config: Config) -> None:
    """The name of a file that is not UTF-8 comes into an error's message as half of a surrogate pair."""
    queue = Queue(config=naq_config).options(max_retries=1, retry_delay=0.01)
    bad = await queue.enqueue(jobs.fail_beyond_text)
    counts = await Worker(config=naq_config, burst=True).run()
    assert (counts.retried, counts.failed) == (1, 1)
    with pytest.raises(JobFailed, match=r"caf\\udce9\.txt") as caught:
        await queue.result(bad)
    assert r"caf\udce9.txt" in caught.value.traceback
    (failed,) = await FailedJobs(naq_config).list()
    assert (failed.details.kind, failed.details.job_id) == ("error", bad.id)
    assert r"caf\udce9.txt" in failed.details.error


@on_loop
async def test_a_module_that_raises_anything_cannot_be_imported(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("naq_test_bad_module.py").write_text("class Base(BaseException): pass\nraise Base('not here')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    config = configured(naq_config, worker={"import_delay": 0.01})
    await Queue(config=config).enqueue("naq_test_bad_module:function")
    await Worker(config=config, burst=True).run()
    (failed,) = await FailedJobs(config).list()
    assert failed.details.kind == "import"
    assert "Base: not here" in failed.details.error


@pytest.mark.parametrize("bucket", ["states", "results"])
@on_loop
async def test_a_record_that_cannot_be_read_counts_as_none(naq_config: Config, bucket: str) -> None:
    config = configured(naq_config, worker={"dependency_timeout": 0.01})
    queue, where = Queue(config=config), names(config)
    await queue.setup()
    async with nats_jetstream(config) as (_, js):
        name = getattr(where, bucket)
        for payload in (b"{garbage", json.dumps({"job_id": "needed", "state": "of another version"}).encode()):
            await js.publish(where.key(name, "needed"), payload)
    dependent = await queue.options(depends_on="needed").enqueue(jobs.add, 1, 1)
    other = await queue.enqueue(jobs.add, 2, 2)
    await Worker(config=config, burst=True).run()
    assert await queue.result(other) == 4
    with pytest.raises(JobFailed, match="waited too long for job needed"):
        await queue.result(dependent)
