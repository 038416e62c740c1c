"""Jobs and records that could end their worker: only the job fails, and the worker continues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import DeserializationError, JobFailed
from naq.queue.core import Queue
from naq.queue.message import job_in
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
        (jobs.raise_indescribable, "Indescribable: <no description: it raises>"),
        (jobs.raise_indescribable_later, "Indescribable: <no description: it raises>"),
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
    """A file name that is not UTF-8 appears in an error's message with surrogates."""
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
    config = configured(naq_config, worker={"import_delay": 0.01, "import_patience": 0})
    await Queue(config=config).enqueue("naq_test_bad_module:function")
    await Worker(config=config, burst=True).run()
    (failed,) = await FailedJobs(config).list()
    assert failed.details.kind == "import"
    assert "Base: not here" in failed.details.error


def job_bytes(**fields: object) -> bytes:
    function = "naq_support.jobs:fail"
    return json.dumps({"id": "bad", "function": function, "queue": "default", "enqueued_at": 1, **fields}).encode()


@pytest.mark.parametrize(
    "delay", [[], 1e300, 1e10, -1, "soon", [1, 1e300], {"base": 1e300}, {"factor": 1e6}, [[1]], None], ids=repr
)
@on_loop
async def test_a_retry_delay_of_any_kind_is_checked_when_it_arrives(naq_config: Config, delay: object) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        options = {"retry_delay": delay, "max_retries": 2}
        await js.publish(queue.subject, job_bytes(options=options, call=[[], {}]))
    after = await queue.enqueue(jobs.add, 1, 1)
    worker = Worker(config=naq_config, burst=True)
    await worker.run()
    assert await queue.result(after) == 2
    (failed,) = await FailedJobs(naq_config).list()
    # Without a delay, the delay of the configuration applies.
    assert failed.details.kind == ("error" if delay is None else "undecodable")


@on_loop
async def test_a_job_with_options_of_a_newer_version_waits_for_a_newer_worker(naq_config: Config) -> None:
    config = configured(naq_config, worker={"import_delay": 0.01, "import_tries": 4, "import_patience": 0})
    queue = Queue(config=config)
    await queue.setup()
    payload = job_bytes(options={"colour": 3, "max_retries": 1}, call=[[], {}])
    async with nats_jetstream(config) as (_, js):
        await js.publish(queue.subject, payload)
    counts = await Worker(config=config, burst=True).run()
    assert (counts.waited, counts.failed) == (3, 1)
    (failed,) = await FailedJobs(config).list()
    assert (failed.details.kind, failed.details.job_id, failed.payload) == ("undecodable", "bad", payload)
    assert "colour" in failed.details.error


@pytest.mark.parametrize("status", ["404", "409", "503", "100"])
@pytest.mark.parametrize("body", [b"", b"x"])
@on_loop
async def test_a_message_that_looks_like_an_answer_of_the_server_is_a_message(
    naq_config: Config, status: str, body: bytes
) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        for _ in range(3):
            await js.publish(queue.subject, body, headers={"Status": status, "Description": "Consumer Deleted"})
    after = await queue.enqueue(jobs.add, 1, 1)
    await Worker(config=naq_config, burst=True).run()
    assert await queue.result(after) == 2
    failed = await FailedJobs(naq_config).list()
    assert [(one.details.kind, one.payload, one.details.deliveries) for one in failed] == [("undecodable", body, 1)] * 3


@on_loop
async def test_a_message_taken_by_hand_that_looks_like_an_answer_is_a_message(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        await js.publish(queue.subject, b"", headers={"Status": "409"})
    with pytest.raises(DeserializationError):
        await queue.dequeue(timeout=5)
    assert await queue.depth() == 0


@on_loop
async def test_headers_that_are_no_text_do_not_end_the_connection(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    after = queue.job(jobs.add, 1, 1)
    async with nats_connection(naq_config) as connection:
        for headers in (b"NATS/1.0 \xff\xfe\xfd\r\n\r\n", b"NATS/1.0\r\n\xff: \xfe\r\n\r\n"):
            body = after.serialize() if headers[8:9] == b" " else b"\xff"
            length = len(headers)
            await connection._send_command(  # type: ignore[attr-defined]
                b"HPUB %s %d %d\r\n%s%s\r\n" % (queue.subject.encode(), length, length + len(body), headers, body)
            )
        await connection.flush()
        reconnects = connection.stats["reconnects"]
        await Worker(config=naq_config, burst=True).run()
        assert connection.stats["reconnects"] == reconnects
    assert await queue.result(after) == 2
    assert [one.details.kind for one in await FailedJobs(naq_config).list()] == ["undecodable"]


def test_an_id_that_a_schedule_makes_too_long_is_no_id() -> None:
    payload, headers = job_bytes(id="x" * 64, call=[[], {}]), {"Nats-Schedule-Next": "2026-01-01T00:00:00Z"}
    with pytest.raises(DeserializationError, match="not a job of a schedule"):
        job_in(payload, headers, 5, "json")
    assert job_in(job_bytes(id="x", call=[[], {}]), headers, 5, "json").id == "x-5"


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


@pytest.mark.parametrize("claim", ["x", "1 2", "one 2 three"])
@on_loop
async def test_a_claim_that_cannot_be_read_counts_as_none(naq_config: Config, claim: str) -> None:
    queue = Queue(config=naq_config)
    job = queue.job(jobs.add, 1, 1)
    where = names(naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        await js.publish(where.key(where.results, job.id), b"", headers={"KV-Operation": "DEL", "Naq-Claim": claim})
    await queue.enqueue(job)
    worker = Worker(config=naq_config, burst=True)
    await worker.run()
    assert worker.counts.succeeded == 1
    assert await queue.result(job) == 2
