"""Typed values through a server: arguments in the function, results in the caller, and what a forged message does."""

from __future__ import annotations

import json
import pickle
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import DeserializationError, JobFailed, UnknownClass
from naq.job import Job
from naq.queue.core import Queue
from naq.queue.results import last_value
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import names
from naq.records import JobResult
from naq.typed_values import Instance, shown
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import typed
from naq_support.aio import configured, on_loop
from naq_support.typed import ORDER, Line, Order, Point, Size


@pytest.mark.parametrize("isolation", ["alone", "process"])
@on_loop
async def test_arguments_and_results_are_what_they_were(naq_config: Config, isolation: str) -> None:
    config = configured(naq_config, worker={"isolation": isolation})
    queue = Queue(config=config)
    packed = await queue.enqueue(typed.pack, ORDER, size=Size.BIG)
    added = await queue.enqueue(typed.total, [ORDER])
    swapped = await queue.enqueue(typed.swap, (1, 2))
    plain = await queue.enqueue(typed.untyped, {"when": date(2026, 1, 1), "what": {b"a"}})
    assert await queue.peek() == packed
    await Worker(config=config, burst=True).run()
    assert await packed.result() == ORDER
    assert await swapped.result() == ([(2, 1)], {})
    assert await queue.result(added) == {str(ORDER.id): Decimal("Infinity")}
    assert await queue.result(plain.id) == {"when": date(2026, 1, 1), "what": {b"a"}}
    # The task is registered here, so that its path is enough.
    assert await queue.result(Job(id=packed.id, function=packed.function)) == ORDER
    with pytest.raises(UnknownClass, match="is of class Order; ask with the job that enqueue returned") as caught:
        await queue.result(packed.id)
    assert isinstance(caught.value.value, Instance)
    assert shown(caught.value.value)["Order"]["colour"] == "Colour.GREEN"


@on_loop
async def test_a_job_from_a_queue_has_objects_where_its_task_is_registered(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    put = [await queue.enqueue(typed.pack, ORDER), await queue.enqueue(typed.anything, {"a": [Point(1, 2.5)]})]
    assert await queue.dequeue() == put[0]
    async with queue.receive() as job:
        assert job is not None
        assert job.args == ({"a": [Instance("Point", (("x", 1), ("y", 2.5)))]},)
    assert await queue.enqueue(put[0]) == put[0]
    # Twice the same job, also where one was decoded.
    assert await queue.enqueue(await queue.peek() or put[1]) == put[0]
    assert await queue.depth() == 1


@on_loop
async def test_an_older_reader_gets_an_error_and_not_another_value(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(typed.split, ORDER)
    await Worker(config=naq_config, burst=True).run()
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (_, js):
        record = msgspec.json.decode(await last_value(js, where.results, where.key(where.results, job.id)) or b"", type=JobResult)
        assert record.pickled is not None
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(record.pickled)
        with pytest.raises(pickle.UnpicklingError):
            pickle.loads(record.pickled)
        newer = msgspec.structs.replace(record, typed=2)
        await js.publish(where.key(where.results, job.id), msgspec.json.encode(newer))
    with pytest.raises(DeserializationError, match="a newer version of this library"):
        await job.result()


@on_loop
async def test_a_class_that_the_worker_does_not_name_waits_for_a_deploy_and_then_fails(naq_config: Config) -> None:
    config = configured(naq_config, worker={"import_tries": 2, "import_delay": 0.01, "import_patience": 0})
    for number, worker in enumerate((config, configured(config, worker={"isolation": "process"}))):
        job_id = f"forged{number}"
        wire = json.loads(Job.create(typed.split, job_id=job_id).serialize())
        call: list[Any] = [[{"$object": ["Popen", {"args": ["touch", "it"]}]}], {}]
        await Queue(config=config).setup()
        async with nats_jetstream(config) as (_, js):
            message = json.dumps({**wire, "options": {"typed": 1}, "call": call}).encode()
            await js.publish(names(config).queue("default"), message)
        running = Worker(config=worker, burst=True)
        await running.run()
        assert running.counts.waited == 1
        with pytest.raises(JobFailed, match=r"not a job for this version: .* is of class Popen, and the annotations"):
            await Queue(config=config).result(job_id)
    assert {failed.details.kind for failed in await FailedJobs(config).list()} == {"undecodable"}


@on_loop
async def test_a_result_that_cannot_travel_fails_its_job(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.enqueue(typed.make_tree)
    await Worker(config=naq_config, burst=True).run()
    with pytest.raises(JobFailed, match=r"the result of .* is of type Tree; .* annotate the result with Tree"):
        await job.result()


@on_loop
async def test_a_schedule_keeps_them(naq_config: Config) -> None:
    schedules = ScheduledQueue("mail", naq_config)
    first = await schedules.schedule(typed.pack, ORDER, every=3600, schedule_id="daily")
    assert (await schedules.schedule(typed.pack, ORDER, every=3600, schedule_id="daily")).sequence == first.sequence
    changed = await schedules.schedule(typed.pack, Order(ORDER.id, ORDER.at, [Line(Decimal(1))]), every=3600, schedule_id="daily")
    assert changed.sequence != first.sequence


@on_loop
async def test_a_job_that_did_not_come_from_a_queue(naq_config: Config) -> None:
    job = Job.create(typed.pack, (ORDER,))
    assert await Worker(config=naq_config).process_job(job.serialize()) == ORDER
